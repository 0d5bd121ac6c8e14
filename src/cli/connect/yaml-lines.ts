import type { Document, LineCounter } from 'yaml';

/** A YAML file that somebody has written, and the lines of its parts for messages. */
export interface YamlText {
  readonly document: Document.Parsed;
  /** `PATH:LINE` of the node at this path of keys and indices, or of the nearest one above it. */
  at(path: readonly (string | number)[]): string;
}

/**
 * Parses a YAML file.
 * @param fail makes the error of a text that is not YAML; it gets `PATH:LINE: what is wrong`
 */
export async function parseYaml(
  file: string,
  text: string,
  fail: (problem: string) => Error,
): Promise<YamlText> {
  // Loading this package takes longer than most commands without a profile do.
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw fail(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  return { document, at: (path) => `${file}:${lineOf(document, lines, path)}` };
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    const start: unknown = Array.isArray(range) ? range[0] : undefined;
    if (typeof start === 'number') return lines.linePos(start).line;
  }
  return 1;
}
