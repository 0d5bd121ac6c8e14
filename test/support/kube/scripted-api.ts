import { vi } from 'vitest';
import type { KubeApi, KubeRequest, KubeStream } from '../../../src/kube/client/kube-client.ts';
import { KubeStatusError } from '../../../src/kube/kube-errors.ts';

/** A received request: its content, its time on the fake clock, and its outcome. */
interface Noted {
  readonly kind: 'call' | 'watch';
  readonly request: KubeRequest;
  readonly at: number;
}

/** A call that waits for its answer from the test. */
export interface PendingCall {
  readonly request: KubeRequest;
  answer(body: unknown): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** A watch that waits to be accepted or refused. */
export interface PendingWatch {
  readonly request: KubeRequest;
  accept(): Promise<OpenWatch>;
  refuse(error: unknown): Promise<void>;
}

/** The answer of a kube-apiserver without the feature gate. */
export const WATCH_LIST_IS_OFF = new KubeStatusError(
  422,
  'Invalid',
  'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
);

/**
 * An API server in memory that is passive: a test takes each request and decides its outcome. It is for
 * tests with fake timers. Each step returns after all its immediate effects.
 */
export class ScriptedApi implements KubeApi {
  readonly requests: Noted[] = [];
  /** The number of requested reloads of the credentials. */
  reloads = 0;
  /**
   * Answers every request at once, instead of a test that takes requests one by one. An Error is thrown. A string is
   * the whole content of a watch.
   */
  respond: ((request: KubeRequest) => unknown) | undefined;
  /** The resourceVersion in the answer to a list with limit=1. Undefined if the test answers such lists itself. */
  position: string | undefined = '1000000';
  /** Whether it supports watches with initial events. Without them, lists come in pages. */
  servesInitialEvents = false;
  readonly #calls: PendingCall[] = [];
  readonly #watches: PendingWatch[] = [];

  call(request: KubeRequest): Promise<unknown> {
    this.#note('call', request);
    if (request.query?.limit === 1 && this.position !== undefined)
      return Promise.resolve({ metadata: { resourceVersion: this.position }, items: [] });
    return this.#pending<unknown>(request, (resolve, reject) => {
      if (this.respond !== undefined) return settle(this.respond(request), resolve, reject);
      this.#calls.push({ request, answer: flushed(resolve), fail: flushed(reject) });
    });
  }

  watch(request: KubeRequest): Promise<KubeStream> {
    if (request.query?.sendInitialEvents && !this.servesInitialEvents)
      return Promise.reject(WATCH_LIST_IS_OFF);
    this.#note('watch', request);
    return this.#pending<KubeStream>(request, (resolve, reject) => {
      const accept = () => {
        const watch = new OpenWatch(request);
        resolve(watch.stream);
        return watch;
      };
      if (this.respond !== undefined) {
        const answer = this.respond(request);
        if (answer instanceof Error) return reject(answer);
        const watch = accept();
        if (typeof answer === 'string') void watch.send(answer);
        void watch.end();
        return;
      }
      this.#watches.push({
        request,
        refuse: flushed(reject),
        accept: async () => {
          const watch = accept();
          await flush();
          return watch;
        },
      });
    });
  }

  reloadCredentials(): void {
    this.reloads += 1;
  }

  /** The number of requests that the test has not taken yet. */
  get untaken(): number {
    return this.#calls.length + this.#watches.length;
  }

  /** The next call that the test has not taken. */
  async nextCall(): Promise<PendingCall> {
    await flush();
    return this.#take(this.#calls, 'call');
  }

  /** The next watch that the test has not taken. */
  async nextWatch(): Promise<PendingWatch> {
    await flush();
    return this.#take(this.#watches, 'watch');
  }

  #take<T>(queue: T[], kind: string): T {
    const next = queue.shift();
    if (next === undefined) throw new Error(`no ${kind} has arrived; so far: ${this.#story()}`);
    return next;
  }

  #story(): string {
    return this.requests.map(({ kind, at }) => `${kind} at ${Math.round(at)} ms`).join(', ');
  }

  #note(kind: Noted['kind'], request: KubeRequest): void {
    this.requests.push({ kind, request, at: performance.now() });
  }

  #pending<T>(
    { signal }: KubeRequest,
    start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      start(resolve, reject);
    });
  }
}

/** The server side of an accepted watch. */
export class OpenWatch {
  /** Whether the client has closed the watch, or the watch has ended. */
  closed = false;
  readonly stream: KubeStream;
  #chunks: Buffer[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor({ signal }: KubeRequest) {
    this.stream = this.#read();
    signal?.addEventListener('abort', () => {
      this.#chunks = [];
      this.#finish({ error: signal.reason });
    });
  }

  /** Sends bytes as one chunk. */
  async send(...parts: readonly string[]): Promise<void> {
    this.#chunks.push(Buffer.from(parts.join('')));
    this.#wake?.();
    await flush();
  }

  /** Ends the response, as an API server does after timeoutSeconds. */
  async end(): Promise<void> {
    this.#finish({});
    await flush();
  }

  /** Breaks the connection. */
  async break(error: unknown = new Error('other side closed')): Promise<void> {
    this.#finish({ error });
    await flush();
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }

  async *#read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#end === undefined) await this.#woken();
        else if ('error' in this.#end) throw this.#end.error;
        else return;
      }
    } finally {
      this.closed = true;
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Runs everything that can happen without time passing. */
export async function flush(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function flushed<T>(settleWith: (value: T) => void): (value: T) => Promise<void> {
  return async (value) => {
    settleWith(value);
    await flush();
  };
}

function settle(answer: unknown, resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
  if (answer instanceof Error) reject(answer);
  // Does not resolve with the promise itself, because the signal of the request would then have no effect.
  else if (answer instanceof Promise) answer.then(resolve, reject);
  else resolve(answer);
}
