import type { Informer, InformerHandler } from '../../kube/reflector/informer.ts';
import { compareResourceVersions, isComparable, newestOf } from '../../kube/reflector/resource-version.ts';
import { ResourceVersionWaiters } from '../../kube/reflector/resource-version-waiters.ts';
import type { Logger } from '../../lib/logger.ts';
import { pauses } from '../../lib/slices.ts';
import type { Deployment } from '../deployment.ts';
import { sameLabels } from '../labels/labels.ts';
import type { CountChange } from '../ownership/count-history.ts';
import { type DeploymentState, overrideOf } from '../state/deployment-state.ts';
import type { FrameKind } from './frame.ts';
import { FrameRing } from './frame-ring.ts';

/** Bounds of the events of a cluster. */
export interface EventTiming {
  /** Memory for the last frames. */
  readonly ringBytes: number;
  /** How long a reader waits for a position that another replica has reached and this one has not. */
  readonly aheadMs: number;
}

export interface EventHubOptions {
  readonly stateOf: (deployment: Deployment) => DeploymentState;
  /** Whether the cache has been filled once. Events begin then. */
  readonly isSynced: () => boolean;
  readonly log: Logger;
  readonly timing?: EventTiming | undefined;
}

/** Is told what happens to the events of a cluster. */
export interface EventListener {
  /** There may be more frames to read. */
  more(): void;
  /** There will be no more: the cluster is not served any longer. */
  closed(): void;
}

type FollowedInformer = Pick<Informer<Deployment>, 'addHandler' | 'addProgressListener'>;

/** Where a reader begins. */
export interface Start {
  /** The number of its first frame. */
  readonly next: number;
  /** Everything up to this position is known to it, or has to be read elsewhere. */
  readonly position: string;
  /** Whether it may have missed changes. */
  readonly reset: boolean;
}

/** A change that has no frame yet. */
interface Change {
  readonly kind: FrameKind;
  readonly deployment: Deployment;
  readonly previous?: Deployment;
  readonly override?: CountChange;
}

/** The changes that brought an informer to a position. */
interface Step {
  readonly changes: readonly Change[];
  readonly upTo: string;
  /** The position of the cluster after it. */
  readonly position: string;
  /** Whether the API server has gone back to an older state, so that positions no longer say what they said. */
  readonly restart: boolean;
}

const TIMING: EventTiming = { ringBytes: 4 * 1024 * 1024, aheadMs: 5_000 };

