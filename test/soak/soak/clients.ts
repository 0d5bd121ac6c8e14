import { errors, Pool } from 'undici';
import { expectDocumented, textOf } from '../../support/documented.ts';
import type { CertificateAuthority, IssuedCertificate } from '../../support/issue-certificate.ts';
import { at } from '../../support/kube-requests.ts';
import { DISCONNECTED } from './expected.ts';

/** The CNs of the clients. Their rights stand in cluster.ts. */
export const USERS = ['operator', 'tenant', 'viewer', 'guest', 'revocable', 'stranger'] as const;
export type User = (typeof USERS)[number];

/** Kept connections of each client. */
const CONNECTIONS = 4;
/** Longer than any deadline of the service, except that of a wait. */
const TIMEOUT_MS = 40_000;

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  /** The code of an error, or `DISCONNECTED`. Undefined: a success. */
  readonly code: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly sentAt: number;
  readonly endedAt: number;
}

/** All clients of the soak, with their certificates, which are replaced from time to time. */
export class Clients {
  readonly #port: number;
  /** The CA of the server, which is another one than that of the clients. */
  readonly #serverCa: string;
  #authority: CertificateAuthority;
  #certificates = new Map<User, IssuedCertificate>();
  #pools = new Map<User, Pool>();

  private constructor(port: number, serverCa: string, authority: CertificateAuthority) {
    this.#port = port;
    this.#serverCa = serverCa;
    this.#authority = authority;
  }

  static async start(port: number, serverCa: string, authority: CertificateAuthority): Promise<Clients> {
    const clients = new Clients(port, serverCa, authority);
    await clients.renew(authority);
    return clients;
  }

  get authority(): CertificateAuthority {
    return this.#authority;
  }

  /** What a TLS client needs to connect as this user. */
  tls(user: User): { port: number; ca: string; cert: string; key: string } {
    const certificate = this.#certificates.get(user);
    if (certificate === undefined) throw new Error(`no certificate of ${user}`);
    return { port: this.#port, ca: this.#serverCa, cert: certificate.cert, key: certificate.key };
  }

  /** Gives everybody a new certificate of this CA. Requests under way end on their old connections. */
  async renew(authority: CertificateAuthority): Promise<void> {
    this.#authority = authority;
    for (const user of USERS) await this.renewOne(user);
  }

  /** Gives one user a new certificate, and returns the serial number of the old one. */
  async renewOne(user: User): Promise<string | undefined> {
    const old = this.#certificates.get(user);
    this.#certificates.set(user, await this.#authority.issue({ commonName: user, usages: ['clientAuth'] }));
    void this.#pools.get(user)?.close();
    this.#pools.delete(user);
    return old?.serial;
  }

  /** Sends a request. An answer that openapi.yaml does not document is an error. */
  async ask(user: User, { method, path, body, headers = {} }: Asked): Promise<Answered> {
    const sentAt = performance.now();
    try {
      const answer = await this.#poolOf(user).request({
        method,
        path,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = textOf(answer.headers, Buffer.from(await answer.body.arrayBuffer()));
      const endedAt = performance.now();
      const { statusCode: status } = answer;
      expectDocumented({ method, path, status, headers: answer.headers, body: text });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text;
      const code = status < 400 ? undefined : String(at(parsed, 'code'));
      return { status, code, headers: answer.headers, body: parsed, sentAt, endedAt };
    } catch (error) {
      const isClosed =
        error instanceof Error && /other side closed|ECONNRESET|EPIPE|socket hang up/.test(String(error));
      // The service accepts connections at once, unless the machine is too busy.
      if (!isClosed && !(error instanceof errors.ConnectTimeoutError)) throw error;
      return {
        status: 0,
        code: DISCONNECTED,
        headers: {},
        body: undefined,
        sentAt,
        endedAt: performance.now(),
      };
    }
  }

  /** Closes all connections, so that the service keeps only what it needs itself. */
  async closeConnections(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  #poolOf(user: User): Pool {
    const { port, ...tls } = this.tls(user);
    const pool =
      this.#pools.get(user) ??
      new Pool(`https://localhost:${port}`, {
        connections: CONNECTIONS,
        connect: tls,
        allowH2: false,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
    this.#pools.set(user, pool);
    return pool;
  }
}
