import { isProvablyNewer } from './resource-version.ts';

/** Where the API server was, and when it was asked. */
export interface Position {
  readonly resourceVersion: string;
  /** On the clock of performance.now(). */
  readonly askedAt: number;
}

/**
 * Tells when a watch has come to the present. At first it sends what happened since its resourceVersion, in an outage
 * long ago: each of these events leaves a state that is as old, and none of them confirms anything of the time now. Nor
 * does a pause: the connection may have died in the middle. A bookmark does. Where none comes soon, the position helps at
 * which the API server was just before the watch: the event that reaches it leaves the state of then, and one beyond it
 * happened since then, so that what it leaves is older by that time at most.
 */
export class CatchUp {
  readonly #confirm: (at: number) => void;
  readonly #before: Position | undefined;
  readonly #beforeMs: number;
  #done = false;

  /**
   * @param confirm called with each time at which what was seen is known to have been the state of the API server
   * @param before where the API server was before the watch, which is open now
   */
  constructor(confirm: (at: number) => void, before: Position | undefined) {
    this.#confirm = confirm;
    this.#before = before;
    this.#beforeMs = before === undefined ? 0 : performance.now() - before.askedAt;
  }

  /** An event was seen; a bookmark says that everything before it was. */
  seen(resourceVersion: string, bookmark: boolean): void {
    const now = performance.now();
    if (bookmark) this.#done = true;
    if (this.#done) this.#confirm(now);
    else if (this.#before === undefined) return;
    else if (resourceVersion === this.#before.resourceVersion) this.#confirm(this.#before.askedAt);
    else if (isProvablyNewer(resourceVersion, this.#before.resourceVersion))
      this.#confirm(now - this.#beforeMs);
  }
}
