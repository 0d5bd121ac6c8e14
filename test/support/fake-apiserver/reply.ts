import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Ending, Fault } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { StatusError } from './status.ts';

/** Thrown if the connection is gone, so that a handler stops. */
export class Gone extends Error {}

/** One answer. Faults of the body (`cut`, `drip`) are applied here, without the knowledge of the handlers. */
export class Reply {
  /** Aborted once the connection is gone or the answer is complete. */
  readonly signal: AbortSignal;
  readonly #response: ServerResponse;
  readonly #reset: () => void;
  readonly #fault: Fault | undefined;
  #sentBytes = 0;
  #silent = false;
  #gzip = false;

  /** @param reset resets the connection */
  constructor(response: ServerResponse, reset: () => void, fault: Fault | undefined) {
    this.#response = response;
    this.#reset = reset;
    this.#fault = fault;
    const controller = new AbortController();
    this.signal = controller.signal;
    response.once('close', () => controller.abort());
  }

  /** Stops sending, and keeps the connection open. */
  silence(): void {
    this.#silent = true;
  }

  /** @param gzip whether each piece of the body is compressed separately, as kube-apiserver does at each flush */
  head(code: number, headers: Record<string, string> = {}, gzip = false): void {
    this.#gzip = gzip;
    if (this.#silent) return;
    const encoding = gzip ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {};
    const fault = this.#fault;
    if (fault?.type === 'warnings') {
      const warnings = fault.texts.map((text) => `299 - ${JSON.stringify(text)}`);
      this.#response.setHeader('warning', warnings);
    }
    const type = { 'cache-control': 'no-cache, private', 'content-type': 'application/json' };
    this.#response.writeHead(code, { ...type, ...encoding, ...headers });
    this.#response.flushHeaders();
  }

  /**
   * @param body an object, or its JSON
   * @throws Gone
   */
  async json(code: number, body: JsonObject | string, headers: Record<string, string> = {}): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    await this.text(code, `${text}\n`, headers);
  }

  /** @throws Gone */
  async text(code: number, body: string, headers: Record<string, string> = {}): Promise<void> {
    // An answer that is broken off, but looks complete, must not announce its length.
    const length = this.#fault?.type === 'cut' ? undefined : String(Buffer.byteLength(body));
    this.head(code, { ...(length === undefined ? {} : { 'content-length': length }), ...headers });
    await this.write(body);
    await this.end();
  }

  /** @throws Gone */
  async status(error: StatusError): Promise<void> {
    await this.json(error.code, error.body, error.headers);
  }

  /**
   * Sends a piece of the body, and waits while the client does not read.
   * @throws Gone
   */
  async write(text: string): Promise<void> {
    const fault = this.#fault;
    const bytes = this.#gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text);
    if (fault?.type === 'cut' && fault.afterBytes !== undefined) {
      const room = Math.max(0, fault.afterBytes - this.#sentBytes);
      if (bytes.length >= room) {
        await this.#send(bytes.subarray(0, room));
        return this.finish(fault.how);
      }
    }
    if (fault?.type !== 'drip') return this.#send(bytes);
    for (let at = 0; at < bytes.length; at += fault.bytes) {
      await this.#send(bytes.subarray(at, at + fault.bytes));
      await this.pause(fault.everyMs);
    }
  }

  /** @throws Gone */
  async end(): Promise<void> {
    if (this.#silent) return this.untilGone();
    this.#response.end();
  }

  /**
   * Breaks off the answer.
   * @throws Gone always, because the handler has nothing more to do
   */
  async finish(how: Ending): Promise<never> {
    if (how === 'silence') {
      this.silence();
      await this.untilGone();
    }
    // The written bytes must leave first, or the break would overtake them.
    await new Promise((resolve) => setImmediate(resolve));
    if (how === 'reset') this.#reset();
    else if (how === 'end') this.#response.end();
    else this.#response.destroy();
    throw new Gone();
  }

  /**
   * Waits until the client gives up.
   * @throws Gone always
   */
  async untilGone(): Promise<never> {
    await this.#whenClosed();
    throw new Gone();
  }

  /**
   * Waits for this time.
   * @throws Gone
   */
  async pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.signal });
    } catch {
      throw new Gone();
    }
  }

  async #send(chunk: Buffer): Promise<void> {
    if (this.signal.aborted) throw new Gone();
    if (this.#silent) return;
    this.#sentBytes += chunk.length;
    if (this.#response.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off('drain', done);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.signal.addEventListener('abort', done);
    });
    if (this.signal.aborted) throw new Gone();
  }

  async #whenClosed(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
