import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './build.ts';

/** The code that docs/how-to/languages.md shows in the section with this title: its only block. */
export async function documentedCode(title: string): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/how-to/languages.md'), 'utf8');
  const section = page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  return /```[a-z]+\n(.*?)```/s.exec(section)?.[1] ?? '';
}

/** The lines of a source file that docs/how-to/languages.md must show, without their common indentation. */
export async function markedPart(file: string): Promise<string> {
  const source = await readFile(file, 'utf8');
  const [, part = ''] = /docs begin\n(.*?)\n[^\n]*docs end/s.exec(source) ?? [];
  const lines = part.split('\n');
  const indentation = /^\s*/.exec(lines[0] ?? '')?.[0] ?? '';
  return lines
    .map((line) => `${line.startsWith(indentation) ? line.slice(indentation.length) : line}\n`)
    .join('');
}

/** A command that a document shows with its output. */
export interface DocumentedCommand {
  readonly command: string;
  readonly output: string;
}

/** The `$ curl` lines of a document, each with the lines of output below it. */
export async function documentedCommands(document: string): Promise<readonly DocumentedCommand[]> {
  const text = await readFile(join(ROOT, document), 'utf8');
  const lines = [...text.matchAll(/^ {4}\$ (curl .+)((?:\n {4}(?!\$ ).+)+)$/gm)];
  return lines.map(([, command = '', output = '']) => ({
    command,
    output: output.slice(1).replaceAll(/^ {4}/gm, ''),
  }));
}
