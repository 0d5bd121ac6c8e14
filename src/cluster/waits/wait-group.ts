import type { Deployment } from '../deployment.ts';
import { rolloutOf } from '../rollout/phase.ts';
import type { PodTroubles, PodWatch } from '../rollout/pod-troubles.ts';
import { troubleOf, verdictOf } from './verdict.ts';

/** How a wait has ended. */
export interface WaitEnd {
  readonly kind: 'ready' | 'gone' | 'overridden' | 'stuck' | 'late' | 'interrupted';
  /** The last that was seen of it. */
  readonly deployment: Deployment;
  /** Why, in words; undefined: the kind says it. */
  readonly reason?: string;
}

/** One wait, until it ends. */
export interface Waiter {
  /** The count that is waited for. */
  readonly replicas: number;
  readonly end: (end: WaitEnd) => void;
}

/** What the groups of waits share. */
export interface WaitGroupOptions {
  readonly pods: Pick<PodTroubles, 'watch'>;
  /** How long trouble must last. The times that a Deployment reports do not count: it keeps them over changes. */
  readonly troubleMs: number;
  /** Who has set the present count, in words. */
  readonly overrider: (deployment: Deployment) => string;
}

/** All who wait for the rollout of one Deployment. They wait for the same count, as others end when it changes. */
export class WaitGroup {
  readonly #waiters = new Set<Waiter>();
  readonly #options: WaitGroupOptions;
  #deployment: Deployment;
  /** The most available pods since the first of them began to wait. */
  #mostAvailable: number;
  /** Runs while the Deployment reports trouble and no more pods become available. */
  #troubleTimer: NodeJS.Timeout | undefined;
  /** undefined: no pod is waited for. */
  readonly #pods: PodWatch | undefined;

  constructor(deployment: Deployment, options: WaitGroupOptions) {
    this.#deployment = deployment;
    this.#mostAvailable = deployment.status.available;
    this.#options = options;
    if (deployment.replicas > 0)
      this.#pods = options.pods.watch(deployment, () => {
        if (this.#pods?.trouble?.stuck) this.#endStuck();
      });
    this.#watchTrouble();
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** @param waiter is called before this returns if it has nothing to wait for */
  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#judge(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Call it with each new state of the Deployment. */
  see(deployment: Deployment): void {
    this.#deployment = deployment;
    for (const waiter of this.#waiters) this.#judge(waiter);
    if (this.#waiters.size === 0) return;
    const { available } = deployment.status;
    this.#pods?.available(available);
    if (available > this.#mostAvailable) {
      this.#mostAvailable = available;
      this.#endTrouble();
    }
    this.#watchTrouble();
  }

  /** Ends all waits. */
  end(kind: WaitEnd['kind'], reason?: string): void {
    const end = this.endOf(kind, reason);
    for (const waiter of this.#waiters) waiter.end(end);
  }

  /** The end of a wait, by what is known now. */
  endOf(kind: WaitEnd['kind'], reason?: string): WaitEnd {
    return { kind, deployment: this.#deployment, ...(reason !== undefined && { reason }) };
  }

  /** Call it once nobody waits any more. */
  stop(): void {
    this.#endTrouble();
    this.#pods?.stop();
  }

  #judge(waiter: Waiter): void {
    const verdict = verdictOf(this.#deployment, this.#deployment.uid, waiter.replicas);
    if (verdict === 'waiting') return;
    // Now, because the next change may come before anybody looks at this end.
    const reason = verdict === 'overridden' ? this.#options.overrider(this.#deployment) : undefined;
    waiter.end(this.endOf(verdict, reason));
  }

  #watchTrouble(): void {
    if (troubleOf(this.#deployment) === undefined) this.#endTrouble();
    else this.#troubleTimer ??= setTimeout(() => this.#endStuck(), this.#options.troubleMs);
  }

  #endTrouble(): void {
    clearTimeout(this.#troubleTimer);
    this.#troubleTimer = undefined;
  }

  #endStuck(): void {
    this.end('stuck', this.reason);
  }

  /** Why the rollout is not done, in words. */
  get reason(): string {
    const deployment = this.#deployment;
    const known = [troubleOf(deployment), this.#pods?.trouble?.message].filter((text) => text !== undefined);
    if (known.length > 0) return known.join('; ');
    const { reason } = rolloutOf(deployment);
    const missing = this.#pods?.missingRight;
    return missing === undefined ? reason : `${reason}; ${missing}`;
  }
}
