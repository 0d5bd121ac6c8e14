import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from './issue-certificate.ts';
import { until } from './until.ts';

/** The service as a separate process, with its files in a separate folder. */
export class ServerProcess {
  readonly authority: CertificateAuthority;
  readonly client: IssuedCertificate;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #closed: Promise<void>;
  /** The whole output of the process. */
  output = '';

  private constructor(
    child: ChildProcess,
    folder: string,
    authority: CertificateAuthority,
    client: IssuedCertificate,
  ) {
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()));
    this.#folder = folder;
    this.authority = authority;
    this.client = client;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
  }

  /**
   * Starts it on free ports, with these variables instead of working defaults.
   * @param moreFiles makes the content of further files, which variables then name
   * @param command the arguments of node: the sources by default, or their compiled form
   * @param wrapper a command in front of node, which runs it
   * @param whenDone is given what kills the process and removes its files; by default the end of the test calls it
   */
  static async start(
    kubeconfig: string,
    environment: Readonly<Record<string, string>> = {},
    moreFiles: Readonly<Record<string, (authority: CertificateAuthority) => Promise<string>>> = {},
    command: readonly string[] = ['src/server.ts'],
    wrapper: readonly string[] = [],
    whenDone: (remove: () => Promise<void>) => void = onTestFinished,
  ): Promise<ServerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'server-test-'));
    const authority = await CertificateAuthority.create({ commonName: 'test CA' });
    const server = await authority.issue({
      commonName: 'localhost',
      sans: ['localhost'],
      usages: ['serverAuth'],
    });
    const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
    const files = {
      TLS_CERT_FILE: server.cert,
      TLS_KEY_FILE: server.key,
      TLS_CLIENT_CA_FILE: authority.cert,
      KUBECONFIG: kubeconfig,
    };
    const variables: Record<string, string> = {
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      AUTHORIZATION_MODE: 'AlwaysAllow',
      // As in testLimits.
      MAX_EVENT_LOOP_DELAY_MS: '0',
      WRITES_PER_SECOND: '0',
    };
    for (const [name, content] of Object.entries(files)) {
      variables[name] = join(folder, name);
      await writeFile(join(folder, name), content);
    }
    for (const [name, content] of Object.entries(moreFiles)) {
      variables[name] = join(folder, name);
      await writeFile(join(folder, name), await content(authority));
    }
    const [program = '', ...parameters] = [...wrapper, process.execPath, ...command];
    const child = spawn(program, parameters, { env: { ...variables, ...environment } });
    whenDone(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true });
    });
    return new ServerProcess(child, folder, authority, client);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The path of the file that a variable such as TLS_KEY_FILE names. */
  file(variable: string): string {
    return join(this.#folder, variable);
  }

  /** The port of the service, from its log. */
  async port(): Promise<number> {
    return this.#portIn(/Server listening at https:\/\/127\.0\.0\.1:(\d+)/);
  }

  /** The port of the management listener, from its log. */
  async managementPort(): Promise<number> {
    return this.#portIn(/"management":"http:\/\/127\.0\.0\.1:(\d+)"/);
  }

  /** The status of a probe of the management listener. */
  async probe(
    path: string,
    method = 'GET',
    headers = {},
  ): Promise<{ status: number | undefined; body: string }> {
    const port = await this.managementPort();
    // fetch cannot send another Host header.
    const asked = request({ host: '127.0.0.1', port, path, method, headers }).end();
    const [response]: IncomingMessage[] = await once(asked, 'response');
    if (response === undefined) throw new Error('no answer');
    return { status: response.statusCode, body: await text(response) };
  }

  async ready(): Promise<void> {
    await until(async () => (await this.probe('/readyz')).status === 200);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, or null if a signal ended it. By then `output` has everything. */
  async exited(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async #portIn(pattern: RegExp): Promise<number> {
    await until(() => pattern.test(this.output) || this.#child.exitCode !== null);
    return Number(pattern.exec(this.output)?.[1] ?? Number.NaN);
  }
}
