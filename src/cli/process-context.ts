import { basename } from 'node:path';
import { CliError } from './cli-error.ts';
import type { Connection } from './connect/connect.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode, worstOf } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';
import { warn } from './output/messages.ts';

/** A quiet cluster confirms once a minute that nothing has changed. */
const USUAL_AGE_S = 75;

/** The context of this process. */
export class ProcessContext implements CliContext {
  readonly env = process.env;
  readonly stdin = process.stdin;
  readonly stdout = process.stdout;
  readonly stderr = process.stderr;
  readonly name = basename(process.argv[1] ?? '').startsWith('kubectl-') ? 'kubectl scaler' : 'scaler';
  readonly signal: AbortSignal;
  readonly outputClosed: AbortSignal;
  readonly #flags: () => GlobalOptions;
  readonly #connections: Connection[] = [];
  #exitCode: ExitCode = EXIT.done;
  #isOld = false;

  /** @param flags tells the flags once the command line has been read */
  constructor(flags: () => GlobalOptions) {
    this.#flags = flags;
    const controller = new AbortController();
    this.signal = controller.signal;
    // Once: a second Ctrl-C ends the process at once.
    process.once('SIGINT', () => controller.abort(new CliError('', EXIT.interrupted)));
    process.once('SIGTERM', () => controller.abort(new CliError('', EXIT.terminated)));
    // A reader such as `head` has had enough, or a disk is full. What is under way goes on, but is not shown: a write must
    // not be cut off because its result cannot be.
    const closing = new AbortController();
    this.outputClosed = closing.signal;
    this.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (closing.signal.aborted) return;
      closing.abort();
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
      this.stderr.write(`error: the output cannot be written: ${error.message}\n`);
      this.exitWith(EXIT.failed);
      // The end may have been told already.
      process.exitCode ||= EXIT.failed;
    });
    this.stderr.on('error', () => undefined);
  }

  get flags(): GlobalOptions {
    return this.#flags();
  }

  get isTerminal(): boolean {
    return this.stdout.isTTY === true;
  }

  get colours(): boolean {
    const { NO_COLOR = '', TERM } = this.env;
    return this.isTerminal && this.flags.color && NO_COLOR === '' && TERM !== 'dumb';
  }

  get columns(): number | undefined {
    return this.isTerminal ? this.stdout.columns || undefined : undefined;
  }

  get exitCode(): ExitCode {
    return this.#exitCode;
  }

  async connect(): Promise<Connection> {
    const { connect } = await import('./connect/connect.ts');
    const connection = await connect(this.flags, this.env, undefined, (seconds) => this.#warnOfAge(seconds));
    this.#connections.push(connection);
    return connection;
  }

  /** Says once that answers are old: the service goes on with what it knows when it does not hear from a cluster. */
  #warnOfAge(seconds: number): void {
    if (seconds <= USUAL_AGE_S || this.#isOld) return;
    this.#isOld = true;
    warn(
      this,
      `the service has not heard from a cluster for ${seconds} s, and shows what was so then: \`${this.name} clusters\` says more`,
    );
  }

  exitWith(code: ExitCode): void {
    this.#exitCode = worstOf([this.#exitCode, code]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}
