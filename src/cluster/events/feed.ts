import { newestOf } from '../../kube/reflector/resource-version.ts';
import type { ListRights } from '../access/list-rights.ts';
import type { LabelSelector } from '../labels/label-selector.ts';
import type { EventHub, EventListener } from './event-hub.ts';
import type { Frame, FrameKind } from './frame.ts';

/** What a reader wants to see, and may see. */
export interface FeedOptions {
  /** The name of the cluster. */
  readonly cluster: string;
  readonly hub: EventHub;
  /** undefined: all. */
  readonly namespace: string | undefined;
  readonly selector: LabelSelector | undefined;
  readonly rights: ListRights;
}

/** Is told what happens to a feed. */
export interface FeedListener extends EventListener {
  /** The caller may not list any longer. */
  denied(): void;
}

/** How many frames may still be passed, also those that the reader does not want: it takes time to find that out. */
export interface FrameBudget {
  left: number;
}

/** The events of one cluster for one reader: those that it wants, as far as it may see them. */
export class Feed {
  readonly cluster: string;
  readonly #options: FeedOptions;
  #next: number;
  #position: string;
  #rightsVersion: number;
  #kind: FrameKind = 'changed';
  #unlisten: readonly (() => void)[] = [];

  constructor(options: FeedOptions) {
    this.#options = options;
    this.cluster = options.cluster;
    const { next, position } = options.hub.present;
    this.#next = next;
    this.#position = position;
    this.#rightsVersion = options.rights.version;
  }

  /** Begins to tell what happens, also what has happened since the feed was made. */
  listen(listener: FeedListener): void {
    const { hub, rights } = this.#options;
    this.#unlisten = [hub.listen(listener), rights.listen(listener)];
    if (hub.isClosed) listener.closed();
    else if (rights.areGone) listener.denied();
  }

  /** Ends the subscriptions. */
  close(): void {
    for (const end of this.#unlisten) end();
    this.#unlisten = [];
  }

  /**
   * Goes to the place after an id that the reader knows. It waits for a while if another replica is ahead.
   * @returns whether the reader may have missed changes
   */
  async resumeAfter(id: string, signal: AbortSignal): Promise<boolean> {
    const { next, position, reset } = await this.#options.hub.startAfter(id, signal);
    this.#next = next;
    this.#position = position;
    return reset;
  }

  /** Up to which position the reader has got everything. */
  get position(): string {
    return this.#position;
  }

  /**
   * Whether the reader may have missed changes, and goes on from the present: it has fallen out of the ring, the API
   * server has gone back, or what the reader may see has changed. It says so once.
   */
  takeReset(): boolean {
    const { hub, rights } = this.#options;
    if (this.#next >= hub.ring.base && rights.version === this.#rightsVersion) return false;
    this.#rightsVersion = rights.version;
    const { next, position } = hub.present;
    this.#next = next;
    this.#position = position;
    return true;
  }

  /**
   * The next frame that the reader should get, which `kind` tells; undefined: there is none at present, or the budget has
   * been used up. The reader may know that nothing is missing up to `position` if it has taken all frames.
   */
  current(budget: FrameBudget): Frame | undefined {
    const { hub, namespace } = this.#options;
    const { ring } = hub;
    for (let frame = ring.lend(this.#next); frame !== undefined; frame = ring.lend(this.#next)) {
      if (budget.left === 0) return undefined;
      const kind = namespace === undefined || frame.namespace === namespace ? this.#kindOf(frame) : undefined;
      if (kind !== undefined) {
        const allowed = this.#options.rights.allows(frame.namespace);
        if (allowed === undefined) return undefined;
        if (allowed) {
          this.#kind = kind;
          return frame;
        }
      }
      this.advance(frame, budget);
    }
    this.#position = newestOf(this.#position, hub.position);
    return undefined;
  }

  /** What `current` is for this reader: a Deployment that its selector no longer matches is gone. */
  get kind(): FrameKind {
    return this.#kind;
  }

  /** Call it when the reader has got `current`. */
  advance({ id }: Frame, budget: FrameBudget): void {
    budget.left -= 1;
    this.#next += 1;
    if (id !== undefined) this.#position = id;
  }

  #kindOf({ kind, labels, previousLabels }: Frame): FrameKind | undefined {
    const { selector } = this.#options;
    if (selector === undefined || selector.matches(labels)) return kind;
    return previousLabels !== undefined && selector.matches(previousLabels) ? 'gone' : undefined;
  }
}
