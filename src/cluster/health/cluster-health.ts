import { KubeCircuitOpenError, KubeStatusError } from '../../kube/kube-errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { REVIEW_DEADLINE_MS } from '../access/authorizer.ts';
import { NotReadyError, NotSyncedError } from '../cluster-errors.ts';
import type { ClusterState } from './cluster-state.ts';
import { Outage } from './outage.ts';

/** How often the service looks after a cluster. All times are in milliseconds. */
export interface HealthTiming {
  /** Between two looks, and between two probes while something is wrong. */
  readonly lookMs: number;
  /** After so much time without contact the API server is probed. */
  readonly contactMs: number;
  /** After so much time without a decision about the rights of a client it is asked for one. */
  readonly reviewMs: number;
  /** For a probe. */
  readonly deadlineMs: number;
  /** For a review. It is as long as for one that a client waits for. */
  readonly reviewDeadlineMs: number;
  /** How long the watch may fail while probes succeed. Longer than its longest pause between two attempts. */
  readonly watchMs: number;
  /** Between two log lines of one outage. */
  readonly stillMs: number;
}

/**
 * Two probes must fail before the service believes it: one may fail because the machine stood still. A frozen API server
 * then shows after 4 + 1 + 3 s for the first, and 1 + 3 s for the second: 12 s, or 14 s if a review hangs before.
 */
const TIMING: HealthTiming = {
  lookMs: 1_000,
  contactMs: 4_000,
  reviewMs: 4_000,
  deadlineMs: 3_000,
  reviewDeadlineMs: REVIEW_DEADLINE_MS,
  watchMs: 5_000,
  stillMs: 60_000,
};
const FAILURES = 2;
/** Two must succeed before an outage is over: one may succeed where every other call fails. */
const SUCCESSES = 2;
/** How long contact counts as verified for those who ask about the health. */
const VERIFIED_MS = 10_000;

/** The limits of a probe. */
export interface ProbeLimits {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** Whether the API server decides what clients may do. */
export interface Reviews {
  /** When the review was sent that was decided last, on the clock of performance.now(); `-Infinity`: none was. */
  readonly decidedAt: number;
  /** `unavailable` if the last one was not decided. */
  readonly state: 'available' | 'unavailable';
  /** Asks for a decision, of no consequence. @throws if there was none */
  ask(limits: ProbeLimits): Promise<void>;
}

/** What is known of a cluster, and how to learn more. */
export interface HealthSigns {
  /** Whether its cache has been filled once. */
  readonly isSynced: () => boolean;
  /** Why the watch fails that fills the cache; undefined: it does not. */
  readonly watchFailure: () => Error | undefined;
  /** When the watch last heard from the API server, on the clock of performance.now(). */
  readonly lastContactAt: () => number;
  /** Whether the calls for clients have had no answer lately. */
  readonly isCallingInVain: () => boolean;
  /** Lets a watch that pauses before it tries again do so now. */
  readonly retryWatch: () => void;
  /** Makes the API server read its storage. @throws if it does not */
  readonly probe: (limits: ProbeLimits) => Promise<void>;
  /** undefined: nobody is asked what clients may do. */
  readonly reviews: Reviews | undefined;
}

/**
 * Finds out in what state a cluster is, whether there are requests or not. It probes the API server when the watch has
 * been quiet. Once a cluster is unreachable it stays so until a probe succeeds: an API server whose etcd hangs still sends
 * bookmarks, and accepts watches.
 */
export class ClusterHealth {
  readonly #signs: HealthSigns;
  readonly #timing: HealthTiming;
  readonly #stopping = new AbortController();
  readonly #unreachable: Outage;
  readonly #blocked: Outage;
  #running: Promise<void> | undefined;
  #probing: Promise<void> | undefined;
  /** When the last probe that succeeded was sent; before that, when the service began to look. */
  #provenAt = Number.POSITIVE_INFINITY;
  #succeededAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** Probes in a row, and why the last one failed. */
  #failures = 0;
  #failure: unknown;
  #successes = 0;
  #watchFailsSince: number | undefined;
  /** Reviews in a row. */
  #undecided = 0;
  #decided = 0;

  /** @param timing for tests: other times than in production */
  constructor(signs: HealthSigns, log: Logger, timing: Partial<HealthTiming> = {}) {
    this.#signs = signs;
    this.#timing = { ...TIMING, ...timing };
    const { stillMs } = this.#timing;
    this.#unreachable = new Outage(UNREACHABLE, log, stillMs);
    this.#blocked = new Outage(BLOCKED, log, stillMs);
  }

  start(): void {
    this.#provenAt = performance.now();
    this.#running ??= this.#run();
  }

  /** Once it resolves, no probe and no timer is left. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the cluster was stopped'));
    await Promise.all([this.#running, this.#probing]);
    this.#unreachable.leaves();
    this.#blocked.leaves();
  }

  get state(): ClusterState {
    if (this.#unreachable.since !== undefined) return 'unreachable';
    if (this.#blocked.since !== undefined) return this.#signs.isSynced() ? 'blocked' : 'syncing';
    return this.wasReady ? 'ready' : 'syncing';
  }

  /**
   * Whether the cluster could be served once: its cache was filled, and a review was decided. It stays true in outages,
   * in which the service still answers reads.
   */
  get wasReady(): boolean {
    const { isSynced, reviews } = this.#signs;
    return isSynced() && (reviews === undefined || reviews.decidedAt > Number.NEGATIVE_INFINITY);
  }

