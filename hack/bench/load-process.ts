import { once } from 'node:events';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { type LoadOrder, type LoadResult, readCertificates } from './load.ts';
import { processorTime } from './processor-time.ts';
import { percentile } from './statistics.ts';

/**
 * The process that loads a server. It keeps one request under way on each connection, and does as little as possible for
 * each, because it must be faster than the servers: it counts the bytes of an answer instead of parsing it. autocannon,
 * which parses it in JavaScript, is slower than a bare node:https server, and wrk and h2load take no client certificate.
 */

/** How many handshakes are under way at a time when connections are opened that stay. */
const HANDSHAKES = 32;
const HEADERS_END = '\r\n\r\n';

process.on('message', (order: LoadOrder) => {
  new Load(order).run().then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit());

class Load {
  readonly #order: LoadOrder;
  readonly #context: SecureContext;
  readonly #requests: readonly Buffer[];
  readonly #sockets = new Set<TLSSocket>();
  #next = 0;
  #answers = 0;
  #latencies: number[] = [];
  #fail: (error: Error) => void = () => {};

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#context = createSecureContext(readCertificates(order.certificates));
    this.#requests = order.paths.map((path) =>
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    );
  }

  async run(): Promise<LoadResult> {
    const { pid, connections, warmUpMs, measureMs, handshakes } = this.#order;
    const failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    try {
      if (handshakes) for (let i = 0; i < connections; i += 1) this.#shakeHands();
      else await Promise.race([failed, this.#openAll(connections)]);
      await Promise.race([failed, elapsed(warmUpMs)]);
      this.#answers = 0;
      this.#latencies = [];
      const used = processorTime(pid);
      await Promise.race([failed, elapsed(measureMs)]);
      const processorSeconds = processorTime(pid) - used;
      const latencies = this.#latencies.sort((a, b) => a - b);
      return { answers: this.#answers, processorSeconds, p99Ms: percentile(latencies, 99) };
    } finally {
      this.#fail = () => {};
      for (const socket of this.#sockets) socket.destroy();
    }
  }

  /** Opens all connections, few at a time, because the service limits the handshakes under way. */
  async #openAll(connections: number): Promise<void> {
    for (let left = connections; left > 0; left -= HANDSHAKES) {
      await Promise.all(Array.from({ length: Math.min(left, HANDSHAKES) }, () => this.#keepAsking()));
    }
  }

  /** Sends a request on a connection of its own, and the next one after its answer. Resolves once it is open. */
  async #keepAsking(): Promise<void> {
    const socket = this.#connect();
    let sentAt = 0;
    const ask = () => {
      const request = this.#requests[this.#next % this.#requests.length];
      this.#next += 1;
      sentAt = performance.now();
      socket.write(request ?? '');
    };
    this.#onAnswer(socket, () => {
      this.#latencies.push(performance.now() - sentAt);
      ask();
    });
    await once(socket, 'secureConnect');
    ask();
  }

  /** Sends one request on a new connection, and the next one on another. */
  #shakeHands(): void {
    const startedAt = performance.now();
    const socket = this.#connect();
    socket.once('secureConnect', () => socket.write(this.#requests[0] ?? ''));
    this.#onAnswer(socket, () => {
      this.#latencies.push(performance.now() - startedAt);
      this.#sockets.delete(socket);
      socket.destroy();
      this.#shakeHands();
    });
  }

  #connect(): TLSSocket {
    const { port } = this.#order;
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      secureContext: this.#context,
    });
    this.#sockets.add(socket);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      if (this.#sockets.has(socket)) this.#fail(new Error('the server closed a connection'));
    });
    return socket;
  }

  #onAnswer(socket: TLSSocket, then: () => void): void {
    let head = '';
    /** The bytes of the body that are missing; undefined before the end of the headers. */
    let missing: number | undefined;
    socket.on('data', (chunk: Buffer) => {
      if (missing === undefined) {
        const before = head.length;
        head += chunk.toString('latin1', 0, Math.min(chunk.length, 2_048));
        const end = head.indexOf(HEADERS_END);
        if (end < 0) return;
        missing = this.#lengthIn(head.slice(0, end)) - (chunk.length - (end + HEADERS_END.length - before));
      } else {
        missing -= chunk.length;
      }
      if (missing > 0) return;
      head = '';
      missing = undefined;
      this.#answers += 1;
      then();
    });
  }

  /** The length of the body. Fails unless the answer has the status that all answers must have. */
  #lengthIn(head: string): number {
    if (Number(head.slice(9, 12)) !== this.#order.status) this.#fail(new Error(`unexpected answer: ${head}`));
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
    if (length === undefined) this.#fail(new Error(`an answer without a length: ${head}`));
    return Number(length);
  }
}

const elapsed = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
