/** A connection with bytes that the TLS server, or the HTTP server above it, has not seen yet. */
export interface Parsing {
  /** The key by which clients are told apart. */
  readonly client: string;
  /**
   * Whether the last call of `parsePiece` began a request that is not answered yet. What that leaves to do is charged to the
   * client too.
   */
  readonly hasBegunRequest: boolean;
  /** Passes one piece to that server. @returns whether another piece is ready to be passed now */
  parsePiece(): boolean;
}

/** Time per turn of the event loop for parsing. Handling the parsed requests takes several times as long. */
const SLICE_MS = 5;
/** If the rest of the turn takes long, as with many handshakes, parsing gets this share of it, up to the maximum. */
const SHARE = 0.1;
const MAX_SLICE_MS = 20;
/** The most that a client is charged per piece: time beyond this went to other work or to a garbage collection. */
const MAX_CHARGE_MS = 0.5;
/**
 * The most that it is charged for the work that a piece leaves. The work may be less: handshakes and watches take time as
 * well.
 */
const MAX_REST_CHARGE_MS = 5;
/** The weight of the latest turn in the average of that work. */
const LATEST = 0.1;

/** The waiting connections of one client. */
interface Line {
  /** In the order of their turns. */
  readonly connections: Set<Parsing>;
  /**
   * Milliseconds that the client has had. A client that starts to wait begins with at least the share of the others.
   */
  usedMs: number;
}

/**
 * Shares the time of the event loop among clients once there is more to parse than a turn of the loop has time for. It
 * goes piece by piece, always to the client that has had the least time. A client that sends little is therefore served
 * at once, however many others send much. Below that load a connection is parsed as its bytes arrive.
 *
 * Most of the time goes to what requests cause after they were parsed: calls, answers, garbage. That cannot be told apart
 * by client, so it is shared equally by the pieces that began a request and did not end it. Otherwise a client whose
 * requests are answered while they are parsed would get no more of a turn than clients who leave ten times as much to do.
 *
 * This is fair queueing by virtual time: time used while nobody waited is not a debt, and unused time is not a credit.
 */
export class ParseTurns {
  /** The waiting connections, by client. */
  readonly #lines = new Map<string, Line>();
  /** Milliseconds that a client would have had if it had waited from the start. */
  #shareMs = 0;
  /** Milliseconds that clients have had, for those with more than the share. */
  readonly #usedMs = new Map<string, number>();
  /** How many pieces of the last slice began a request that was left, and how long the work after such a piece takes. */
  #left = 0;
  #restMs = 0;
  /** When the parsing time of this turn ends, on the clock of performance.now(); undefined: it has not begun. */
  #endsAt: number | undefined;
  /** When the next slice was scheduled, on the same clock; undefined: it is not scheduled. */
  #dueSince: number | undefined;

  /** Whether a connection may parse a piece now. If not, its `parsePiece` is called when its turn comes. */
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
      const usedMs = Math.max(this.#shareMs, this.#usedMs.get(client) ?? 0);
      this.#lines.set(client, { connections: new Set([connection]), usedMs });
    }
    this.#atEndOfTurn();
  }

  /** Parses for the waiting connections. The event loop polls for I/O before the next slice. */
  readonly #parse = (): void => {
    let now = performance.now();
    const restMs = now - (this.#dueSince ?? now);
    const endsAt = now + Math.min(Math.max(restMs * SHARE, SLICE_MS), MAX_SLICE_MS);
    if (this.#left > 0) {
      const latest = Math.min(restMs / this.#left, MAX_REST_CHARGE_MS);
      this.#restMs += (latest - this.#restMs) * LATEST;
      this.#left = 0;
    }
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
      let charge = Math.min(now - before, MAX_CHARGE_MS);
      if (connection.hasBegunRequest) {
        charge += this.#restMs;
        this.#left += 1;
      }
      line.usedMs += charge;
      this.#shareMs += charge / clients;
      this.#usedMs.set(connection.client, line.usedMs);
      if (hasMore) this.#add(connection);
    }
    for (const [client, usedMs] of this.#usedMs) if (usedMs <= this.#shareMs) this.#usedMs.delete(client);
    if (this.#lines.size > 0) this.#atEndOfTurn();
    else this.#left = 0; // the next slice may be much later
    // A connection that waits again has scheduled the next slice at once, but the rest of the turn begins here.
    if (this.#dueSince !== undefined) this.#dueSince = now;
  };

  /** The line of the client that has had the least. If several have, the one that has waited longest. */
  #next(): Line | undefined {
    let next: Line | undefined;
    for (const line of this.#lines.values()) if (next === undefined || line.usedMs < next.usedMs) next = line;
    return next;
  }
}
