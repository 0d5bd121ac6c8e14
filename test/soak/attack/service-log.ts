import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

const TICK_MS = 100;
const MAX_KEPT = 1_000;
const MAX_LAST = 20;

/** Reads the log of the service, slowly on request. Keeps few lines and counts the rest. */
export class ServiceLog {
  /** The first thousand lines of level error or fatal or without JSON. */
  readonly errors: string[] = [];
  /** The number of audit lines about successful writes, per `namespace/deployment`. */
  readonly writes = new Map<string, number>();
  /** The last twenty lines. */
  readonly last: string[] = [];
  lines = 0;
  /** The number of lines about requests that were answered with 429. */
  rateLimited = 0;
  /** The number of lines about refused handshakes. */
  refusedHandshakes = 0;
  readonly #pipe: Socket;
  readonly #timer: NodeJS.Timeout;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #rest = '';

  /** @param file a named pipe that the service has not opened yet */
  constructor(file: string) {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#pipe = new Socket({ fd, readable: true, writable: false });
    this.#pipe.setEncoding('latin1');
    this.#pipe.on('error', () => {});
    this.#pipe.on('data', (text: string) => this.#take(text));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Sets the reading speed. Infinity means unlimited. */
  set bytesPerSecond(value: number) {
    this.#bytesPerSecond = value;
    if (value === Number.POSITIVE_INFINITY) this.#pipe.resume();
    else this.#pipe.pause();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pipe.destroy();
  }

  #tick(): void {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const bytes = Math.min((this.#bytesPerSecond * TICK_MS) / 1000, this.#pipe.readableLength);
    this.#pipe.read(bytes); // this also emits `data`
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') return; // the runtime prints empty lines when it aborts
    this.lines += 1;
    this.last.push(line.slice(0, 300));
    if (this.last.length > MAX_LAST) this.last.shift();
    if (!/^\{"level":"(?:trace|debug|info|warn)",/.test(line) && this.errors.length < MAX_KEPT)
      this.errors.push(line.slice(0, 300));
    if (line.includes('"statusCode":429')) this.rateLimited += 1;
    if (line.includes('"refused a TLS handshake"')) this.refusedHandshakes += 1;
    if (!line.includes('"to":') || !line.includes('"statusCode":200')) return;
    const { namespace, deployment }: { namespace: string; deployment: string } = JSON.parse(line);
    const key = `${namespace}/${deployment}`;
    this.writes.set(key, (this.writes.get(key) ?? 0) + 1);
  }
}
