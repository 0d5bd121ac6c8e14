import type { X509Certificate } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
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

  #send(url: string, init: Init, agent: Agent): Promise<Answer> {
    const { method, headers, body, signal } = init;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url, {
      method,
      headers: { 'user-agent': 'k8s-deployment-scaler-cli', ...headers, ...length },
      agent,
      ...(signal !== undefined && { signal }),
    });
    this.#running.add(outgoing);
    outgoing.once('close', () => this.#running.delete(outgoing));
    const exchange = new RunningExchange(outgoing, new URL(url), init, this.#deadlines, {
      server: this.#server,
      proxy: this.#proxy,
      from: this.#from,
    });
    // At once, so that headers and body are one packet: a refusal that comes between two would be lost.
    outgoing.end(body);
    return exchange.answer;
  }
}

/** One request with its deadlines, and what is known of it if it fails. */
class RunningExchange implements Exchange {
  readonly server: URL;
  readonly proxy: string | undefined;
  readonly from: string;
  readonly answer: Promise<Answer>;
  certificate: X509Certificate | undefined;
  sentWrite = false;
  answered = false;
  readonly #outgoing: ClientRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #deadlines: Deadlines;
  readonly #writes: boolean;
  /** How long the request itself lets the service take, in milliseconds. */
  readonly #askedMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** Why it was ended here. The error of the socket says less. */
  #ended: Error | undefined;

  constructor(
    outgoing: ClientRequest,
    { searchParams, pathname }: URL,
    { method, signal }: Init,
    deadlines: Deadlines,
    { server, proxy, from }: Pick<Exchange, 'server' | 'proxy' | 'from'>,
  ) {
    this.server = server;
    this.proxy = proxy;
    this.from = from;
    this.#outgoing = outgoing;
    this.#signal = signal;
    this.#deadlines = deadlines;
    this.#writes = method === 'POST' && searchParams.get('dryRun') !== 'true';
    const batchMs = this.#writes && pathname.endsWith('/scale') ? BATCH_MS : 0;
    this.#askedMs = Number(searchParams.get('wait') ?? 0) * 1000 + batchMs;
    this.answer = new Promise((resolve, reject) => {
      outgoing.once('response', (incoming) => this.#begin(incoming) && resolve(answerOf(incoming, this)));
      outgoing.on('error', (error) =>
        reject(this.#isStale(error, method) ? new StaleConnection() : this.failure(error)),
      );
    });
    this.#allow(deadlines.connectMs, 'could not be connected');
    outgoing.once('socket', (socket) => {
      if (outgoing.reusedSocket) this.#connected(socket);
      else socket.once('secureConnect', () => this.#connected(socket));
    });
    outgoing.once('close', () => clearTimeout(this.#timer));
  }

  /** What to throw for an error of the socket. */
  failure(error: unknown): unknown {
    return this.#signal?.aborted ? this.#signal.reason : connectError(this.#ended ?? error, this);
  }

  #connected(socket: Socket): void {
    if (socket instanceof TLSSocket) this.certificate = socket.getX509Certificate();
    this.sentWrite = this.#writes;
    this.#allow(this.#deadlines.headersMs + this.#askedMs, 'did not answer');
  }

  /** @returns whether the answer may be one of this service */
  #begin(incoming: IncomingMessage): boolean {
    clearTimeout(this.#timer);
    this.answered = true;
    const foreign = foreignAnswer(incoming, this);
    if (foreign !== undefined) {
      this.#end(foreign);
      return false;
    }
    const { silenceMs } = this.#deadlines;
    this.#outgoing.setTimeout(silenceMs, () => {
      this.#end(tooSlow(`was silent for ${silenceMs / 1000} s`, this));
    });
    return true;
  }

  #allow(ms: number, step: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(tooSlow(`${step} within ${ms / 1000} s`, this)), ms);
  }

  #end(error: Error): void {
    this.#ended = error;
    this.#outgoing.destroy(error);
  }

  #isStale(error: Error, method: string): boolean {
    if (method !== 'GET' || this.#signal?.aborted || this.#ended !== undefined) return false;
    return (
      this.#outgoing.reusedSocket &&
      'code' in error &&
      (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    );
  }
}

/** The service had closed a kept connection before the request came. */
class StaleConnection extends Error {}

function answerOf(incoming: IncomingMessage, exchange: RunningExchange): Answer {
  const status = incoming.statusCode ?? 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of incoming) yield piece;
    } catch (error) {
      throw exchange.failure(error);
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
