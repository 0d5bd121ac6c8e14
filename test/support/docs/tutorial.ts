import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/** A command of the tutorial. */
export interface TutorialCommand {
  readonly command: string;
  /** What it prints on a terminal; empty: the tutorial does not show it. */
  readonly output: string;
}

/** The commands of each section of docs/tutorial.md, by its heading and in order. */
export async function tutorialSections(): Promise<Map<string, TutorialCommand[]>> {
  const [, ...sections] = (await readFile('docs/tutorial.md', 'utf8')).split(/^## /m);
  return new Map(
    sections.map((section) => {
      const commands = [...section.matchAll(/^ {4}\$ (.+)((?:\n {4}(?!\$ ).*)*)$/gm)];
      return [
        section.slice(0, section.indexOf('\n')),
        commands.map(([, command = '', output = '']) => ({
          command,
          output: output.slice(1).replaceAll(/^ {4}/gm, ''),
        })),
      ];
    }),
  );
}

/** What a terminal shows in the end of what was written to it: a progress line that was erased is gone, colours too. */
export function shown(written: string): string {
  const lines = written.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1));
  return stripVTControlCharacters(lines.join('\n')).trimEnd();
}

/** Without what differs from run to run. */
export function steady(output: string): string {
  return output
    .replaceAll(/\d{4}-\d\d-\d\dT[\d-]+Z-[0-9a-f]{8}\.json/g, 'RECEIPT.json')
    .replaceAll(/\brequest [0-9a-f]+-\w+/g, 'request ID')
    .replaceAll(/\b\d+[smh] ago\b/g, 'AGE')
    .replaceAll(/ +/g, ' ');
}
