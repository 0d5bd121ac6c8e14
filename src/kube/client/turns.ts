import { KubeBusyError } from '../kube-errors.ts';

/** The running and waiting actions of one identity. */
interface Line {
  readonly identity: string;
  running: number;
  readonly waiting: Set<() => void>;
}

/**
 * Runs a limited number of actions at a time; a limited number of others wait in line. One identity gets at most half
 * of the places and a quarter of the line, so that a flood from it does not delay another identity. If several
 * identities wait, they take turns.
 */
export class Turns {
  readonly #maxRunningPerIdentity: number;
  readonly #maxWaiting: number;
  readonly #maxWaitingPerIdentity: number;
  #free: number;
  #waiting = 0;
  /** By identity, as long as it has running or waiting actions. */
  readonly #lines = new Map<string, Line>();
  /**
   * The lines whose first action may run once a place is free, in the order of their turns. Empty while one is free.
   */
  readonly #next = new Set<Line>();

  /**
   * @param places how many actions run at a time, at least 2
   * @param maxWaiting how many actions wait at most
   */
  constructor(places: number, maxWaiting: number) {
    this.#free = places;
    this.#maxRunningPerIdentity = Math.floor(places / 2);
    this.#maxWaiting = maxWaiting;
    this.#maxWaitingPerIdentity = Math.floor(maxWaiting / 4);
  }

  /**
   * Runs the action in its turn: at once if there is a place for the identity.
   * @param maxWaitMs the longest wait in line; undefined: as long as the actions ahead take
   * @throws KubeBusyError if the line is full or the turn did not come in time; otherwise what the action throws
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
    // Move the line behind those that have not had their turn.
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

  /** Adds the line to `#next` and `#lines`, or removes it, after a change. */
  #place(line: Line): void {
    const { identity, running, waiting } = line;
    if (waiting.size > 0 && running < this.#maxRunningPerIdentity) this.#next.add(line);
    else this.#next.delete(line);
    if (running > 0 || waiting.size > 0) this.#lines.set(identity, line);
    else this.#lines.delete(identity);
  }
}
