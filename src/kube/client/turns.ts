import { KubeBusyError } from '../kube-errors.ts';

/** What one identity has under way and waiting. */
interface Line {
  readonly identity: string;
  running: number;
  readonly waiting: Set<() => void>;
}

/**
 * Lets a bounded number of actions run at a time; others wait in line, a bounded number too. One identity gets at most
 * half of the places and a quarter of the line, so that another one is served at once while the first floods it. Where
 * several wait, the identities take turns.
 */
export class Turns {
  readonly #maxRunningPerIdentity: number;
  readonly #maxWaiting: number;
  readonly #maxWaitingPerIdentity: number;
  #free: number;
  #waiting = 0;
  /** By identity; those that have something under way or waiting. */
  readonly #lines = new Map<string, Line>();
  /** The lines whose first may run once a place is free, in the order of their turns. Empty while a place is free. */
  readonly #next = new Set<Line>();

  /**
   * @param places how many actions run at a time, at least 2
   * @param maxWaiting how many wait at most
   */
  constructor(places: number, maxWaiting: number) {
    this.#free = places;
    this.#maxRunningPerIdentity = Math.floor(places / 2);
    this.#maxWaiting = maxWaiting;
    this.#maxWaitingPerIdentity = Math.floor(maxWaiting / 4);
  }

  /**
   * Runs the action when it is its turn: at once if there is a place for the identity.
   * @param maxWaitMs the longest wait in line; without it the wait ends when the actions ahead do
   * @throws KubeBusyError if the line is full or the turn did not come in time; else what the action throws
   */
  async run<T>(identity: string, action: () => Promise<T>, maxWaitMs?: number): Promise<T> {
    const line = this.#lines.get(identity) ?? { identity, running: 0, waiting: new Set() };
    if (this.#free > 0 && line.running < this.#maxRunningPerIdentity) this.#enter(line);
    else await this.#wait(line, maxWaitMs);
    try {
      return await action();
    } finally {
      this.#leave(line);
    }
  }

  #wait(line: Line, maxWaitMs: number | undefined): Promise<void> {
    const { waiting } = line;
    const full = this.#waiting >= this.#maxWaiting || waiting.size >= this.#maxWaitingPerIdentity;
    if (full || (maxWaitMs !== undefined && maxWaitMs <= 0)) throw new KubeBusyError();
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#stopWaiting(line, enter);
        reject(new KubeBusyError());
      };
      const timer = maxWaitMs === undefined ? undefined : setTimeout(giveUp, maxWaitMs);
      const enter = () => {
        clearTimeout(timer);
        this.#stopWaiting(line, enter);
        this.#enter(line);
        resolve();
      };
      waiting.add(enter);
      this.#waiting += 1;
      this.#place(line);
    });
  }

  #stopWaiting(line: Line, enter: () => void): void {
    line.waiting.delete(enter);
    this.#waiting -= 1;
    this.#place(line);
  }

  #enter(line: Line): void {
    this.#free -= 1;
    line.running += 1;
    // Behind the lines that have not had their turn.
    this.#next.delete(line);
    this.#place(line);
  }

  #leave(line: Line): void {
    this.#free += 1;
    line.running -= 1;
    this.#place(line);
    const [next] = this.#next;
    const [enter] = next?.waiting ?? [];
    enter?.();
  }

  /** Puts a line where it belongs after a change. */
  #place(line: Line): void {
    const { identity, running, waiting } = line;
    if (waiting.size > 0 && running < this.#maxRunningPerIdentity) this.#next.add(line);
    else this.#next.delete(line);
    if (running > 0 || waiting.size > 0) this.#lines.set(identity, line);
    else this.#lines.delete(identity);
  }
}
