import { LRUCache } from 'lru-cache';
import type { KubeCalls } from '../../kube/client/circuit.ts';
import { Turns } from '../../kube/client/turns.ts';
import { isObject } from '../../kube/json.ts';
import type { Logger } from '../../lib/logger.ts';
import { throttled } from '../../lib/throttled.ts';
import { CALL_PLACES } from '../call-places.ts';
import type { Deployment } from '../deployment.ts';
import { type DeploymentKey, PodsForbiddenError, readNewestPods, readSelector } from './newest-pods.ts';
import { type PodReason, type PodReasonKind, podMessage, podReason } from './pod-reasons.ts';

/** What keeps a pod of the newest ReplicaSet from running. */
export interface PodTrouble {
  /** Such as `pod cart-7d9c6f-x2x8q: ImagePullBackOff: Back-off pulling image "…"`. */
  readonly message: string;
  /** Whether it has lasted 30 s, by the clock of the service, without growth of the available replicas. */
  readonly stuck: boolean;
}

/** The looks at the pods of one Deployment, for one wait. */
export interface PodWatch {
  /** The trouble that has lasted longest, as of the last look; undefined: none, or there was no look since the start. */
  readonly trouble: PodTrouble | undefined;
  /** Which right would tell the troubles, in words; undefined: the account of the service has it, as far as is known. */
  readonly missingRight: string | undefined;
  /** Tells how many replicas are available now. */
  available(count: number): void;
  stop(): void;
}

export interface PodTiming {
  /** From the start of the first wait to the first look. Most waits end before that. */
  readonly firstMs: number;
  /** The least time between two looks at the pods of one Deployment. */
  readonly everyMs: number;
  /** How long a trouble must last before nothing is expected to end it. */
  readonly stuckMs: number;
}

const TIMING: PodTiming = { firstMs: 3_000, everyMs: 10_000, stuckMs: 30_000 };
/** How many looks may wait for their turn, a quarter of them in one namespace. Further looks are left out. */
const MAX_WAITING = 2_000;
/** How long no look is tried in a namespace after the API server has refused one there. */
const PAUSE_MS = 5 * 60_000;
/** How many namespaces with a pause are remembered. The least recently used is forgotten first. */
const MAX_PAUSES = 1_000;
/** Timers may fire a moment early, and a look must not count as too early for that. */
const EARLY_MS = 5;

/** A refusal in one namespace. */
interface Pause {
  readonly right: string;
  /** On the clock of performance.now(). */
  readonly endsAt: number;
}

/** The trouble of one pod. */
interface Seen {
  readonly kind: PodReasonKind;
  /** When a look first showed it, on the clock of performance.now(). */
  readonly since: number;
}

/** The pods of one Deployment, for all who watch them. */
interface Pods {
  readonly deployment: DeploymentKey;
  readonly watches: Set<Watch>;
  /** undefined: it has not been read yet. */
  selector: string | undefined;
  /** By the uid of the pod. */
  seen: ReadonlyMap<string, Seen>;
  /** The trouble that has lasted longest. */
  worst: (Seen & { readonly message: string }) | undefined;
  /** The start of the last look that had an answer, on the clock of performance.now(). */
  lookedAt: number;
  /** Whether a look has begun, answered or not. */
  begun: boolean;
  /** Of the next look; undefined: a look is under way. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Looks at the pods of Deployments while somebody waits for them, because the status of a Deployment does not tell why
 * its pods do not run. Nothing watches pods: there are many, and they change often. Looks are optional: without the
 * right, under load and in an outage waits go on without them.
 */
export class PodTroubles {
  readonly #api: KubeCalls;
  readonly #log: Logger;
  readonly #timing: PodTiming;
  readonly #turns = new Turns(CALL_PLACES.pods, MAX_WAITING);
  /** By the uid of the Deployment: while it is watched, and until another look would be allowed. */
  readonly #pods = new Map<string, Pods>();
  /** By namespace. */
  readonly #pauses = new LRUCache<string, Pause>({ max: MAX_PAUSES });
  readonly #noteRefusal: (context: object) => void;
  readonly #looks: Looks;
  #stopped = false;

