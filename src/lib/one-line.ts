/**
 * A text from outside on one line, without characters that control a terminal or the direction of what follows: a name
 * must not move the cursor, hide a line or make it read otherwise.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\uFFFD');
}