  /** Whether the cluster is ready, and contact with its API server was verified within the last 10 s. */
  get isVerified(): boolean {
    return this.state === 'ready' && this.#isVerified;
  }

  /** Resolves if the cluster is ready and contact is verified, now if need be. @throws NotReadyError or NotSyncedError */
  async check(): Promise<void> {
    const failedLately = performance.now() - this.#failedAt < this.#timing.lookMs;
    // This process may have stood still, so that its own probes are late.
    if (this.state === 'ready' && !this.#isVerified && !failedLately) await this.#probe();
    const { state } = this;
    if (state === 'syncing') throw new NotSyncedError();
    if (state === 'blocked') throw new NotReadyError('BLOCKED');
    if (state === 'unreachable' || !this.#isVerified) throw new NotReadyError('UNREACHABLE');
  }

  get #isVerified(): boolean {
    return performance.now() - Math.max(this.#signs.lastContactAt(), this.#succeededAt) <= VERIFIED_MS;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#judgeContact();
      if (this.#isProbeDue) await this.#probe();
      this.#judgeContact();
      // A review that fails because the API server cannot be reached says nothing about rights.
      if (this.#unreachable.since === undefined && this.#failures === 0) await this.#review();
      await sleep(this.#timing.lookMs, signal);
    }
  }

  get #isProbeDue(): boolean {
    const { lastContactAt, isCallingInVain } = this.#signs;
    if (this.#unreachable.since !== undefined || this.#failures > 0) return true;
    if (this.#watchFailsSince !== undefined || isCallingInVain()) return true;
    // Before another review is asked for: the first may have had no answer because nothing has.
    if (this.#undecided === 1) return true;
    const knownAt = Math.max(lastContactAt(), this.#provenAt);
    return performance.now() - knownAt >= this.#timing.contactMs;
  }

  /** Any number of callers share one probe. */
  #probe(): Promise<void> {
    this.#probing ??= this.#probeOnce().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async #probeOnce(): Promise<void> {
    const { signal } = this.#stopping;
    const startedAt = performance.now();
    try {
      await this.#signs.probe({ deadlineMs: this.#timing.deadlineMs, signal });
      if (this.#failures > 0) this.#signs.retryWatch();
    } catch (error) {
      if (signal.aborted) return;
      if (!isBusy(error)) {
        this.#failures += 1;
        this.#successes = 0;
        this.#failure = error;
        this.#failedAt = performance.now();
        return;
      }
    }
    this.#failures = 0;
    this.#successes += 1;
    this.#provenAt = startedAt;
    this.#succeededAt = performance.now();
  }

  #judgeContact(): void {
    if (this.#stopping.signal.aborted) return;
    const watchFailure = this.#signs.watchFailure();
    this.#watchFailsSince =
      watchFailure === undefined ? undefined : (this.#watchFailsSince ?? performance.now());
    const cause = this.#causeOf(watchFailure);
    const { since } = this.#unreachable;
    if (cause !== undefined) {
      if (since === undefined) this.#successes = 0;
      this.#undecided = 0;
      this.#unreachable.lasts(cause);
    } else if (since === undefined) return;
    else if (watchFailure === undefined && this.#successes >= SUCCESSES) this.#unreachable.ends();
    else this.#unreachable.lasts(watchFailure ?? this.#failure);
  }

  /** Why the API server counts as unreachable; undefined: there is not enough reason to. */
  #causeOf(watchFailure: Error | undefined): unknown {
    if (this.#failures >= FAILURES) return this.#failure;
    // Each confirms the other.
    if (watchFailure !== undefined && this.#failures > 0) return watchFailure;
    const failsForMs = performance.now() - (this.#watchFailsSince ?? Number.POSITIVE_INFINITY);
    if (watchFailure !== undefined && failsForMs >= this.#timing.watchMs) return watchFailure;
    // Calls may fail for another reason than the API server, for example because of an authorization webhook that hangs.
    if (this.#signs.isCallingInVain() && this.#failures > 0) return this.#failure;
    return undefined;
  }

  async #review(): Promise<void> {
    const { reviews } = this.#signs;
    const { signal } = this.#stopping;
    if (reviews === undefined || signal.aborted) return;
    const isDue = performance.now() - reviews.decidedAt >= this.#timing.reviewMs;
    // While the cluster is blocked, those of clients do not count: one may be decided where every other fails.
    const isBlocked = this.#blocked.since !== undefined;
    if (isDue || isBlocked || reviews.state === 'unavailable') {
      try {
        await reviews.ask({ deadlineMs: this.#timing.reviewDeadlineMs, signal });
      } catch (error) {
        if (signal.aborted || error instanceof KubeCircuitOpenError) return;
        this.#undecided += 1;
        this.#decided = 0;
        if (this.#undecided >= FAILURES) this.#blocked.lasts(error);
        return;
      }
    }
    this.#undecided = 0;
    this.#decided += 1;
    if (this.#decided >= SUCCESSES) this.#blocked.ends();
  }
}

const UNREACHABLE = {
  begun: 'cluster unreachable',
  still: 'cluster still unreachable',
  ended: 'cluster reachable again',
  grant: 'list and watch on deployments.apps',
};
const BLOCKED = {
  begun: 'cluster blocked: its API server does not decide what clients may do, so they get 503',
  still: 'cluster still blocked',
  ended: 'cluster no longer blocked',
  grant: 'create on subjectaccessreviews.authorization.k8s.io',
};

/** An API server that asks to wait can be reached. */
function isBusy(error: unknown): boolean {
  return error instanceof KubeStatusError && error.status === 429;
}
