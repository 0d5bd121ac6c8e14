import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Fetch } from '../../client/scaler-client.ts';
import { connectError, type Exchange, foreignAnswer, tooSlow } from './failures.ts';
import type { Identity } from './identity.ts';
import type { Env } from './settings.ts';

/** How long each step of an exchange may take, in milliseconds. */
export interface Deadlines {
  /** To the end of the TLS handshake, also through a proxy. */
  readonly connectMs: number;
  /** From then to the headers of the answer, beyond the time for which the request itself asks. */
  readonly headersMs: number;
  /** Without a byte of the body. The service sends something every 15 s while a stream is quiet. */
  readonly silenceMs: number;
}

export const DEADLINES: Deadlines = { connectMs: 10_000, headersMs: 15_000, silenceMs: 45_000 };

/** The time that a batch takes at most, in milliseconds. */
const BATCH_MS = 300_000;

type Init = Parameters<Fetch>[1];
type Answer = Awaited<ReturnType<Fetch>>;

/**
 * Sends requests with the client certificate, and throws a ConnectError that says what to do if no answer comes. It uses
 * node:https, because undici takes longer to load than a whole command lasts.
 */
export class Transport {
  readonly #server: URL;
  readonly #from: string;
  readonly #deadlines: Deadlines;
  readonly #proxy: string | undefined;
  /** Its connections serve several requests, one after another. */
  readonly #kept: Agent;
  readonly #fresh: Agent;
  readonly #running = new Set<ClientRequest>();

  /** @param env its HTTPS_PROXY and NO_PROXY say which proxy leads to the service */
  constructor(server: URL, { secureContext, from }: Identity, env: Env, deadlines: Deadlines = DEADLINES) {
    this.#server = server;
    this.#from = from;
    this.#deadlines = deadlines;
    this.#proxy = URL.parse(env.https_proxy || env.HTTPS_PROXY || '')?.host;
    this.#kept = new Agent({ keepAlive: true, secureContext, proxyEnv: env });
    this.#fresh = new Agent({ secureContext, proxyEnv: env });
  }

  /** A kept connection may end just when a request is sent. A read is repeated then; a write gets a connection of its own. */
  readonly fetch: Fetch = async (url, init) => {
    if (init.method !== 'GET') return this.#send(url, init, this.#fresh);
    try {
      return await this.#send(url, init, this.#kept);
    } catch (error) {
      if (error instanceof StaleConnection) return this.#send(url, init, this.#fresh);
      throw error;
    }
  };

  /** Ends all requests and connections. */
  close(): void {
    for (const running of this.#running) running.destroy(new Error('the command has ended'));
    this.#kept.destroy();
    this.#fresh.destroy();
  }

  #send(url: string, { method, headers, body, signal }: Init, agent: Agent): Promise<Answer> {
    const { connectMs, headersMs, silenceMs } = this.#deadlines;
    const { searchParams, pathname } = new URL(url);
    const writes = method === 'POST' && searchParams.get('dryRun') !== 'true';
    const exchange = { server: this.#server, proxy: this.#proxy, from: this.#from };
    let sentWrite = false;
    let expires: Date | undefined;
    const now = (): Exchange => ({ ...exchange, sentWrite, expires });
    const failure = (error: unknown): unknown =>
      signal?.aborted ? signal.reason : connectError(error, now());

    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url, {
      method,
      headers: { 'user-agent': 'k8s-deployment-scaler-cli', ...headers, ...length },
      agent,
      ...(signal !== undefined && { signal }),
    });
    this.#running.add(outgoing);
    let timer: NodeJS.Timeout;
    const allow = (ms: number, step: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => outgoing.destroy(tooSlow(`${step} within ${ms / 1000} s`, now())), ms);
    };
    allow(connectMs, 'could not be connected');
    outgoing.once('socket', (socket) => {
      const connected = () => {
        if (socket instanceof TLSSocket) expires = socket.getX509Certificate()?.validToDate;
        sentWrite = writes;
        const asked =
          Number(searchParams.get('wait') ?? 0) * 1000 +
          (pathname.endsWith('/scale') && writes ? BATCH_MS : 0);
        allow(headersMs + asked, 'did not answer');
      };
      if (outgoing.reusedSocket) connected();
      else socket.once('secureConnect', connected);
    });
    outgoing.once('response', (incoming) => {
      clearTimeout(timer);
      const foreign = foreignAnswer(
        incoming.statusCode ?? 0,
        incoming.headers['content-type'] ?? null,
        incoming.headers.location ?? null,
        now(),
      );
      if (foreign !== undefined) return void outgoing.destroy(foreign);
      outgoing.setTimeout(silenceMs, () =>
        outgoing.destroy(tooSlow(`was silent for ${silenceMs / 1000} s`, now())),
      );
      resolve(answerOf(incoming, failure));
    });
    outgoing.on('error', (error) => {
      const stale =
        outgoing.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale && method === 'GET' && !signal?.aborted ? new StaleConnection() : failure(error));
    });
    outgoing.once('close', () => {
      clearTimeout(timer);
      this.#running.delete(outgoing);
    });
    outgoing.end(body);
    return promise;
  }
}

/** The service had closed a kept connection before the request came. */
class StaleConnection extends Error {}

function answerOf(incoming: IncomingMessage, failure: (error: unknown) => unknown): Answer {
  const status = incoming.statusCode ?? 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of incoming) yield piece;
    } catch (error) {
      throw failure(error);
    }
  }
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => {
        const value = incoming.headers[name.toLowerCase()];
        return (Array.isArray(value) ? value.join(', ') : value) ?? null;
      },
    },
    get body() {
      return ReadableStream.from(pieces());
    },
    text: async () => Buffer.concat(await Array.fromAsync(pieces())).toString(),
  };
}
