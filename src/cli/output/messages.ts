import { quoted } from '../../lib/quoted.ts';
import type { CliContext } from '../context.ts';
import { forPeople, painter } from './text.ts';

/** Flags that say which service it is. A command that is printed to be run repeats them. */
const CONNECTION_FLAGS = ['server', 'profile', 'cert', 'key', 'ca', 'p12', 'kubeconfig', 'context'] as const;

/** Says something on stderr. */
export function note({ stderr }: CliContext, text: string): void {
  stderr.write(`${text}\n`);
}

/** Warns on stderr. */
export function warn(context: CliContext, text: string): void {
  const { stderr, env, flags } = context;
  const colours = stderr.isTTY === true && flags.color && !env.NO_COLOR && env.TERM !== 'dumb';
  stderr.write(`${painter(colours)('yellow', 'warning:')} ${forPeople(text)}\n`);
}

/** Prints a value as JSON. */
export function printJson({ stdout }: CliContext, value: unknown): void {
  stdout.write(`${jsonText(value, 2)}\n`);
}

/** JSON in which those control characters are escaped too that it need not escape: a terminal obeys them. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The command for a shell that does this at the same service. */
export function commandLine({ name, flags }: CliContext, ...args: readonly string[]): string {
  const connection = CONNECTION_FLAGS.flatMap((flag) => {
    const value = flags[flag];
    return value === undefined ? [] : [`--${flag}`, value];
  });
  return [name, ...[...args, ...connection].map(quoted)].join(' ');
}
