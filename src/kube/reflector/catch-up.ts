import { isProvablyNewer } from './resource-version.ts';

/** The resourceVersion that the API server had reached, and when it was asked for it. */
export interface Position {
  readonly resourceVersion: string;
  /** On the clock of performance.now(). */
  readonly askedAt: number;
}

/**
 * Determines when the state that a watch leaves was last known to be the state of the API server. After an outage the
 * watch first sends old events. The state after such an event is as old as the event, so the event confirms nothing
 * about the present. Neither does a pause, because the connection may have died. A bookmark does confirm the present.
 *
 * Until the first bookmark, the position that the API server had just before the watch helps. The event that reaches
 * this position confirms the state at that time. An event beyond it happened later, so the state after it is at most as
 * old as the time since then.
 */
export class CatchUp {
  readonly #confirm: (at: number) => void;
  readonly #before: Position | undefined;
  readonly #beforeMs: number;
  #done = false;

  /**
   * @param confirm called with each time at which the current state is known to have been that of the API server
   * @param before the position of the API server before this watch was opened. The watch must be open now
   */
  constructor(confirm: (at: number) => void, before: Position | undefined) {
    this.#confirm = confirm;
    this.#before = before;
    this.#beforeMs = before === undefined ? 0 : performance.now() - before.askedAt;
  }

  /** Call it for each event. A bookmark means that all earlier changes have been sent. */
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
