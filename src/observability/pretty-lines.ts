import { prettyFactory } from 'pino-pretty';

const pretty = prettyFactory({
  // One line each, so that the bounds of the log hold and `grep` finds whole lines.
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss.l',
  ignore: 'pid,hostname',
});

/**
 * The form of a log line for a person at a terminal. Import it only for a terminal: it takes time and memory to load.
 * @param line one line of JSON; another text is returned as it is
 */
export function prettyLine(line: string): string {
  try {
    return pretty(JSON.parse(line, visible)) ?? line;
  } catch {
    return line;
  }
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Texts of clients and API servers may hold control characters, which would steer the terminal. */
function visible(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/[^\P{Cc}\n]/gu, escaped);
}
