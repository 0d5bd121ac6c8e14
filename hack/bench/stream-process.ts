import { once } from 'node:events';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { readCertificates } from './load.ts';
import { percentile } from './statistics.ts';
import type { MeasureOrder, StreamOrder, StreamResult } from './streams.ts';

/**
 * The process that reads streams of events. Like the process that loads servers it does as little as possible for each
 * event: it looks at the first one of what arrives at a time, which is the oldest.
 */

/** How many handshakes are under way at a time. */
const HANDSHAKES = 32;
/** What an event says of the time at which the service saw the change. */
const SEEN = '"lastChange":{"at":"';
const SEEN_LENGTH = '2026-11-29T12:00:00.000Z'.length;

process.on('message', (order: StreamOrder | MeasureOrder) => {
  const done = 'measure' in order ? readers?.measure() : open(order);
  done?.then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit());

let readers: Readers | undefined;

async function open(order: StreamOrder): Promise<StreamResult> {
  readers = new Readers(order);
  await readers.open();
  return { events: 0, p50Ms: 0, p99Ms: 0 };
}

class Readers {
  readonly #order: StreamOrder;
  #delays: number[] = [];
  #events = 0;
  #closed = 0;

  constructor(order: StreamOrder) {
    this.#order = order;
  }

  /** Resolves once every reader has got its first bytes. */
  async open(): Promise<void> {
    const { port, certificates, readers } = this.#order;
    const secureContext = createSecureContext(readCertificates(certificates));
    for (let left = readers; left > 0; left -= HANDSHAKES) {
      const some = Array.from({ length: Math.min(left, HANDSHAKES) }, () =>
        connect({ host: '127.0.0.1', port, servername: 'localhost', secureContext }),
      );
      await Promise.all(some.map((socket) => this.#read(socket)));
    }
  }

  /** What has arrived in this time. */
  async measure(): Promise<StreamResult> {
    this.#delays = [];
    this.#events = 0;
    await new Promise((resolve) => setTimeout(resolve, this.#order.measureMs));
    if (this.#closed > 0) throw new Error(`the service closed ${this.#closed} streams`);
    const delays = this.#delays.sort((a, b) => a - b);
    return { events: this.#events, p50Ms: percentile(delays, 50), p99Ms: percentile(delays, 99) };
  }

  async #read(socket: TLSSocket): Promise<void> {
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed += 1;
    });
    await once(socket, 'secureConnect');
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [head] = await once(socket, 'data');
    if (!String(head).startsWith('HTTP/1.1 200')) throw new Error(`unexpected answer: ${head}`);
    socket.on('data', (bytes: Buffer) => {
      const now = Date.now();
      const at = bytes.indexOf(SEEN);
      if (at < 0) return;
      const start = at + SEEN.length;
      const seenAt = Date.parse(bytes.toString('latin1', start, start + SEEN_LENGTH));
      // A time that is cut off at the end of what has arrived is none.
      if (Number.isNaN(seenAt)) return;
      this.#events += 1;
      this.#delays.push(now - seenAt);
    });
  }
}
