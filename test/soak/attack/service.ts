import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../support/free-ports.ts';
import { replaceFile } from '../../support/replace-file.ts';
import { until } from '../../support/until.ts';
import type { GuardOrder, GuardReport } from './guard.ts';
import { chartLimitMib, imageCommand } from './image.ts';
import { memoryOf } from './memory-limit.ts';
import { ServiceLog } from './service-log.ts';

const READY_MS = 60_000;

/** The options with which the service starts. */
export interface ServiceOrder {
  readonly kubeconfig: string;
  /** Server certificate, its key and the client CA, PEM. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** `ulimit -n`. Undefined means that of the test. */
  readonly openFiles?: number | undefined;
  /** The content of further files, by the variable that names each. */
  readonly files?: Readonly<Record<string, string>>;
  /** Variables that differ from the defaults. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The built service as the image runs it, with the chart's memory limit and, unless the order differs, default settings. */
export class BuiltService {
  readonly port: number;
  readonly managementPort: number;
  readonly log: ServiceLog;
  readonly #guard: ChildProcess;
  readonly #folder: string;
  #pid = 0;
  #limitedBy = '';
  #groupPeakMib: number | undefined;
  #peakMib = 0;
  /** How the service ended. Undefined while it runs. */
  end: string | undefined;

  private constructor(
    guard: ChildProcess,
    log: ServiceLog,
    folder: string,
    port: number,
    managementPort: number,
  ) {
    this.#guard = guard;
    this.#folder = folder;
    this.log = log;
    this.port = port;
    this.managementPort = managementPort;
    guard.on('message', (report: GuardReport) => {
      if (report.type === 'started') {
        this.#pid = report.pid;
        this.#limitedBy = report.limitedBy;
      } else {
        this.end = report.signal === null ? `exit code ${report.code}` : `killed by ${report.signal}`;
        this.#groupPeakMib = report.peakMib;
      }
    });
    guard.on('exit', () => {
      this.end ??= 'its guard ended';
    });
  }

  /** Resolves once the service is ready. @throws Error if it ends before that */
  static async start({ kubeconfig, tls, openFiles, ...more }: ServiceOrder): Promise<BuiltService> {
    const folder = await mkdtemp(join(tmpdir(), 'attack-'));
    const files = {
      KUBECONFIG: kubeconfig,
      TLS_CERT_FILE: tls.cert,
      TLS_KEY_FILE: tls.key,
      TLS_CLIENT_CA_FILE: tls.ca,
      ...more.files,
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    const logPipe = join(folder, 'log');
    execFileSync('mkfifo', [logPipe]);
    const log = new ServiceLog(logPipe);
    const [port = 0, managementPort = 0] = await freePorts(2);
    const image = imageCommand();
    const order: GuardOrder = {
      command: [process.env.ATTACK_NODE ?? process.execPath, ...image.arguments],
      environment: {
        ...image.environment,
        ...Object.fromEntries(Object.keys(files).map((name) => [name, join(folder, name)])),
        HOST: '127.0.0.1',
        PORT: String(port),
        MANAGEMENT_PORT: String(managementPort),
        ...more.environment,
      },
      logPipe,
      limitMib: chartLimitMib(),
      openFiles,
      folder,
    };
    // The guard stays in the session of the test: Linux shares CPU time between sessions first, and uses nice values within.
    const guard = fork(join(import.meta.dirname, 'guard.ts'), [JSON.stringify(order)], { execArgv: [] });
    const service = new BuiltService(guard, log, folder, port, managementPort);
    try {
      await until(async () => service.end !== undefined || (await service.#isReady()), READY_MS);
      if (service.end !== undefined)
        throw new Error(`the service did not start: ${service.end}; ${log.errors.join()}`);
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  /** The mechanism that limits its memory. */
  get limitedBy(): string {
    return this.#limitedBy;
  }

  /** The process id. */
  get pid(): number {
    return this.#pid;
  }

  /** Replaces the content of the file that this variable names. The service reads it again. */
  async replaceFile(variable: string, content: string): Promise<void> {
    await replaceFile(join(this.#folder, variable), content);
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.managementPort}/metrics`)).text();
  }

  /** The resident memory of the process. Undefined once it has ended. */
  get residentMib(): number | undefined {
    const memory = memoryOf(this.#pid);
    if (memory !== undefined) this.#peakMib = memory.peakMib;
    return memory?.residentMib;
  }

  /** The peak of the resident memory, or that of the cgroup once the process has ended. */
  get peakMib(): number {
    return this.residentMib === undefined ? (this.#groupPeakMib ?? this.#peakMib) : this.#peakMib;
  }

  /** If the process is gone, resolves when `end` is known. */
  async settled(): Promise<void> {
    if (this.residentMib === undefined) await until(() => this.end !== undefined);
  }

  /** Kills the service and removes its files. */
  async stop(): Promise<void> {
    if (this.#guard.connected) this.#guard.disconnect();
    if (this.#guard.exitCode === null && this.#guard.signalCode === null) await once(this.#guard, 'exit');
    this.log.close();
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.managementPort}/readyz`)).status === 200;
    } catch {
      return false; // the service does not listen yet
    }
  }
}
