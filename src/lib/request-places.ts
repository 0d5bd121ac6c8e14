/** A connection whose requests take places. */
export interface Placed {
  /** What its client is counted by. */
  readonly client: string;
  /** Whether the rest of a request is still to come. */
  readonly isReceiving: boolean;
  /** Leaves what its client sends unread. */
  hold(reason: 'client'): void;
  /** Reads it on. */
  release(reason: 'client'): void;
}

/** What one client has under way, and its connections. */
interface Client {
  used: number;
  /** Those that are read. */
  readonly reading: Set<Placed>;
  /** Those that are not read, as the client is crowded. The one that waits longest is first. */
  readonly held: Set<Placed>;
}

/** The part of the places that is kept for those who have few of them, even from what has been read already. */
const KEPT_SHARE = 1 / 8;

/**
 * The places of requests under way. A client that takes many is not read on, so that what else it sends waits in its
 * own sockets: at half of what one client may have, and sooner where places get scarce. Then each client may take as
 * many as are still free, which leaves some for those who have few, however many take all that they get.
 */
export class RequestPlaces {
  readonly #max: number;
  readonly #maxPerClient: number;
  readonly #clients = new Map<string, Client>();
  /** Those with connections that are held, in turn. */
  readonly #holding = new Set<Client>();
  #used = 0;
  #next: NodeJS.Immediate | undefined;

  /** @param maxPerClient beyond that there is no place, even for what a connection has brought along already */
  constructor(max: number, maxPerClient: number) {
    this.#max = max;
    this.#maxPerClient = maxPerClient;
  }

  /** The connection is open. */
  add(connection: Placed): void {
    const client = this.#clientOf(connection);
    client.reading.add(connection);
    if (this.#isCrowded(client)) this.#hold(client);
  }

  /** The connection is closed. */
  remove(connection: Placed): void {
    const client = this.#clientOf(connection);
    client.reading.delete(connection);
    client.held.delete(connection);
    if (client.held.size === 0) this.#holding.delete(client);
    this.#forgetIfUnused(connection.client, client);
  }

  /** Takes a place for a request that came on the connection; false where there is none. */
  take(connection: Placed): boolean {
    const client = this.#clientOf(connection);
    if (this.#free <= 0 || client.used >= this.#maxPerClient) return false;
    if (this.#free <= this.#max * KEPT_SHARE && client.used >= this.#free) return false;
    this.#used += 1;
    client.used += 1;
    if (this.#isCrowded(client)) this.#hold(client);
    return true;
  }

  /** Gives back a place that was taken for a request of the connection, whether that is still open or not. */
  release(connection: Placed): void {
    const client = this.#clientOf(connection);
    this.#used -= 1;
    client.used -= 1;
    this.#forgetIfUnused(connection.client, client);
    this.#readOnSoon();
  }

  get #free(): number {
    return this.#max - this.#used;
  }

  #clientOf({ client: name }: Placed): Client {
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = { used: 0, reading: new Set(), held: new Set() };
      this.#clients.set(name, client);
    }
    return client;
  }

  #forgetIfUnused(name: string, { used, reading, held }: Client): void {
    if (used + reading.size + held.size === 0) this.#clients.delete(name);
  }

  #isCrowded({ used }: Client): boolean {
    return used >= Math.min(this.#maxPerClient / 2, Math.max(1, this.#free));
  }

  #hold(client: Client): void {
    for (const connection of [...client.reading]) {
      // Its request has a place, and cannot be answered before the rest of it has come.
      if (connection.isReceiving) continue;
      client.reading.delete(connection);
      client.held.add(connection);
      connection.hold('client');
    }
    if (client.held.size > 0) this.#holding.add(client);
  }

  #readOnSoon(): void {
    if (this.#holding.size > 0) this.#next ??= setImmediate(() => this.#readOn());
  }

  /** One connection of each client that is no longer crowded: it may bring many requests, which are to be done first. */
  #readOn(): void {
    this.#next = undefined;
    let more = false;
    for (const client of [...this.#holding]) {
      if (this.#isCrowded(client)) continue;
      const [connection] = client.held;
      if (connection === undefined) continue;
      client.held.delete(connection);
      client.reading.add(connection);
      connection.release('client');
      if (client.held.size === 0) this.#holding.delete(client);
      else more = true;
    }
    if (more) this.#readOnSoon();
  }
}
