import { CommanderError } from 'commander';
import { ApiError } from '../client/api-error.ts';
import { CliError } from './cli-error.ts';
import { ConnectError } from './connect/connect-error.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode, exitCodeOfAnswer } from './exit-codes.ts';
import { forPeople, oneLine } from './output/text.ts';

/** Says on stderr what ended the command, and what to do. Returns the exit code. */
export function reportError(error: unknown, context: CliContext): ExitCode {
  // commander has said it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  // What an abort ends throws errors of its own, which say less.
  const cause: unknown = context.signal.aborted ? context.signal.reason : error;
  // Who has ended it knows that.
  if (cause instanceof CliError && cause.message === '') return cause.exitCode;
  const command = `\`${context.name} `;
  context.stderr.write(`error: ${oneLine(describeError(cause)).replaceAll('`scaler ', command)}\n`);
  if (cause instanceof ApiError) return exitCodeOfAnswer(cause);
  if (cause instanceof CliError) return cause.exitCode;
  if (cause instanceof ConnectError && cause.usage) return EXIT.usage;
  return EXIT.failed;
}

/** What an error says, and what to do. */
export function describeError(error: unknown): string {
  if (error instanceof ApiError) {
    const { code, retryAfter, requestId } = error;
    const message = forPeople(error.message);
    const retry = retryAfter === undefined ? '' : `; try again in ${retryAfter} s`;
    const request = requestId === undefined ? '' : `, request ${requestId}`;
    return `${message}${retry} (${code}${request})`;
  }
  return error instanceof Error ? error.message : String(error);
}
