import { Turns } from '../../kube/client/turns.ts';
import { KubeBusyError, KubeStatusError } from '../../kube/kube-errors.ts';
import { Quota } from '../../lib/quota.ts';
import { sleep } from '../../lib/sleep.ts';
import { CALL_PLACES } from '../call-places.ts';
import { AccessUndecidedError, AuthorizerUnavailableError } from '../cluster-errors.ts';
import type { Authorizer, ResourceAttributes } from './authorizer.ts';
import { type Decision, keyOf, type Subject } from './decisions.ts';
import { REVIEWS_PER_SWEEP, Sweep, type SweepDecision } from './sweep.ts';

/** How many sweeps there are at a time per cluster, and per user, whose certificates may name different groups. */
const MAX_SWEEPS = 64;
const MAX_SWEEPS_PER_USER = 16;
/**
 * How long after a failed review a subject may cause the next sweep. Otherwise each list would send a sweep's worth of
 * reviews to an API server that fails.
 */
const PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 30_000;
/**
 * A list whose denials cannot all be renewed by its deadline may use those that expired less than this time before the
 * sweep that renews them began. So the lists of a caller with many namespaces do not fail each time denials expire.
 */
const OLD_DENIAL_MS = 60_000;
/** The longest time after which a caller should try again. It is shorter than a sweep goes on without its callers. */
const MAX_RETRY_SECONDS = 30;

/** A list that waits for decisions. */
interface List {
  readonly subject: Subject;
  /** On the clock of performance.now(). */
  readonly begunAt: number;
  /**
   * The decisions that it has found, by namespace. It must not lose them to other decisions that the cache has no room
   * for, or each review of this list could displace another decision that it needs. A denial holds for the whole list.
   */
  readonly held: Map<string, Decision>;
}

/** What is known about the namespaces of a list. */
interface Knowledge {
  readonly allowed: readonly string[];
  /** The namespaces without a decision that holds. */
  readonly undecided: readonly string[];
  /** The namespaces with a decision that holds, but expires soon. */
  readonly renewable: readonly string[];
  readonly total: number;
}

/**
 * Finds the namespaces that callers may list, by one review per namespace. The API server cannot be asked for several at
 * once: a SubjectAccessReview has one question, and a SelfSubjectRulesReview is about the account that sends it, one
 * namespace and not meant for decisions. All lists of one subject share a sweep, and sweeps have places of their own, so
 * that they delay no other review.
 */
