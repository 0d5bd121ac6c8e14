import type { Deployment } from '../deployment.ts';
import { rolloutOf } from '../rollout/phase.ts';
import { troubleOf, verdictOf } from './verdict.ts';

/** How a wait has ended. */
export type WaitEnd =
  | { readonly kind: 'ready' | 'overridden'; readonly deployment: Deployment }
  | { readonly kind: 'gone' }
  | { readonly kind: 'stuck' | 'late'; readonly deployment: Deployment; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly reason: string };

/** One wait, until it ends. */
export interface Waiter {
  /** The count that is waited for. */
  readonly replicas: number;
  readonly end: (end: WaitEnd) => void;
}

/** What the pods of a Deployment say of its rollout, while somebody watches them. */
export interface PodsWatch {
  /** `stuck`: it has lasted so long, without growth of the available pods, that it will not pass. */
  readonly trouble: { readonly message: string; readonly stuck: boolean } | undefined;
  /** The right that the account of the service lacks to see the pods, in words. */
  readonly missingRight: string | undefined;
  /** Call it when the number of available pods may have changed. */
  available(count: number): void;
  stop(): void;
}

/** Looks at pods. @param onLook called after each look */
export interface PodsWatcher {
  watch(deployment: Deployment, onLook: () => void): PodsWatch;
}

/** When a wait begins to doubt. */
export interface WaitTiming {
  /** How long the trouble that a Deployment reports must last. Its own times do not count: it keeps them over changes. */
  readonly troubleMs: number;
  /** After what time of waiting the pods are looked at. */
  readonly podsMs: number;
}

/** All who wait for the rollout of one Deployment. It has few timers, however many they are. */
export class WaitGroup {
  readonly #waiters = new Set<Waiter>();
  readonly #timing: WaitTiming;
  #deployment: Deployment;
  /** The most available pods since the first of them began to wait. */
  #mostAvailable: number;
  /** Runs while the Deployment reports trouble and no more pods become available. */
  #troubleTimer: NodeJS.Timeout | undefined;
  #podsTimer: NodeJS.Timeout | undefined;
  #pods: PodsWatch | undefined;

  /** @param pods undefined: the pods are not looked at */
  constructor(deployment: Deployment, pods: PodsWatcher | undefined, timing: WaitTiming) {
    this.#deployment = deployment;
    this.#mostAvailable = deployment.status.available;
    this.#timing = timing;
    if (pods !== undefined) this.#podsTimer = setTimeout(() => this.#watchPods(pods), timing.podsMs);
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
  end(end: WaitEnd): void {
    for (const waiter of this.#waiters) waiter.end(end);
  }

  /** Call it once nobody waits any more. */
  stop(): void {
    this.#endTrouble();
    clearTimeout(this.#podsTimer);
    this.#pods?.stop();
  }

  /** The end of a wait whose time is up. */
  get late(): WaitEnd {
    return { kind: 'late', deployment: this.#deployment, reason: this.#reason };
  }

  #judge(waiter: Waiter): void {
    const deployment = this.#deployment;
    const kind = verdictOf(deployment, deployment.uid, waiter.replicas);
    if (kind === 'ready' || kind === 'overridden') waiter.end({ kind, deployment });
  }

  #watchTrouble(): void {
    if (troubleOf(this.#deployment) === undefined) this.#endTrouble();
    else this.#troubleTimer ??= setTimeout(() => this.#endStuck(), this.#timing.troubleMs);
  }

  #endTrouble(): void {
    clearTimeout(this.#troubleTimer);
    this.#troubleTimer = undefined;
  }

  #watchPods(pods: PodsWatcher): void {
    // No pod of a Deployment with 0 replicas is waited for.
    if (this.#deployment.replicas === 0) return;
    this.#pods = pods.watch(this.#deployment, () => {
      if (this.#pods?.trouble?.stuck) this.#endStuck();
    });
  }

  #endStuck(): void {
    this.end({ kind: 'stuck', deployment: this.#deployment, reason: this.#reason });
  }

  /** Why the rollout is not done, in words. */
  get #reason(): string {
    const deployment = this.#deployment;
    const known = [troubleOf(deployment), this.#pods?.trouble?.message].filter((text) => text !== undefined);
    if (known.length > 0) return known.join('; ');
    const { reason } = rolloutOf(deployment);
    const missing = this.#pods?.missingRight;
    return missing === undefined
      ? reason
      : `${reason}. To tell why, the account of this service needs the right to ${missing}`;
  }
}
