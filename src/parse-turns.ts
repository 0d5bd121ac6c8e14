/** A connection with bytes that the HTTP server has not seen yet. */
export interface Parsing {
  /** What its client is counted by. */
  readonly client: string;
  /** Gives one piece to the HTTP server. @returns whether there is another that may be given now */
  parsePiece(): boolean;
}

/**
 * Of a turn of the event loop, the time for what clients have sent. Node accepts one connection a turn: with long turns
 * new clients would wait for those who send most.
 */
const SLICE_MS = 2;

/**
 * Shares the time of the event loop among clients: piece by piece, and client by client, once there is more to parse than
 * a turn of the loop has time for. Until then a connection is parsed as its bytes come in.
 */
export class ParseTurns {
  /** The connections of each client that waits, the next client first. */
  readonly #waiting = new Map<string, Set<Parsing>>();
  /** When the time of this turn of the loop is over, on the clock of performance.now(); undefined: it has not begun. */
  #endsAt: number | undefined;
  #isDue = false;

  /** Whether a connection may parse another piece now. If not, its `parsePiece` is called when it may. */
  take(connection: Parsing): boolean {
    if (this.#waiting.size === 0 && this.#hasTime()) return true;
    this.#add(connection);
    return false;
  }

  /** Forgets a connection that is closed. */
  remove(connection: Parsing): void {
    const connections = this.#waiting.get(connection.client);
    if (connections?.delete(connection) && connections.size === 0) this.#waiting.delete(connection.client);
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
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#parse);
  }

  #add(connection: Parsing): void {
    const { client } = connection;
    const connections = this.#waiting.get(client);
    if (connections === undefined) this.#waiting.set(client, new Set([connection]));
    else connections.add(connection);
    this.#atEndOfTurn();
  }

  /** A slice for those who wait. The polling of the loop comes before the next. */
  readonly #parse = (): void => {
    this.#isDue = false;
    this.#endsAt = undefined;
    const endsAt = performance.now() + SLICE_MS;
    for (const [client, connections] of this.#waiting) {
      // If it has more it goes to the end of the line, which this loop comes to: a Map is in the order of insertion.
      this.#waiting.delete(client);
      const [connection] = connections;
      if (connection === undefined) continue;
      connections.delete(connection);
      if (connections.size > 0) this.#waiting.set(client, connections);
      if (connection.parsePiece()) this.#add(connection);
      if (performance.now() >= endsAt) break;
    }
    if (this.#waiting.size > 0) this.#atEndOfTurn();
  };
}
