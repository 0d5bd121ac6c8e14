import type { Informer, InformerHandler } from '../../kube/reflector/informer.ts';
import { DeploymentError, RolloutError } from '../cluster-errors.ts';
import type { Deployment } from '../deployment.ts';
import type { CountHistory } from '../ownership/count-history.ts';
import { ownerOfCount } from '../ownership/writers.ts';
import { type WaitEnd, type Waiter, WaitGroup, type WaitGroupOptions } from './wait-group.ts';

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
  readonly pods: WaitGroupOptions['pods'];
  /** How long the trouble that a Deployment reports must last. Default: 5 s. */
  readonly troubleMs?: number | undefined;
}

const TROUBLE_MS = 5_000;
const GONE = 'it was deleted';
const REMOVED = 'the service no longer serves this cluster';

/**
 * The requests that wait for a rollout. They are judged by what the watch shows, so they cost the API server nothing,
 * and a change of a Deployment that nobody waits for costs one look-up.
 */
export class RolloutWaits implements InformerHandler<Deployment> {
  readonly #options: RolloutWaitsOptions;
  readonly #groupOptions: WaitGroupOptions;
  /** By uid. None is empty. */
  readonly #groups = new Map<string, WaitGroup>();
  #stopped = false;

  constructor(options: RolloutWaitsOptions) {
    this.#options = options;
    const { pods, troubleMs = TROUBLE_MS } = options;
    this.#groupOptions = { pods, troubleMs, overrider: (deployment) => this.#overrider(deployment) };
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
    const endsAt = performance.now() + limits.limitMs;
    await this.#reach(target, limits, informer);
    const end = await this.#end(target, { ...limits, limitMs: Math.max(0, endsAt - performance.now()) });
    if (end === undefined) throw new RolloutError('GONE', target, GONE);
    const { kind, deployment, reason = '' } = end;
    switch (kind) {
      case 'ready':
        return deployment;
      case 'gone':
        throw new RolloutError('GONE', target, GONE, deployment);
      case 'overridden':
        throw new RolloutError('OVERRIDDEN', target, reason, deployment);
      case 'stuck':
        throw new RolloutError('STUCK', target, reason, deployment);
      case 'late':
        throw this.#late(target, reason, deployment);
      case 'interrupted':
        throw new RolloutError('INTERRUPTED', target, reason, deployment);
    }
  }

  added(): void {}

  updated(item: Deployment): void {
    this.#groups.get(item.uid)?.see(item);
  }

  deleted({ uid }: Deployment): void {
    this.#groups.get(uid)?.end('gone');
  }

  /** Ends all waits, and leaves no timer. */
  stop(): void {
    this.#stopped = true;
    for (const group of this.#groups.values()) group.end('interrupted', REMOVED);
  }

  /** Resolves once the cache has seen what was done before the wait. */
  async #reach(target: WaitTarget, { limitMs, signal }: WaitLimits, informer: Informer<Deployment>) {
    const { resourceVersion } = target;
    // An informer that has been stopped would let it wait in vain.
    const reached =
      resourceVersion === undefined ||
      (!this.#stopped && (await informer.waitFor(resourceVersion, limitMs, signal)));
    if (signal.aborted) throw new RolloutError('INTERRUPTED', target, String(signal.reason));
    if (this.#stopped) throw new RolloutError('INTERRUPTED', target, REMOVED);
    if (!reached)
      throw this.#late(target, `this service has not seen resourceVersion ${resourceVersion} yet`);
  }

  /** Resolves once the wait has ended, with undefined if there is no such Deployment at its start. */
  #end(target: WaitTarget, { limitMs, signal }: WaitLimits): Promise<WaitEnd | undefined> {
    const deployment = this.#find(target);
    if (deployment === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const group = this.#groupOf(deployment);
      const abort = () => waiter.end(group.endOf('interrupted', String(signal.reason)));
      const timer = setTimeout(() => waiter.end(group.endOf('late', group.reason)), limitMs);
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
      group = new WaitGroup(deployment, this.#groupOptions);
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
