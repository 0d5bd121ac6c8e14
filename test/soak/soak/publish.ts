import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { chartOf, markdownOf, type SoakResult } from './report.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const DOCUMENT = resolve(ROOT, 'docs/reliability.md');
/** As the document names it. */
const PICTURE = 'images/soak.svg';
const [BEGIN, END] = ['<!-- soak:begin -->', '<!-- soak:end -->'];

/** Puts a report between the markers of a document. @throws Error if it has none */
export function withReport(document: string, report: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('the document has no markers of the soak');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${report.trim()}\n\n${document.slice(end)}`;
}

/** Writes the report of the last soak into docs/reliability.md, and its chart into docs/images. */
if (import.meta.main) {
  const result: SoakResult = JSON.parse(readFileSync(resolve(ROOT, 'build/soak.json'), 'utf8'));
  writeFileSync(resolve(dirname(DOCUMENT), PICTURE), chartOf(result));
  writeFileSync(DOCUMENT, withReport(readFileSync(DOCUMENT, 'utf8'), markdownOf(result, PICTURE)));
}
