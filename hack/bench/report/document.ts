/** The lines between which the document shows the last full run. */
const BEGIN = '<!-- bench begin -->';
const END = '<!-- bench end -->';

/**
 * The document with `text` between its two markers.
 * @throws Error if it has not both
 */
export function withMeasured(document: string, text: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document needs a line ${BEGIN}, and ${END} below it`);
  return `${document.slice(0, begin + BEGIN.length)}\n${text}\n${document.slice(end)}`;
}
