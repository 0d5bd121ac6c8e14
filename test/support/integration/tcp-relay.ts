import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A relay in front of an API server, like a load balancer: while the API server is down, the relay still accepts
 * connections from clients and lets them wait.
 */
export class TcpRelay {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #held: Socket[] = [];
  #holding = false;
  /** The number of connections that were closed at once because the target did not listen. */
  refused = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      this.#keep(socket);
      if (this.#holding) this.#held.push(socket);
      else this.#forward(socket);
    });
  }

  /** @param target a port on 127.0.0.1 */
  static async start(target: number): Promise<TcpRelay> {
    const relay = new TcpRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The number of waiting connections. */
  get held(): number {
    return this.#held.length;
  }

  /** Makes new connections wait. */
  hold(): void {
    this.#holding = true;
  }

  /** Forwards the waiting connections, and new ones. */
  release(): void {
    this.#holding = false;
    for (const socket of this.#held.splice(0)) this.#forward(socket);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #forward(socket: Socket): void {
    const target = connect(this.#target, '127.0.0.1');
    this.#keep(target);
    target.once('error', () => {
      if (target.connecting || target.bytesRead === 0) this.refused += 1;
    });
    socket.once('close', () => target.destroy());
    target.once('close', () => socket.destroy());
    socket.pipe(target).pipe(socket);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
