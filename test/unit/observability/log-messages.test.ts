import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Variables that hold one of several constant messages. */
const HOLDERS = new Set(['message', 'soon', 'over', 'warning', 'begun', 'still', 'ended']);

/** The source from an opening bracket to its closing one, and what is in between, split at the commas of the outer level. */
function argumentsAt(source: string, from: number): string[] {
  const parts = [''];
  let depth = 0;
  let quote = '';
  for (let at = from; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (quote !== '') {
      if (character === quote && source.charAt(at - 1) !== '\\') quote = '';
    } else if (`'"\``.includes(character)) quote = character;
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) return parts.map((part) => part.trim()).filter((part) => part !== '');
    if (depth === 1 && quote === '' && character === ',') parts.push('');
    else if (!(depth === 1 && character === '(' && at === from)) parts[parts.length - 1] += character;
  }
  return parts;
}

/** The last argument of each call of a logger, with its file. */
function messagesIn(file: string, source: string): string[] {
  const calls = source.matchAll(
    /\blog(?:\.(?:trace|debug|info|warn|error|fatal)|\[\w+\])(?=\()|\blogLine(?=\()/gi,
  );
  return Array.from(calls, ({ 0: text, index }) => {
    return `${file}: ${argumentsAt(source, index + text.length).at(-1)}`;
  });
}

const isConstant = (text: string) => {
  const message = text.slice(text.indexOf(': ') + 2);
  return /^'[^']*'$/.test(message) || /^[A-Z][A-Z_]+$/.test(message) || HOLDERS.has(message);
};

it('every log message is constant, so that a log can be searched and counted by it', () => {
  const files = globSync(['src/**/*.ts', 'plugins/*.ts', 'routes/*.ts'], {
    exclude: [
      'src/cli/**',
      'src/page/**',
      'src/client/**',
      'src/lib/logger.ts',
      'src/observability/log-line.ts',
    ],
  });
  const messages = files.flatMap((file) => messagesIn(file, readFileSync(file, 'utf8')));
  expect(messages.length).toBeGreaterThan(40);
  expect(messages.filter((text) => !isConstant(text))).toEqual(['src/server.ts: msg']);
});

it.each([
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
  ['log.warn({ a }, `${b} failed`);', '`${b} failed`'],
  ["log.error({ err }, 'it failed' + why);", "'it failed' + why"],
  ['app.log.info(text(a, b));', 'text(a, b)'],
])('a variable one is found: %s', (source, message) => {
  const [found = ''] = messagesIn('a.ts', source);
  expect(found).toBe(`a.ts: ${message}`);
  expect(isConstant(found)).toBe(false);
});
