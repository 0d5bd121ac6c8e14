import { isIPv4, type Socket } from 'node:net';

/** `::ffff:192.0.2.1`: how a socket that listens on IPv6 shows the address of an IPv4 client. */
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * A bounded set of open sockets. A socket that arrives while the set is full takes the place of the oldest one, which
 * is destroyed. So a client that only occupies places cannot lock others out.
 */
export class SocketPlaces {
  /** The network of each socket, the oldest socket first. */
  readonly #networks = new Map<Socket, string>();
  /** The sockets of each network, the oldest first. */
  readonly #sockets = new Map<string, Set<Socket>>();
  readonly #limit: number;
  readonly #limitPerAddress: number;
  #evicted = 0;

  /**
   * @param limit sockets in total, at least 1
   * @param limitPerAddress sockets per remote address, at least 1. The IPv6 addresses of a /64 count as one address,
   * because a single client usually has all of them.
   */
  constructor(limit: number, limitPerAddress = limit) {
    this.#limit = limit;
    this.#limitPerAddress = limitPerAddress;
  }

  /** Sockets that have a place. */
  get size(): number {
    return this.#networks.size;
  }

  /** Sockets that were destroyed to make room, since the start. */
  get evicted(): number {
    return this.#evicted;
  }

  /**
   * Gives a socket a place. If its address has no place left, the oldest socket of that address is destroyed;
   * otherwise, if all places are taken, the oldest socket of all. The caller removes the socket when it closes.
   */
  add(socket: Socket): void {
    const network = networkOf(socket);
    const neighbours = this.#sockets.get(network);
    if (neighbours !== undefined && neighbours.size >= this.#limitPerAddress) this.#evictFirst(neighbours);
    else if (this.#networks.size >= this.#limit) this.#evictFirst(this.#networks.keys());

    this.#networks.set(socket, network);
    const sockets = this.#sockets.get(network);
    if (sockets === undefined) this.#sockets.set(network, new Set([socket]));
    else sockets.add(socket);
  }

  /** Frees the place of a socket and leaves the socket as it is. A socket without a place is ignored. */
  remove(socket: Socket): void {
    const network = this.#networks.get(socket);
    if (network === undefined) return;
    this.#networks.delete(socket);
    const sockets = this.#sockets.get(network);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(network);
  }

  #evictFirst(sockets: Iterable<Socket>): void {
    const [oldest] = sockets;
    if (oldest === undefined) return;
    this.remove(oldest);
    this.#evicted += 1;
    oldest.destroy();
  }
}

/** The network that a socket comes from: its IPv4 address, or the /64 of its IPv6 address. */
export function networkOf({ remoteAddress: address = '' }: Pick<Socket, 'remoteAddress'>): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (address === '' || isIPv4(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
