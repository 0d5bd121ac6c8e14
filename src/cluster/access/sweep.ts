import { CALL_PLACES } from '../call-places.ts';

/** How many reviews of one sweep run at a time: what the turns give to one identity. */
export const REVIEWS_PER_SWEEP = CALL_PLACES.sweeps / 2;
/** A sweep ends if no list has needed it for this time. */
const IDLE_MS = 60_000;

/** What a review of a sweep decided. */
export interface SweepDecision {
  readonly allowed: boolean;
  /** When it was asked, on the clock of performance.now(). */
  readonly askedAt: number;
}

/**
 * Asks for many namespaces whether one subject may list them. It goes on when the lists that need it have ended, so that
 * the next list of the subject finds more decisions. It ends when nothing is left to ask, at the first review that
 * fails, when no list has needed it for a minute, or when the cluster stops.
 */
export class Sweep {
  /** On the clock of performance.now(). */
  readonly startedAt = performance.now();
  /** The decisions that it has got. They count for the lists that use it, however long the sweep takes. */
  readonly decided = new Map<string, SweepDecision>();
  readonly #review: (namespace: string) => Promise<boolean>;
  readonly #inTurn: (action: () => Promise<void>) => Promise<void>;
  readonly #stopping: AbortSignal;
  /** The namespaces that wait to be asked for, in their order. */
  readonly #queue = new Set<string>();
  readonly #asking = new Set<string>();
  readonly #ended = Promise.withResolvers<void>();
  #neededAt = this.startedAt;
  #workers = 0;
  #isOver = false;
  #failure: unknown;

  /**
   * @param review asks for one namespace
   * @param inTurn runs an action when a place is free
   * @param stopping ends the sweep
   */
  constructor(
    review: (namespace: string) => Promise<boolean>,
    inTurn: (action: () => Promise<void>) => Promise<void>,
    stopping: AbortSignal,
  ) {
    this.#review = review;
    this.#inTurn = inTurn;
    this.#stopping = stopping;
  }

  /** Resolves when it has ended, whatever the reason. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether it asks for nothing any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The error of the review at which it ended; undefined if none has failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** In how many seconds (at least 1) it has asked for everything, at its speed so far; undefined before its first decision. */
  get secondsLeft(): number | undefined {
    if (this.decided.size === 0) return undefined;
    const left = this.#queue.size + this.#asking.size;
    const msPerDecision = (performance.now() - this.startedAt) / this.decided.size;
    return Math.max(1, Math.ceil((msPerDecision * left) / 1000));
  }

  /** Asks for these namespaces too. A namespace that waits already, or is being asked for, is not asked for twice. */
  need(namespaces: readonly string[]): void {
    this.#neededAt = performance.now();
    if (this.#isOver) return;
    for (const namespace of namespaces) if (!this.#asking.has(namespace)) this.#queue.add(namespace);
    const more = Math.min(REVIEWS_PER_SWEEP - this.#workers, this.#queue.size);
    for (let count = 0; count < more; count += 1) void this.#work();
  }

  /** Asks for one namespace after the other. */
  async #work(): Promise<void> {
    this.#workers += 1;
    try {
      while (this.#queue.size > 0) await this.#inTurn(() => this.#askNext());
    } catch (error) {
      this.#failure ??= error;
      this.#queue.clear();
      this.#end();
    }
    this.#workers -= 1;
    if (this.#workers === 0) this.#end();
  }

  async #askNext(): Promise<void> {
    const askedAt = performance.now();
    if (this.#stopping.aborted || askedAt - this.#neededAt > IDLE_MS) this.#queue.clear();
    const [namespace] = this.#queue;
    if (namespace === undefined) return;
    this.#queue.delete(namespace);
    this.#asking.add(namespace);
    try {
      this.decided.set(namespace, { allowed: await this.#review(namespace), askedAt });
    } finally {
      this.#asking.delete(namespace);
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#ended.resolve();
  }
}
