import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** The cores of the machine. With a single one, or without taskset, nothing is pinned. */
const PINS = process.platform === 'linux' && availableParallelism() > 1;
/** Servers run on one core, one at a time at work, and what loads them on another. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** A check costs a service that is starting a connection, so that more of them would delay it. */
const CHECK_MS = 20;
const LIMIT_MS = 300_000;

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Default: any core. */
  readonly core?: number;
  /** Whether to open an IPC channel. */
  readonly ipc?: boolean;
}

/** A process of the benchmark. It gets no variable of this process but PATH and HOME. */
export class Child implements AsyncDisposable {
  /** What it has written, for the message of a failure. */
  output = '';
  static readonly #running = new Set<Child>();
  static #ending = false;
  readonly #process: ChildProcess;
  readonly #name: string;

  constructor(command: readonly string[], { env = {}, cwd, core, ipc = false }: ChildOptions = {}) {
    if (Child.#ending) throw new Error('the benchmark is ending');
    const pinned = core !== undefined && PINS ? ['taskset', '--cpu-list', `${core}`, ...command] : command;
    const [program = '', ...parameters] = pinned;
    const { PATH = '', HOME = '' } = process.env;
    this.#name = command.slice(0, 2).join(' ');
    this.#process = spawn(program, parameters, {
      env: { PATH, HOME, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      // Ctrl-C reaches only this process, which then ends the others.
      detached: true,
    });
    Child.#running.add(this);
    this.#process.once('exit', () => Child.#running.delete(this));
    this.#process.on('error', (error) => {
      this.output += error.message;
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output = (this.output + chunk).slice(-4_096);
      });
    }
  }

  /** Kills all of them, before this process ends. No other can be started then. */
  static async endAll(): Promise<void> {
    Child.#ending = true;
    await Promise.all([...Child.#running].map((child) => child[Symbol.asyncDispose]()));
  }

  /** taskset becomes the program that it starts, so this is the process of the program. */
  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw this.failure('could not be started');
    return pid;
  }

  get ended(): boolean {
    return (
      this.#process.pid === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null
    );
  }

  failure(what: string): Error {
    return new Error(`${this.#name} ${what}:\n${this.output}`);
  }

  /** Sends an order by IPC. */
  send(order: object): void {
    this.#process.send(order);
  }

  /** Sends an order by IPC and waits for the answer. */
  async ask(order: object): Promise<unknown> {
    const ended = new AbortController();
    const onEnd = () => ended.abort(this.failure('ended'));
    this.#process.once('exit', onEnd);
    try {
      const answer = once(this.#process, 'message', { signal: ended.signal });
      this.send(order);
      const [message] = await answer;
      return message;
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error;
    } finally {
      this.#process.off('exit', onEnd);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Waits until `condition` holds, while the process runs. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const givesUpAt = performance.now() + LIMIT_MS;
    while (!(await condition())) {
      if (this.ended) throw this.failure('ended');
      if (performance.now() > givesUpAt) throw this.failure(`was not there within ${LIMIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
    }
  }

  /** Kills it: nothing that it would still do is of use. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
