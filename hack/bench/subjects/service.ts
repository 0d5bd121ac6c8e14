import { once } from 'node:events';
import { request } from 'node:http';
import { freePorts } from '../../../test/support/free-ports.ts';
import type { Program } from '../build.ts';
import { Child, SERVER_CORE } from '../child.ts';
import type { CertificateFiles } from '../load.ts';
import type { Subject, SubjectName } from './subject.ts';

/**
 * The service, with its default configuration except for the limits of one client, which the load is, and the limit of
 * memory, which a container has and this process has not: 85 % of the chart's.
 */
const SETTINGS = {
  WRITES_PER_SECOND: '0',
  MAX_CONNECTIONS_PER_CLIENT: '1500',
  MAX_STREAMS_PER_CLIENT: '1000',
  MAX_HEAP_MIB: '870',
};

/** The program with an inspector, which listens only after SIGUSR1. */
export function inspectable({ command, cwd, env }: Program): Program {
  return { command, cwd, env: { ...env, NODE_OPTIONS: '--inspect-port=127.0.0.1:0' } };
}

export class Service implements Subject, AsyncDisposable {
  readonly name: SubjectName;
  readonly port: number;
  readonly #managementPort: number;
  readonly #child: Child;
  readonly #startedAt = performance.now();

  private constructor(name: SubjectName, child: Child, port: number, managementPort: number) {
    this.name = name;
    this.#child = child;
    this.port = port;
    this.#managementPort = managementPort;
  }

  /** Starts it, and resolves once it has a process. */
  static async start(
    name: SubjectName,
    program: Program,
    kubeconfig: string,
    server: CertificateFiles,
  ): Promise<Service> {
    const [port = 0, managementPort = 0] = await freePorts(2);
    const env = {
      ...program.env,
      ...SETTINGS,
      HOST: '127.0.0.1',
      PORT: `${port}`,
      MANAGEMENT_PORT: `${managementPort}`,
      TLS_CERT_FILE: server.cert,
      TLS_KEY_FILE: server.key,
      TLS_CLIENT_CA_FILE: server.ca,
      KUBECONFIG: kubeconfig,
    };
    const child = new Child(program.command, { env, cwd: program.cwd, core: SERVER_CORE });
    return new Service(name, child, port, managementPort);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves once it is ready, with the seconds since its start. */
  async ready(): Promise<number> {
    await this.#child.until(async () => (await this.#probe('/readyz'))?.status === 200);
    return (performance.now() - this.#startedAt) / 1_000;
  }

  /** The value of a metric without labels. The histogram of the event loop begins again with each call. */
  async metric(name: string): Promise<number> {
    const { body = '' } = (await this.#probe('/metrics')) ?? {};
    const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(body) ?? [];
    return Number(value);
  }

  /**
   * Collects all garbage of an inspectable program, through the inspector: SIGUSR1 starts it in a process that has run
   * with the flags of the image until then.
   */
  async collectGarbage(): Promise<void> {
    this.#child.signal('SIGUSR1');
    let url: string | undefined;
    await this.#child.until(() => {
      url = /ws:\/\/\S+/.exec(this.#child.output)?.[0];
      return url !== undefined;
    });
    const socket = new WebSocket(url ?? '');
    await once(socket, 'open');
    for (const id of [1, 2]) {
      socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
      await once(socket, 'message');
    }
    socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  /** Undefined as long as nothing listens. */
  #probe(path: string): Promise<{ status: number | undefined; body: string } | undefined> {
    return new Promise((resolve) => {
      const probe = request({ host: '127.0.0.1', port: this.#managementPort, path, agent: false });
      probe.on('error', () => resolve(undefined));
      probe.on('response', (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      });
      probe.end();
    });
  }
}