export class Sweeps {
  readonly #authorizer: Authorizer;
  readonly #turns = new Turns(CALL_PLACES.sweeps, MAX_SWEEPS * REVIEWS_PER_SWEEP);
  readonly #places = new Quota(MAX_SWEEPS, MAX_SWEEPS_PER_USER);
  readonly #stopping = new AbortController();
  /** By subject: the sweeps that run, or that failed a moment ago. */
  readonly #sweeps = new Map<string, Sweep>();

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** Sends no further review, and leaves no timer behind. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * The current namespaces that the subject may list, in the same order.
   * @param current returns the current namespaces; it is called again after reviews
   * @param endsAt the deadline, on the clock of performance.now()
   * @throws AccessUndecidedError if the reviews take longer; they go on. AuthorizerUnavailableError if one failed
   */
  async listable(
    subject: Subject,
    current: () => readonly string[],
    endsAt: number,
  ): Promise<readonly string[]> {
    const list: List = { subject, begunAt: performance.now(), held: new Map() };
    let sweep = this.#sweeps.get(keyOf(subject));
    for (;;) {
      const { allowed, undecided, renewable } = this.#known(list, current(), sweep);
      if (undecided.length === 0 && renewable.length === 0) return allowed;
      sweep = this.#sweepOf(subject);
      sweep?.need([...undecided, ...renewable]);
      if (undecided.length === 0) return allowed;
      if (sweep === undefined) throw new AuthorizerUnavailableError(new KubeBusyError());
      await endOf(sweep, endsAt);
      if (this.#stopping.signal.aborted) throw new AuthorizerUnavailableError(this.#stopping.signal.reason);
      if (sweep.failure !== undefined || performance.now() >= endsAt)
        return this.#withOldDenials(subject, this.#known(list, current(), sweep), sweep);
    }
  }

  /** The sweep that runs for this subject, or else a new one; undefined if there are too many. */
  #sweepOf(subject: Subject): Sweep | undefined {
    const key = keyOf(subject);
    const running = this.#sweeps.get(key);
    // One that failed stays, so that the next one does not begin too soon.
    if (running !== undefined && (!running.isOver || running.failure !== undefined)) return running;
    if (!this.#places.take(subject.user)) return undefined;
    const sweep = new Sweep(
      (namespace) => this.#authorizer.review(subject, listIn(namespace)),
      (action) => this.#turns.run(subject.user, action),
      this.#stopping.signal,
    );
    this.#sweeps.set(key, sweep);
    void this.#forget(key, subject.user, sweep);
    return sweep;
  }

  /** Forgets a sweep once it has ended and, if it failed, the pause after it. */
  async #forget(key: string, user: string, sweep: Sweep): Promise<void> {
    await sweep.ended;
    if (sweep.failure !== undefined) await sleep(pauseMs(sweep.failure), this.#stopping.signal);
    this.#places.release(user);
    if (this.#sweeps.get(key) === sweep) this.#sweeps.delete(key);
  }

  /** What is known for a list. Keeps the decisions that hold for as long as the list takes. */
  #known(
    { subject, begunAt, held }: List,
    namespaces: readonly string[],
    sweep: Sweep | undefined,
  ): Knowledge {
    const now = performance.now();
    const [allowed, undecided, renewable]: [string[], string[], string[]] = [[], [], []];
    for (const namespace of namespaces) {
      const last = this.#authorizer.lastDecision(subject, listIn(namespace));
      const swept = sweep?.decided.get(namespace);
      const decision =
        last !== undefined && now < last.expiresAt ? last : (heldBy(swept, begunAt) ?? held.get(namespace));
      if (decision === undefined || (decision.allowed && now >= decision.expiresAt)) {
        undecided.push(namespace);
        continue;
      }
      held.set(namespace, decision);
      if (decision.allowed) allowed.push(namespace);
      if (now >= decision.renewAt && swept === undefined) renewable.push(namespace);
    }
    return { allowed, undecided, renewable, total: namespaces.length };
  }

  /**
   * The answer to a list whose reviews are not complete, if those that are missing would only renew denials.
   * @throws AccessUndecidedError, or AuthorizerUnavailableError if a review failed
   */
  #withOldDenials(
    subject: Subject,
    { allowed, undecided, total }: Knowledge,
    { startedAt, failure, secondsLeft }: Sweep,
  ): readonly string[] {
    const wasDenied = (namespace: string) => {
      const last = this.#authorizer.lastDecision(subject, listIn(namespace));
      return last?.allowed === false && last.expiresAt + OLD_DENIAL_MS > startedAt;
    };
    if (undecided.every(wasDenied)) return allowed;
    if (failure !== undefined)
      throw new AuthorizerUnavailableError(failure, Math.ceil(pauseMs(failure) / 1000));
    const percent = Math.floor((100 * (total - undecided.length)) / total);
    throw new AccessUndecidedError(percent, Math.min(MAX_RETRY_SECONDS, secondsLeft ?? MAX_RETRY_SECONDS));
  }
}

/** The right to list the Deployments of a namespace, or of all. */
export function listIn(namespace: string | undefined): ResourceAttributes {
  const everywhere: ResourceAttributes = { verb: 'list', resource: 'deployments' };
  return namespace === undefined ? everywhere : { ...everywhere, namespace };
}

/**
 * The decision of a sweep for a list that began at `begunAt`. A denial holds even if it has expired, because lists could
 * never end if the first denials expired before the last ones come. An allowance holds only if it was asked after the
 * list began, so that a withdrawn right ends in time.
 */
function heldBy(swept: SweepDecision | undefined, begunAt: number): Decision | undefined {
  if (swept === undefined || (swept.allowed && swept.askedAt < begunAt)) return undefined;
  return {
    allowed: swept.allowed,
    renewAt: Number.POSITIVE_INFINITY,
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

/** Resolves when the sweep has ended, or at the deadline. */
async function endOf(sweep: Sweep, endsAt: number): Promise<void> {
  const done = new AbortController();
  await Promise.race([sweep.ended, sleep(endsAt - performance.now(), done.signal)]);
  done.abort();
}

/** How long no sweep begins after this error: as long as the API server asks for, within limits. */
function pauseMs(failure: unknown): number {
  const cause = failure instanceof AuthorizerUnavailableError ? failure.cause : failure;
  const asked = cause instanceof KubeStatusError ? cause.retryAfterSeconds : undefined;
  return Math.min(MAX_PAUSE_MS, Math.max(PAUSE_MS, (asked ?? 0) * 1000));
}
