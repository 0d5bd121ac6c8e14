import type { Informer, InformerHandler } from '../../kube/reflector/informer.ts';
import { DeploymentError, RolloutError } from '../cluster-errors.ts';
import type { Deployment } from '../deployment.ts';
import type { CountHistory } from '../ownership/count-history.ts';
import { ownerOfCount } from '../ownership/writers.ts';
import { type PodsWatcher, type WaitEnd, type Waiter, WaitGroup, type WaitTiming } from './wait-group.ts';

/** What is waited for. */
export interface WaitTarget {
  readonly namespace: string;
  readonly deployment: string;
  readonly replicas: number;
  /** undefined: that of the Deployment that there is at the start. */
  readonly uid: string | undefined;
  /** States before this one do not count; undefined: the present one counts. */
  readonly resourceVersion: string | undefined;
}

/** How long to wait. */
export interface WaitLimits {
  readonly limitMs: number;
  /** Ends the wait early; the reason is a text that tells why. */
  readonly signal: AbortSignal;
}

export interface RolloutWaitsOptions {
  /** The Deployment of this name in the cache. @throws if the cache has not been filled, or holds none */
  readonly find: (namespace: string, name: string) => Deployment;
  /** It must be notified of changes before this. */
  readonly history: Pick<CountHistory, 'of'>;
  /** Says that contact with the API server is lost and how old the state is, in words; undefined: it is not. */
  readonly outage: (namespace: string) => string | undefined;
  /** undefined: the pods are not looked at. */
  readonly pods: PodsWatcher | undefined;
  readonly timing?: WaitTiming | undefined;
}

const TIMING: WaitTiming = { troubleMs: 5_000, podsMs: 3_000 };
const REMOVED = 'the service no longer serves this cluster';

/**
 * The requests that wait for a rollout. They are judged by what the watch shows, so they cost the API server nothing,
 * and a change of a Deployment that nobody waits for costs one look-up.
 */
export class RolloutWaits implements InformerHandler<Deployment> {
  readonly #options: RolloutWaitsOptions;
  readonly #timing: WaitTiming;
  /** By uid. None is empty. */
  readonly #groups = new Map<string, WaitGroup>();
  #stopped = false;

  constructor(options: RolloutWaitsOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
  }

  /** How many requests are judged: those that the cache still has to catch up for are not. */
  get size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.size;
    return size;
  }

  /**
   * Resolves with the Deployment once it has its replicas.
   * @throws RolloutError if it does not get them in time, or at all; DeploymentError if there is none and no uid
   */
  async wait(target: WaitTarget, limits: WaitLimits, informer: Informer<Deployment>): Promise<Deployment> {
    const { resourceVersion } = target;
    const endsAt = performance.now() + limits.limitMs;
    const reached =
      resourceVersion === undefined ||
      (await informer.waitFor(resourceVersion, limits.limitMs, limits.signal));
    const { aborted, reason } = limits.signal;
    if (aborted || this.#stopped)
      throw new RolloutError('INTERRUPTED', target, aborted ? String(reason) : REMOVED);
    if (!reached)
      throw this.#late(target, `this service has not seen resourceVersion ${resourceVersion} yet`);
    const end = await this.#end(target, { ...limits, limitMs: endsAt - performance.now() });
    switch (end.kind) {
      case 'ready':
        return end.deployment;
      case 'gone':
        throw new RolloutError('GONE', target, 'it was deleted');
      case 'overridden':
        throw new RolloutError('OVERRIDDEN', target, this.#overrider(end.deployment), end.deployment);
      case 'stuck':
        throw new RolloutError('STUCK', target, end.reason, end.deployment);
      case 'late':
        throw this.#late(target, end.reason, end.deployment);
      case 'interrupted':
        throw new RolloutError('INTERRUPTED', target, end.reason);
    }
  }

  added(): void {}

  updated(item: Deployment): void {
    this.#groups.get(item.uid)?.see(item);
  }

  deleted({ uid }: Deployment): void {
    this.#groups.get(uid)?.end({ kind: 'gone' });
  }

  /** Ends all waits, and leaves no timer. */
  stop(): void {
    this.#stopped = true;
    for (const group of this.#groups.values()) group.end({ kind: 'interrupted', reason: REMOVED });
  }

  #end(target: WaitTarget, { limitMs, signal }: WaitLimits): Promise<WaitEnd> {
    const deployment = this.#find(target);
    if (deployment === undefined) return Promise.resolve({ kind: 'gone' });
    return new Promise((resolve) => {
      const group = this.#groupOf(deployment);
      const abort = () => waiter.end({ kind: 'interrupted', reason: String(signal.reason) });
      const timer = setTimeout(() => waiter.end(group.late), limitMs);
      const waiter: Waiter = {
        replicas: target.replicas,
        end: (end) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          group.delete(waiter);
          if (group.size === 0 && this.#groups.delete(deployment.uid)) group.stop();
          resolve(end);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      group.add(waiter);
    });
  }

  /** The Deployment that is waited for; undefined: it is gone. */
  #find({ namespace, deployment: name, uid }: WaitTarget): Deployment | undefined {
    const { find } = this.#options;
    try {
      const known = find(namespace, name);
      return uid === undefined || known.uid === uid ? known : undefined;
    } catch (error) {
      if (uid !== undefined && error instanceof DeploymentError && error.code === 'NOT_FOUND')
        return undefined;
      throw error;
    }
  }

  #groupOf(deployment: Deployment): WaitGroup {
    let group = this.#groups.get(deployment.uid);
    if (group === undefined) {
      group = new WaitGroup(deployment, this.#options.pods, this.#timing);
      this.#groups.set(deployment.uid, group);
    }
    return group;
  }

  #late(target: WaitTarget, reason: string, seen?: Deployment): RolloutError {
    const outage = this.#options.outage(target.namespace);
    return new RolloutError('LATE', target, outage === undefined ? reason : `${outage}: ${reason}`, seen);
  }

  /** Who has set the present count, in words. */
  #overrider(deployment: Deployment): string {
    const { manager, user } = this.#options.history.of(deployment)?.lastChange ?? {};
    const who = user ?? manager ?? ownerOfCount(deployment.writers)?.manager ?? 'somebody';
    return `${who} set it to ${deployment.replicas}`;
  }
}
