import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedCertificate } from '../issue-certificate.ts';
import type { TestService } from '../service.ts';
import { until } from '../until.ts';
import { CompiledScaler } from './compiled-scaler.ts';

export interface CommandOptions {
  /** Who calls. Default: `client`. */
  readonly as?: IssuedCertificate;
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds. Default: nothing. */
  readonly input?: string;
  /** The width of a terminal on which it runs. Default: pipes. */
  readonly terminal?: number;
  /** The file to which stdout goes, also beside a terminal. */
  readonly output?: string;
}

/** What a command has printed, and its exit code. A terminal shows all in `stdout`, with LF for CR LF. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class RunningCommand {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  /** Resolves once it has ended and all that it printed has been read. */
  readonly ended: Promise<Outcome>;
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    // A character may come in two pieces.
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#hasEnded = true;
        resolve({ code, stdout: this.stdout.replaceAll('\r\n', '\n'), stderr: this.stderr });
      });
    });
  }

  /** Resolves once it has printed this. */
  async prints(text: string | RegExp): Promise<void> {
    const isThere = () => {
      const output = this.stdout + this.stderr;
      return typeof text === 'string' ? output.includes(text) : text.test(output);
    };
    await until(() => isThere() || this.#hasEnded);
    if (!isThere()) throw new Error(`it has ended without ${text}: ${this.stdout}${this.stderr}`);
  }

  /** Types this on its terminal. */
  types(text: string): void {
    this.#child.stdin?.write(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Reads no more of what it prints, as `head` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }
}

/** The compiled `scaler` as processes, for the clients of a service, with a home of their own. */
export class CommandLine {
  /** The home of the user, and the folder for state. */
  readonly folder: string;
  readonly #service: TestService;
  readonly #scaler: CompiledScaler;
  readonly #running = new Set<ChildProcess>();
  #clients = 0;

  private constructor(service: TestService, scaler: CompiledScaler, folder: string) {
    this.#service = service;
    this.#scaler = scaler;
    this.folder = folder;
  }

  static async of(service: TestService): Promise<CommandLine> {
    const folder = await mkdtemp(join(tmpdir(), 'scaler-test-'));
    await writeFile(join(folder, 'ca.pem'), service.authority.cert);
    return new CommandLine(service, await CompiledScaler.build(), folder);
  }

  /** The program that it runs. */
  get program(): string {
    return this.#scaler.path;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return (await this.start(args, options)).ended;
  }

  async start(
    args: readonly string[],
    { as = this.#service.client, env = {}, input, terminal, output }: CommandOptions = {},
  ): Promise<RunningCommand> {
    this.#clients += 1;
    const [cert, key] = [`${this.#clients}-cert.pem`, `${this.#clients}-key.pem`];
    await writeFile(join(this.folder, cert), as.cert);
    await writeFile(join(this.folder, key), as.key);
    const command = [process.execPath, this.program, ...args];
    const written =
      output === undefined
        ? command
        : ['sh', '-c', 'out=$1; shift; exec "$@" >"$out"', 'sh', output, ...command];
    const [file = '', ...rest] = terminal === undefined ? written : onTerminal(written, terminal);
    const child = spawn(file, rest, {
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        XDG_STATE_HOME: join(this.folder, 'state'),
        TERM: 'xterm',
        LANG: 'C.UTF-8',
        SHELL: '/bin/sh',
        SCALER_SERVER: `https://localhost:${this.#service.port}`,
        SCALER_CA: join(this.folder, 'ca.pem'),
        SCALER_CERT: join(this.folder, cert),
        SCALER_KEY: join(this.folder, key),
        ...env,
      },
    });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    // A command may end before it has read its input.
    child.stdin.on('error', () => undefined);
    if (terminal === undefined) child.stdin.end(input ?? '');
    return new RunningCommand(child);
  }

  /** Ends what runs, and leaves no file behind. */
  async stop(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await until(() => this.#running.size === 0);
    await Promise.all([rm(this.folder, { recursive: true }), this.#scaler.remove()]);
  }
}

/** The command with a pseudo-terminal of this width, which `script` of util-linux makes. */
export function onTerminal(command: readonly string[], columns: number): readonly string[] {
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '-qefc', `stty cols ${columns} rows 40; exec ${words}`, '/dev/null'];
}
