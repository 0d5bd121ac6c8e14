import { expect, it } from 'vitest';
import { logLine } from '../../../src/observability/log-line.ts';
import { prettyLine } from '../../../src/observability/pretty-lines.ts';

it('a line for a terminal has the level, the message and the fields, on one line', () => {
  const line = prettyLine(logLine('warn', { cluster: 'one', left: { a: 1 } }, 'something happened'));
  expect(line).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] \S*WARN\S*: .*something happened.* \{"cluster":"one","left":\{"a":1\}\}\n$/,
  );
});

it('has no control characters from what clients and API servers sent', () => {
  const stack = 'Error: \u001b[2Jgone\u009b31m\u0007\n    at somewhere';
  const line = prettyLine(
    logLine('error', { user: 'a\u001b]0;title\u0007b', err: { message: 'x', stack } }, 'it failed'),
  );
  expect(line).toContain('\\u001b[2Jgone\\u009b31m\\u0007');
  expect(line).toMatch(/\n +at somewhere\n/);
  // Colours are those of pino-pretty.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  expect(line.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
});

it('is the text itself if it is not JSON', () => {
  expect(prettyLine('Segmentation fault\n')).toBe('Segmentation fault\n');
});