/**
 * Makes frames of what the watches of a cluster show, once for all readers, and knows their positions. A position is a
 * resourceVersion: every change up to it has its frame. With several watched namespaces it is the oldest of their
 * positions, as each has a watch of its own.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #timing: EventTiming;
  readonly ring: FrameRing;
  /** What the informers have told since the last progress of one of them. */
  #changes: Change[] = [];
  /** How far the informers are, as far as they have been filled. */
  readonly #scopes = new Map<FollowedInformer, string>();
  #steps: Step[] = [];
  #isMakingFrames = false;
  #isOpen = false;
  #isClosed = false;
  #position = '';
  /** Ids up to this one may come from before the API server went back. */
  #untrusted: string | undefined;
  readonly #listeners = new Set<EventListener>();
  readonly #ahead = new ResourceVersionWaiters();

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    this.ring = new FrameRing(this.#timing.ringBytes, '');
  }

  /** Makes frames of what this informer tells. Call it after the handlers that the states depend on. */
  follow(informer: FollowedInformer): void {
    informer.addHandler(this.#handler);
    informer.addProgressListener((resourceVersion) => this.#progressed(informer, resourceVersion));
  }

  /** A count that was set through the service was changed by somebody else. Call it while a handler is told of that. */
  overridden(deployment: Deployment, override: CountChange): void {
    if (this.#isOpen) this.#changes.push({ kind: 'overridden', deployment, override });
  }

  /** Up to which resourceVersion every change has its frame; empty before the cache has been filled. */
  get position(): string {
    return this.#position;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Subscribes to what happens. Returns the function that ends the subscription. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The start of a reader that knows nothing. Frames of changes after the position may have been made already: a reader
   * that reads the states elsewhere, at this position, needs them.
   */
  get present(): Start {
    const position = this.#position;
    return { next: this.ring.after(position) ?? this.ring.next, position, reset: false };
  }

  /**
   * The start of a reader that knows everything up to a position, which another replica may have told it. If this one has
   * not reached it, it waits for a while.
   */
  async startAfter(id: string, signal: AbortSignal): Promise<Start> {
    await this.#ahead.wait(id, this.#position, this.#timing.aheadMs, signal);
    const isTrusted =
      isComparable(id) &&
      isComparable(this.#position) &&
      compareResourceVersions(id, this.#position) <= 0 &&
      (this.#untrusted === undefined || compareResourceVersions(id, this.#untrusted) > 0);
    const next = isTrusted ? this.ring.after(id) : undefined;
    return next === undefined ? { ...this.present, reset: true } : { next, position: id, reset: false };
  }

  /** Ends all readers. */
  close(): void {
    this.#isClosed = true;
    this.#steps = [];
    this.#ahead.releaseAll();
    for (const listener of this.#listeners) listener.closed();
  }

  readonly #handler: InformerHandler<Deployment> = {
    added: (deployment) => {
      if (this.#isOpen) this.#changes.push({ kind: 'changed', deployment });
    },
    updated: (deployment, previous) => {
      if (this.#isOpen) this.#changes.push({ kind: 'changed', deployment, previous });
    },
    deleted: (deployment) => {
      if (this.#isOpen) this.#changes.push({ kind: 'gone', deployment });
    },
  };

  #progressed(informer: FollowedInformer, upTo: string): void {
    const before = this.#scopes.get(informer) ?? '';
    const wentBack = isComparable(before) && isComparable(upTo) && compareResourceVersions(upTo, before) < 0;
    this.#scopes.set(informer, upTo);
    const changes = this.#changes;
    if (changes.length > 0) this.#changes = [];
    if (this.#isClosed) return;
    if (!this.#isOpen) return void this.open();
    if (changes.length === 0 && !wentBack && upTo === before) return;
    this.#steps.push({
      // After `reset` everything is read again.
      changes: wentBack ? [] : changes,
      upTo,
      position: oldestOf([...this.#scopes.values()]),
      restart: wentBack,
    });
    if (!this.#isMakingFrames) void this.#makeFrames();
  }

  /**
   * Begins with the events, unless that is done, once the cache has been filled.
   * @returns whether they have begun
   */
  open(): boolean {
    if (!this.#isOpen && this.#options.isSynced()) this.#begin();
    return this.#isOpen;
  }

  #begin(): void {
    this.#isOpen = true;
    this.#position = oldestOf([...this.#scopes.values()]);
    // What the informers have listed has no frames, so a reader must know all of it.
    this.ring.restart(this.#newest);
  }

  /** In slices, because a relist may bring thousands of changes at once. */
  async #makeFrames(): Promise<void> {
    this.#isMakingFrames = true;
    const pause = pauses();
    while (this.#steps.length > 0) {
      // What comes during this round is for the next: to take one step after the other from a long array is slow.
      const steps = this.#steps;
      this.#steps = [];
      for (const step of steps) {
        // A namespace that was refused before is listed last, and must not take the position back.
        const position = step.restart ? step.position : newestOf(this.#position, step.position);
        if (step.restart) this.#restart(position);
        const id = position === this.#position ? undefined : position;
        for (const [index, change] of step.changes.entries()) {
          // The order within a step is not that of the resourceVersions, so only its last frame completes the position.
          try {
            this.#append(change, step.upTo, index === step.changes.length - 1 ? id : undefined);
          } catch (error) {
            this.#options.log.error({ err: error }, 'a change could not be made an event');
            // Readers miss it, so they begin again.
            this.ring.restart(this.#newest);
          }
          const turn = pause();
          if (turn !== undefined) await turn;
          if (this.#isClosed) return;
        }
        this.#position = position;
        this.#ahead.reached(position);
        if (step.restart || step.changes.length > 0) for (const listener of this.#listeners) listener.more();
      }
    }
    this.#isMakingFrames = false;
  }

  #append({ kind, deployment, previous, override }: Change, upTo: string, id: string | undefined): void {
    const { namespace, name, labels } = deployment;
    const data =
      override === undefined
        ? this.#options.stateOf(deployment)
        : { namespace, deployment: name, ...overrideOf(override) };
    this.ring.append({
      kind,
      namespace,
      labels,
      previousLabels: previous && !sameLabels(previous.labels, labels) ? previous.labels : undefined,
      id,
      json: JSON.stringify(data),
      upTo,
    });
  }

  #restart(position: string): void {
    this.#untrusted = newestOf(this.#untrusted ?? '', this.#position);
    this.#position = position;
    this.ring.restart(this.#newest);
  }

  get #newest(): string {
    return [...this.#scopes.values()].reduce(newestOf, '');
  }
}

/** The oldest of these positions, of which there is at least one. */
function oldestOf(positions: readonly string[]): string {
  return positions.reduce((a, b) => (newestOf(a, b) === a ? b : a));
}
