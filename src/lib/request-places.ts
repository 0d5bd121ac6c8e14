/** A connection whose requests take places. */
export interface RequestConnection {
  /** The key by which clients are told apart. */
  readonly client: string;
  /** Whether part of a request has arrived and the rest has not. */
  readonly isReceiving: boolean;
  /** Stops reading what its client sends. */
  hold(reason: 'client'): void;
  /** Reads again. */
  release(reason: 'client'): void;
}

/** The places that one client has taken, and its connections. */
interface Client {
  used: number;
  /** Connections that are read. */
  readonly reading: Set<RequestConnection>;
  /** Connections that are not read because the client is crowded. The one that has waited longest is first. */
  readonly held: Set<RequestConnection>;
}

/** This share of the places is kept for clients that have few, even against requests that have been read already. */
const KEPT_SHARE = 1 / 8;

/**
 * The places of requests under way. The connections of a crowded client are no longer read, so that its further
 * requests wait in its own sockets. A client is crowded at half of the places that one client may have, and earlier
 * when places get scarce: then it may have as many places as are still free. This leaves places for clients that have
 * few, however many other clients take all that they can get.
 */
export class RequestPlaces {
  readonly #max: number;
  readonly #maxPerClient: number;
  readonly #clients = new Map<string, Client>();
  /** Clients with held connections, in the order of their turns. */
  readonly #holding = new Set<Client>();
  #used = 0;
  #next: NodeJS.Immediate | undefined;

  /** @param maxPerClient no client gets more places than this, even for requests that have been read already */
  constructor(max: number, maxPerClient: number) {
    this.#max = max;
    this.#maxPerClient = maxPerClient;
  }

  /** Call it when the connection opens. */
  add(connection: RequestConnection): void {
    const client = this.#clientOf(connection);
    client.reading.add(connection);
    if (this.#isCrowded(client)) this.#hold(client);
  }

  /** Call it when the connection closes. */
  remove(connection: RequestConnection): void {
    const client = this.#clientOf(connection);
    client.reading.delete(connection);
    client.held.delete(connection);
    if (client.held.size === 0) this.#holding.delete(client);
    this.#forgetIfUnused(connection.client, client);
  }

  /** Takes a place for a request that came on the connection. Returns false if there is none. */
  take(connection: RequestConnection): boolean {
    const client = this.#clientOf(connection);
    if (this.#free <= 0 || client.used >= this.#maxPerClient) return false;
    if (this.#free <= this.#max * KEPT_SHARE && client.used >= this.#free) return false;
    this.#used += 1;
    client.used += 1;
    if (this.#isCrowded(client)) this.#hold(client);
    return true;
  }

  /** Gives back the place of a request. The connection may have closed since. */
  release(connection: RequestConnection): void {
    const client = this.#clientOf(connection);
    this.#used -= 1;
    client.used -= 1;
    this.#forgetIfUnused(connection.client, client);
    this.#readOnSoon();
  }

  get #free(): number {
    return this.#max - this.#used;
  }

  #clientOf({ client: name }: RequestConnection): Client {
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
      // Its request has a place already, and cannot be answered before the rest of it arrives.
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

  /**
   * Reads one held connection of each client that is no longer crowded. It takes only one at a time, because that
   * connection may bring enough requests to make the client crowded again.
   */
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
