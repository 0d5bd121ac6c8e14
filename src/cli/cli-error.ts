import { EXIT, type ExitCode } from './exit-codes.ts';

/** Ends the command. The message says what is wrong and what to do; empty: the user knows. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
