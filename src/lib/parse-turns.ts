/** A connection with bytes that the TLS server, or above it the HTTP server, has not seen yet. */
export interface Parsing {
  /** What its client is counted by. */
  readonly client: string;
  /** Gives one piece to that server. @returns whether there is another that may be given now */
  parsePiece(): boolean;
}

/** Of a turn of the event loop, the time for what clients have sent. What comes of it takes several times as much. */
const SLICE_MS = 5;
/** Where the rest of the turn takes long, as with many handshakes, so much of it instead, and this at most. */
const SHARE = 0.1;
const MAX_SLICE_MS = 20;
/** What a client is charged for a piece at most: where it took longer, others or a collection of garbage had that time. */
const MAX_CHARGE_MS = 0.5;

/** What the connections of one client have to parse. */
interface Line {
  /** In the order of their turns. */
  readonly connections: Set<Parsing>;
  /** What its client has had, milliseconds; of one that comes anew not less than what others have had that waited. */
  had: number;
}

/**
 * Shares the time of the event loop among clients once there is more to parse than a turn of the loop has time for: piece
 * by piece, and always for the client that has had the least. So who asks for little is served at once, however many ask
 * for much. Until then a connection is parsed as its bytes come in.
 *
 * That is fair queueing by virtual time: what a client had while nobody waited is no debt, what it did not use no credit.
 */
export class ParseTurns {
  /** By client; those that wait. */
  readonly #lines = new Map<string, Line>();
  /** What a client has had that has always waited, milliseconds. */
  #share = 0;
  /** Of the clients that have had more than that, what they have had. */
  readonly #had = new Map<string, number>();
  /** When the time of this turn of the loop is over, on the clock of performance.now(); undefined: it has not begun. */
  #endsAt: number | undefined;
  /** Since when a slice is due, on that clock; undefined: none is. */
  #dueSince: number | undefined;

  /** Whether a connection may parse another piece now. If not, its `parsePiece` is called when it may. */
  take(connection: Parsing): boolean {
    if (this.#lines.size === 0 && this.#hasTime()) return true;
    this.#add(connection);
    return false;
  }

  /** Forgets a connection that is closed. */
  remove(connection: Parsing): void {
    const line = this.#lines.get(connection.client);
    if (line?.connections.delete(connection) && line.connections.size === 0)
      this.#lines.delete(connection.client);
  }

  #hasTime(): boolean {
    const now = performance.now();
    if (this.#endsAt === undefined) {
      this.#endsAt = now + SLICE_MS;
      this.#atEndOfTurn();
    }
    return now < this.#endsAt;
  }

  #atEndOfTurn(): void {
    if (this.#dueSince !== undefined) return;
    this.#dueSince = performance.now();
    setImmediate(this.#parse);
  }

  #add(connection: Parsing): void {
    const { client } = connection;
    const line = this.#lines.get(client);
    if (line !== undefined) line.connections.add(connection);
    else {
      const had = Math.max(this.#share, this.#had.get(client) ?? 0);
      this.#lines.set(client, { connections: new Set([connection]), had });
    }
    this.#atEndOfTurn();
  }

  /** A slice for those who wait. The polling of the loop comes before the next. */
  readonly #parse = (): void => {
    let now = performance.now();
    const restMs = now - (this.#dueSince ?? now);
    const endsAt = now + Math.min(Math.max(restMs * SHARE, SLICE_MS), MAX_SLICE_MS);
    this.#dueSince = undefined;
    this.#endsAt = undefined;
    for (let line = this.#next(); line !== undefined && now < endsAt; line = this.#next()) {
      const [connection] = line.connections;
      if (connection === undefined) break;
      const clients = this.#lines.size;
      this.remove(connection);
      const hasMore = connection.parsePiece();
      const before = now;
      now = performance.now();
      const charge = Math.min(now - before, MAX_CHARGE_MS);
      line.had += charge;
      this.#share += charge / clients;
      this.#had.set(connection.client, line.had);
      if (hasMore) this.#add(connection);
    }
    for (const [client, had] of this.#had) if (had <= this.#share) this.#had.delete(client);
    if (this.#lines.size > 0) this.#atEndOfTurn();
  };

  /** The line of the client that has had the least; of several, of the first of them to wait. */
  #next(): Line | undefined {
    let next: Line | undefined;
    for (const line of this.#lines.values()) if (next === undefined || line.had < next.had) next = line;
    return next;
  }
}
