import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import { Watchdog } from '../../lib/watchdog.ts';
import { isObject, MAX_OBJECT_BYTES, parseJson } from '../json.ts';
import {
  KubeError,
  KubeMalformedError,
  KubeOversizeError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube-errors.ts';
import { CredentialSource, type Credentials } from '../kubeconfig/credentials.ts';
import type { KubeConfigLoader } from '../kubeconfig/kubeconfig.ts';
import { type Agents, newAgents } from './agents.ts';
import { parseAnswer } from './answer-json.ts';
import { type CallObserver, Observed } from './call-observer.ts';
import { decompressed } from './decompressed.ts';

/** As `accept`: a list has the metadata of its objects only. It says nothing about what the API server reads for it. */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** One request to the API server. */
export interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** Path below the API root, for example `/api/v1/configmaps`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: 'application/json' | 'application/apply-patch+yaml';
  /** Default: `application/json`. */
  readonly accept?: string;
  /** The time for the whole exchange (`call`), or until the headers of the response (`watch`), in milliseconds. */
  readonly deadlineMs: number;
  /** For `call`: each piece of the answer restarts the deadline, so that long answers may use a slow link. */
  readonly deadlineIsForSilence?: boolean;
  /** Cancels the request. */
  readonly signal?: AbortSignal;
  /** For `call`: called for each warning of the API server that comes with an answer of status 2xx. */
  readonly onWarning?: (text: string) => void;
}

/** A running watch: the bytes of the response as they arrive. To break out of the iteration closes the connection. */
export type KubeStream = AsyncIterable<Buffer>;

/** The requests to an API server. They throw the errors of kube-errors.ts, or the reason of the aborted signal. */
export interface KubeApi {
  /** Sends a request and returns the parsed JSON answer, of at most 16 MiB, without large parts: see answer-json.ts. */
  call(request: KubeRequest): Promise<unknown>;
  /** Opens a watch on a separate connection. The deadline ends once it is open; the caller must detect silence. */
  watch(request: KubeRequest): Promise<KubeStream>;
  /** Makes the next request read the credentials again (token file, exec plugin, kubeconfig). */
  reloadCredentials(): void;
}

/** The client of one API server. It uses undici. */
export class KubeClient implements KubeApi {
  readonly #credentials: CredentialSource;
  readonly #closing = new AbortController();
  #agents: Agents | undefined;
  /** The agents with earlier credentials whose last requests are still running. */
  readonly #retired = new Set<Agents>();
  readonly #connecting = new Set<Socket>();
  readonly #callConnections: number;
  readonly #observers: readonly CallObserver[];

  /**
   * @param callConnections how many connections calls may have at a time; each watch has one in addition
   * @param observers see each request
   */
  constructor(load: KubeConfigLoader, callConnections: number, observers: readonly CallObserver[] = []) {
    this.#callConnections = callConnections;
    this.#observers = observers;
    this.#credentials = new CredentialSource(load, this.#closing.signal);
  }

  reloadCredentials(): void {
    this.#credentials.reload();
  }

  async call(request: KubeRequest): Promise<unknown> {
    const observed = new Observed(this.#observers, request, 'call');
    const { signal, limit } = deadline(request, this.#closing.signal);
    let sent = false;
    try {
      const response = await this.#send('calls', request, observed, signal, () => {
        sent = true;
      });
      const { statusCode } = response;
      const answer = await wholeOf(
        response,
        request.deadlineIsForSilence === true ? () => limit.refresh() : undefined,
      );
      observed.end(statusCode);
      if (statusCode < 200 || statusCode > 299) throw statusError(response, answer);
      if (request.onWarning !== undefined) warningsIn(response.headers).forEach(request.onWarning);
      return parseAnswer(answer);
    } catch (error) {
      const translated = translate(error, request, limit, sent);
      observed.end(translated);
      throw translated;
    } finally {
      limit.clear();
    }
  }