  /** @param timing for tests: other times than in production */
  constructor(api: KubeCalls, log: Logger, timing: PodTiming = TIMING) {
    this.#api = api;
    this.#log = log;
    this.#timing = timing;
    this.#looks = {
      stuckMs: timing.stuckMs,
      missingRight: (namespace) => this.#pauseIn(namespace)?.right,
      ended: (pods) => this.#end(pods),
    };
    this.#noteRefusal = throttled(
      (line) =>
        log.info(
          line,
          'the account of the service may not list replicasets and pods: waits in this namespace do not tell why pods do not run',
        ),
      PAUSE_MS,
    );
  }

  /**
   * Looks at the pods of the newest ReplicaSet soon and then every 10 s, until it is stopped. All who watch the same
   * Deployment share the looks.
   * @param deployment the present one
   * @param onLook called after each look, whether it had an answer or not
   */
  watch(deployment: Deployment, onLook: () => void): PodWatch {
    const pods = this.#pods.get(deployment.uid) ?? this.#begin(deployment);
    const watch = new Watch(pods, onLook, deployment.status.available, this.#looks);
    pods.watches.add(watch);
    return watch;
  }

  /** Makes no further look, and leaves no timer behind. */
  stop(): void {
    this.#stopped = true;
    for (const pods of this.#pods.values()) clearTimeout(pods.timer);
    this.#pods.clear();
  }

  #begin({ namespace, name, uid }: Deployment): Pods {
    const pods: Pods = {
      deployment: { namespace, name, uid },
      watches: new Set(),
      selector: undefined,
      seen: new Map(),
      worst: undefined,
      lookedAt: Number.NEGATIVE_INFINITY,
      begun: false,
      timer: undefined,
    };
    this.#pods.set(uid, pods);
    this.#schedule(pods, this.#timing.firstMs);
    return pods;
  }

  /** Forgets pods that nobody watches, unless they were looked at: those stay until another look would be allowed. */
  #end(pods: Pods): void {
    if (pods.watches.size > 0 || pods.begun) return;
    clearTimeout(pods.timer);
    this.#pods.delete(pods.deployment.uid);
  }

  #schedule(pods: Pods, ms: number): void {
    if (this.#stopped) return;
    pods.timer = setTimeout(() => {
      pods.timer = undefined;
      if (pods.watches.size > 0) void this.#look(pods);
      else this.#pods.delete(pods.deployment.uid);
    }, ms);
  }

  async #look(pods: Pods): Promise<void> {
    const { namespace } = pods.deployment;
    let startedAt = performance.now();
    pods.begun = true;
    try {
      // Deployments of one namespace do not keep those of others from their turns.
      await this.#turns.run(namespace, async () => {
        startedAt = performance.now();
        // While this look waited, everybody may have gone, or another look been refused.
        if (pods.watches.size > 0 && this.#pauseIn(namespace) === undefined)
          await this.#read(pods, startedAt);
      });
    } catch (error) {
      this.#failed(namespace, error);
    }
    this.#schedule(pods, Math.max(0, startedAt + this.#timing.everyMs - performance.now()));
    for (const watch of [...pods.watches]) watch.onLook();
  }

  async #read(pods: Pods, startedAt: number): Promise<void> {
    const { deployment } = pods;
    pods.selector ??= await readSelector(this.#api, deployment);
    const items =
      pods.selector === undefined ? [] : await readNewestPods(this.#api, deployment, pods.selector);
    const seen = new Map<string, Seen>();
    let worst: { name: string; reason: PodReason; seen: Seen } | undefined;
    for (const item of items) {
      const { uid, name } = isObject(item.metadata) ? item.metadata : {};
      const before = pods.seen.get(String(uid));
      const reason = podReason(item, before?.kind);
      if (reason === undefined) continue;
      const now = before?.kind === reason.kind ? before : { kind: reason.kind, since: startedAt };
      seen.set(String(uid), now);
      if (worst === undefined || now.since < worst.seen.since)
        worst = { name: String(name), reason, seen: now };
    }
    pods.seen = seen;
    pods.worst = worst && { ...worst.seen, message: podMessage(worst.name, worst.reason) };
    pods.lookedAt = startedAt;
  }

  #pauseIn(namespace: string): Pause | undefined {
    const pause = this.#pauses.get(namespace);
    return pause !== undefined && performance.now() < pause.endsAt ? pause : undefined;
  }

  #failed(namespace: string, error: unknown): void {
    if (error instanceof PodsForbiddenError) {
      const right = `the service may not ${error.right} in the namespace "${namespace}", which would tell why`;
      this.#pauses.set(namespace, { right, endsAt: performance.now() + PAUSE_MS });
      this.#noteRefusal({ namespace, pauseMs: PAUSE_MS });
      return;
    }
    this.#log.debug(
      { namespace, reason: error instanceof Error ? error.message : String(error) },
      'could not look at the pods of a Deployment',
    );
  }
}

/** What all watches of a cluster share. */
interface Looks {
  readonly stuckMs: number;
  missingRight(namespace: string): string | undefined;
  /** A watch of these pods has ended. */
  ended(pods: Pods): void;
}

class Watch implements PodWatch {
  readonly #pods: Pods;
  readonly #looks: Looks;
  readonly onLook: () => void;
  readonly #beganAt = performance.now();
  /** The most replicas that have been available since the start, and when that was reached. */
  #most: number;
  #grownAt = this.#beganAt;

  constructor(pods: Pods, onLook: () => void, available: number, looks: Looks) {
    this.#pods = pods;
    this.onLook = onLook;
    this.#most = available;
    this.#looks = looks;
  }

  get trouble(): PodTrouble | undefined {
    const { worst, lookedAt } = this.#pods;
    // An earlier look does not count: the write before this wait may have changed what it saw.
    if (worst === undefined || lookedAt <= this.#beganAt) return undefined;
    const lastedMs = lookedAt - Math.max(worst.since, this.#grownAt);
    return { message: worst.message, stuck: lastedMs >= this.#looks.stuckMs - EARLY_MS };
  }

  get missingRight(): string | undefined {
    return this.#looks.missingRight(this.#pods.deployment.namespace);
  }

  available(count: number): void {
    if (count <= this.#most) return;
    this.#most = count;
    this.#grownAt = performance.now();
  }

  stop(): void {
    if (this.#pods.watches.delete(this)) this.#looks.ended(this.#pods);
  }
}
