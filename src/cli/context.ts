import type { ReadStream, WriteStream } from 'node:tty';
import type { Connection } from './connect/connect.ts';
import type { ExitCode } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';

/** What a command needs to know of the process, of the terminal and of the flags that all commands share. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  /** Whether stdout is a terminal: then tables fit its width. */
  readonly isTerminal: boolean;
  /** Whether to colour what goes to stdout. */
  readonly colours: boolean;
  /** The width of the terminal; undefined: stdout is none, or does not tell. */
  readonly columns: number | undefined;
  /** How the user calls the command. */
  readonly name: 'scaler' | 'kubectl scaler';
  /** The flags that all commands share, once the command line has been read. */
  readonly flags: GlobalOptions;
  /** Aborted by Ctrl-C and SIGTERM. Its reason is a CliError with the exit code. */
  readonly signal: AbortSignal;
  /** Aborted once nobody reads stdout any more, for commands that do nothing but print. */
  readonly outputClosed: AbortSignal;
  /**
   * Connects as flags, environment and profile say. The process closes the connection at its end.
   * @throws ConnectError
   */
  connect(): Promise<Connection>;
  /** Ends the process with this code once the command is done, unless an error has another one. */
  exitWith(code: ExitCode): void;
}