  async watch(request: KubeRequest): Promise<KubeStream> {
    const observed = new Observed(this.#observers, request, 'watch');
    const { signal, limit } = deadline(request, this.#closing.signal);
    let sent = false;
    try {
      const response = await this.#send('watches', request, observed, signal, () => {
        sent = true;
      });
      observed.end(response.statusCode);
      if (response.statusCode !== 200) throw statusError(response, await wholeOf(response));
      return bytesOf(response);
    } catch (error) {
      const translated = translate(error, request, limit, sent);
      observed.end(translated);
      throw translated;
    } finally {
      limit.clear();
    }
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the client is closed'));
    const all = [...this.#retired, ...(this.#agents === undefined ? [] : [this.#agents])];
    this.#agents = undefined;
    await Promise.all(all.flatMap(({ calls, watches }) => [calls.destroy(), watches.destroy()]));
    // undici would keep these sockets open until their handshake has finished or timed out.
    for (const socket of this.#connecting) socket.destroy();
  }

  async #send(
    kind: 'calls' | 'watches',
    request: KubeRequest,
    observed: Observed,
    signal: AbortSignal,
    onSent: () => void,
  ): Promise<Dispatcher.ResponseData> {
    const credentials = await abortable(this.#credentials.get(), signal);
    // The client may have been closed while it waited for the credentials. Nothing would close agents created now.
    signal.throwIfAborted();
    const agent = this.#agentsFor(credentials)[kind];
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const response = agent.compose(reportStart(onSent)).request({
      origin: credentials.origin,
      path: credentials.basePath + request.path + queryString(request.query),
      method: request.method ?? 'GET',
      headers: {
        ...observed.headers,
        ...credentials.headers,
        accept: request.accept ?? 'application/json',
        ...(credentials.compression ? { 'accept-encoding': 'gzip' } : {}),
        'user-agent': 'k8s-deployment-scaler',
        ...(body === null ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body,
      signal,
      // The signal already has the deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    // undici ignores the signal of a request as long as the request has no connection.
    return await abortable(response, signal);
  }

  /** Closes the agents after their running requests have finished. */
  #retire(agents: Agents): void {
    this.#retired.add(agents);
    const closing = Promise.all([agents.calls.close(), agents.watches.close()]);
    closing.finally(() => this.#retired.delete(agents));
  }

  /** The agents for these credentials. If the client certificate or the CA has changed, new agents are created. */
  #agentsFor(credentials: Credentials): Agents {
    const current = this.#agents;
    if (current?.credentials === credentials) return current;
    if (
      current !== undefined &&
      isDeepStrictEqual(connectionOf(current.credentials), connectionOf(credentials))
    ) {
      this.#agents = { ...current, credentials };
      return this.#agents;
    }
    if (current !== undefined) this.#retire(current);
    this.#agents = newAgents(credentials, this.#callConnections, this.#connecting);
    return this.#agents;
  }
}

/** The part of the credentials that a connection uses; the rest is sent with each request. */
function connectionOf({ origin, proxyUrl, tls }: Credentials): object {
  return { origin, proxyUrl, tls };
}

/** Calls back when a request is about to be written to a socket. Before that it cannot have had an effect. */
function reportStart(onStart: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        onStart();
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });
}

/**
 * A signal that aborts if the caller cancels, the client closes or the deadline passes. `limit.clear` ends the
 * deadline.
 */
function deadline({ deadlineMs, signal }: KubeRequest, closing: AbortSignal) {
  const limit = new Watchdog();
  limit.start(deadlineMs, new Error('the deadline has passed'));
  const signals = [closing, limit.signal, ...(signal === undefined ? [] : [signal])];
  return { signal: AbortSignal.any(signals), limit };
}

/** Resolves as the promise does, but rejects with the reason of the signal as soon as that aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    // Do this even if the signal has already aborted, or a rejection of the promise would be unhandled.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function translate(error: unknown, request: KubeRequest, limit: Watchdog, sent: boolean): unknown {
  if (error instanceof KubeError) return error;
  if (request.signal?.aborted) return request.signal.reason;
  if (limit.signal.aborted) return new KubeTimeoutError(sent, request.deadlineMs);
  if (isGzipError(error)) return new KubeMalformedError('an answer declares gzip but is not');
  return new KubeUnreachableError(sent, error);
}

/**
 * The bytes of an answer as they arrive. For clients that accept gzip the API server compresses long lists and, since
 * Kubernetes 1.37, the initial events of a watch.
 */
function bytesOf({ headers, body }: Dispatcher.ResponseData): AsyncIterable<Buffer> {
  return headers['content-encoding'] === 'gzip' ? decompressed(body) : body;
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

/**
 * Reads a whole answer.
 * @param onPiece called at once, because the headers have arrived, and then for each piece
 * @throws KubeOversizeError if the answer is too long; its connection is closed then
 */
async function wholeOf(response: Dispatcher.ResponseData, onPiece?: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  onPiece?.();
  for await (const chunk of bytesOf(response)) {
    onPiece?.();
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_OBJECT_BYTES) throw new KubeOversizeError('an answer is too long');
  }
  return Buffer.concat(chunks);
}

/** The error for an answer with a status other than 2xx, from its Status object and its headers. */
function statusError(response: Dispatcher.ResponseData, answer: Buffer): KubeStatusError {
  const { reason, message } = statusOf(answer.toString());
  const seconds = Number(response.headers['retry-after']);
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
  return new KubeStatusError(response.statusCode, reason, message, retryAfter);
}

function statusOf(text: string): { reason: string; message: string } {
  try {
    const status = parseJson(text);
    if (!isObject(status)) throw new KubeMalformedError('not an object');
    return { reason: String(status.reason ?? ''), message: String(status.message ?? '') };
  } catch {
    // A proxy in front of the API server may answer in another format, so only the status code is known.
    return { reason: '', message: text.slice(0, 200) };
  }
}

/** A value of a Warning header (RFC 7234, section 5.5): a code, an agent, and a quoted text. */
const WARNING = /[0-9]{3} \S+ "((?:[^"\\]|\\.)*)"/g;

/** The texts of the Warning headers, with which the API server and its admission control warn. */
function warningsIn({ warning = [] }: Dispatcher.ResponseData['headers']): string[] {
  return [warning]
    .flat()
    .flatMap((value) => Array.from(value.matchAll(WARNING), ([, text = '']) => text.replace(/\\(.)/g, '$1')));
}

function queryString(query: KubeRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}
