import { CliError } from './cli-error.ts';

/** The longest wait that can be asked for: a day. */
const MAX_SECONDS = 86_400;
/** Of `--wait` without a time. */
const DEFAULT_SECONDS = 60;

/** @throws CliError */
export function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (/^\d+$/.test(value) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new CliError(`"${value}" is not a time: write seconds, from 1 to ${MAX_SECONDS}`);
}

/**
 * The arguments with a time for each `--wait` that has none, as in `--wait shop/cart=3`: an option whose value may be
 * missing would take the target for its value.
 */
export function withWaitTimes(args: readonly string[]): string[] {
  return args.map((arg, at) =>
    arg === '--wait' && !/^\d+$/.test(args[at + 1] ?? '') ? `--wait=${DEFAULT_SECONDS}` : arg,
  );
}
