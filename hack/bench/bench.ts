import type { Programs } from './build.ts';
import type { CertificateFiles, Loader } from './load.ts';
import { type Result, type Rounds, resultOf } from './report/figures.ts';
import { terminalRow } from './report/table.ts';
import { LINES, type LineName, type Row } from './rows.ts';
import type { SubjectName } from './subjects/subject.ts';

/** What all measurements share. */
export interface Setting {
  readonly programs: Programs;
  /** A temporary folder. */
  readonly folder: string;
  /** For servers, and for the client that loads them. */
  readonly certificates: { readonly server: CertificateFiles; readonly client: CertificateFiles };
  readonly loader: Loader;
  readonly rounds: number;
  readonly lines: readonly LineName[];
  readonly nginx: boolean;
}

/** Collects the figures of one line, and prints its rows when it is done. */
export class Figures {
  readonly #results: Result[] = [];

  get results(): readonly Result[] {
    return this.#results;
  }

  /** Measures a line: `measure` is called with a function that records a figure of a row. */
  async line(name: LineName, measure: (record: RecordFigure) => Promise<void>): Promise<void> {
    const rows: Readonly<{ [row: string]: Row }> = LINES[name];
    const measured = new Map<string, Rounds>();
    await measure((row, subject, figure) => {
      const rounds = measured.get(row) ?? {};
      measured.set(row, rounds);
      rounds[subject] ??= [];
      rounds[subject].push(figure);
    });
    progress('');
    for (const [row, definition] of Object.entries(rows)) {
      const result = resultOf(row, definition, measured.get(row) ?? {});
      this.#results.push(result);
      console.log(terminalRow(result));
    }
  }
}

/** Records a figure of one round. */
export type RecordFigure = (row: string, subject: SubjectName, figure: number) => void;

/** Shows what is being measured, in a terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
