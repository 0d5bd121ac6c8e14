import { LRUCache } from 'lru-cache';
import type { KubeCalls } from '../kube/client/circuit.ts';
import { Turns } from '../kube/client/turns.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttled } from '../lib/throttled.ts';
import { CALL_PLACES } from './call-places.ts';
import type { ScaleResult } from './scaler.ts';

/** A change of a replica count, for an Event that `kubectl describe deployment` shows. */
export interface Scaling {
  readonly namespace: string;
  readonly deployment: string;
  readonly user: string;
  /** The count in the cache before the change; undefined: the cache did not hold it. */
  readonly from: number | undefined;
  readonly result: ScaleResult;
}

const DEADLINE_MS = 2_000;
/** How many Events may wait for their turn, a quarter of them for one user. Further Events are dropped. */
const MAX_WAITING = 400;
/** How long no Events are created in a namespace after the API server has refused one there. */
const PAUSE_MS = 5 * 60_000;
/**
 * If this many namespaces are paused, the account probably lacks the right everywhere. The recorder then skips
 * namespaces in which it has not created an Event before, to save a failing call per namespace.
 */
const MAX_PAUSES = 100;
/** How many namespaces that accept Events are remembered. The least recently used is forgotten first. */
const MAX_ACCEPTING = 1_000;
const COMPONENT = 'k8s-deployment-scaler';

/**
 * Creates an Event for a Deployment that was scaled. Events are optional: writes neither wait for them nor fail because
 * of them, some are dropped under load, and none are created if the account may not create them.
 */
export class EventRecorder {
  readonly #api: KubeCalls;
  readonly #log: Logger;
  readonly #turns = new Turns(CALL_PLACES.events, MAX_WAITING);
  readonly #noteRefusal: (context: object) => void;
  /** When each pause ends, by namespace, on the clock of performance.now(). The pause that ends next is first. */
  readonly #pauses = new Map<string, number>();
  readonly #accepting = new LRUCache<string, true>({ max: MAX_ACCEPTING });

  constructor(api: KubeCalls, log: Logger) {
    this.#api = api;
    this.#log = log;
    this.#noteRefusal = throttled(
      (line) =>
        log.info(
          line,
          'the account of the service may not create events: none are created in this namespace',
        ),
      PAUSE_MS,
    );
  }

  scaled(scaling: Scaling): void {
    const { namespace, user, from, result } = scaling;
    if (from === result.replicas || this.#isPaused(namespace)) return;
    const failed = (error: unknown) => this.#failed(namespace, error);
    const create = async () => {
      // Check again: another Event may have been refused while this one waited. Refusals are recorded before the next
      // turn.
      if (!this.#isPaused(namespace)) await this.#create(scaling).catch(failed);
    };
    this.#turns.run(user, create).catch(failed);
  }

  /** Whether an Event in this namespace would probably be refused. */
  #isPaused(namespace: string): boolean {
    const now = performance.now();
    for (const [paused, endsAt] of this.#pauses) {
      if (now < endsAt) break;
      this.#pauses.delete(paused);
    }
    if (this.#pauses.has(namespace)) return true;
    return this.#pauses.size >= MAX_PAUSES && !this.#accepting.has(namespace);
  }

  async #create({ namespace, deployment, user, from, result }: Scaling): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const change = from === undefined ? `to ${result.replicas}` : `from ${from} to ${result.replicas}`;
    await this.#api.call({
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
      deadlineMs: DEADLINE_MS,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { namespace, generateName: 'scaled-' },
        involvedObject: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          namespace,
          name: deployment,
          uid: result.uid,
        },
        type: 'Normal',
        reason: 'Scaled',
        message: `${user} scaled ${change}`,
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
    this.#accepting.set(namespace, true);
  }

  #failed(namespace: string, error: unknown): void {
    if (error instanceof KubeStatusError && error.status === 403) {
      this.#accepting.delete(namespace);
      this.#pauses.delete(namespace);
      this.#pauses.set(namespace, performance.now() + PAUSE_MS);
      this.#noteRefusal({ namespace, pauseMs: PAUSE_MS });
      return;
    }
    this.#log.debug(
      { reason: error instanceof Error ? error.message : String(error) },
      'could not create an event',
    );
  }
}
