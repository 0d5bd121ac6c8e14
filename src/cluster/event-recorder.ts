import { LRUCache } from 'lru-cache';
import type { KubeCalls } from '../kube/client/circuit.ts';
import { Turns } from '../kube/client/turns.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttled } from '../lib/throttled.ts';
import { CALL_PLACES } from './call-places.ts';
import type { ScaleResult } from './scaler.ts';

/** A change of a replica count, as somebody reads it in `kubectl describe deployment`. */
export interface Scaling {
  readonly namespace: string;
  readonly deployment: string;
  readonly user: string;
  /** Before the change, as the cache knew it; undefined where it did not. */
  readonly from: number | undefined;
  readonly result: ScaleResult;
}

const DEADLINE_MS = 2_000;
/** Events that wait for their turn, a quarter of them of one user; more are left out. */
const MAX_WAITING = 400;
/** How long a namespace gets no Events after the API server refused one there. */
const PAUSE_MS = 5 * 60_000;
/**
 * When so many namespaces are paused, the account probably lacks the right everywhere. Namespaces that have never had an
 * Event are then not tried, so that the lack costs no call for each of them.
 */
const MAX_PAUSES = 100;
/** Namespaces that are known to take Events; the one that was scaled least recently is forgotten first. */
const MAX_TAKING = 1_000;
const COMPONENT = 'k8s-deployment-scaler';

/**
 * Puts an Event on a Deployment that was scaled. It is a courtesy: a write never waits for it nor fails with it, under
 * load some are left out, and where the account may not create Events it makes none.
 */
export class EventRecorder {
  readonly #api: KubeCalls;
  readonly #log: Logger;
  readonly #turns = new Turns(CALL_PLACES.events, MAX_WAITING);
  readonly #noteRefusal: (context: object) => void;
  /** When to try again, by namespace; the pause that ends next comes first. */
  readonly #pauses = new Map<string, number>();
  readonly #taking = new LRUCache<string, true>({ max: MAX_TAKING });

  constructor(api: KubeCalls, log: Logger) {
    this.#api = api;
    this.#log = log;
    this.#noteRefusal = throttled(
      (line) => log.info(line, 'the account of the service may not create events: the namespace gets none'),
      PAUSE_MS,
    );
  }

  scaled(scaling: Scaling): void {
    const { namespace, user, from, result } = scaling;
    if (from === result.replicas || this.#isPaused(namespace)) return;
    const failed = (error: unknown) => this.#failed(namespace, error);
    const create = async () => {
      // Another Event may have been refused while this one waited. A refusal is noted before the next one has its turn.
      if (!this.#isPaused(namespace)) await this.#create(scaling).catch(failed);
    };
    this.#turns.run(user, create).catch(failed);
  }

  /** Whether an Event there would probably be refused. */
  #isPaused(namespace: string): boolean {
    const now = performance.now();
    for (const [paused, endsAt] of this.#pauses) {
      if (now < endsAt) break;
      this.#pauses.delete(paused);
    }
    if (this.#pauses.has(namespace)) return true;
    return this.#pauses.size >= MAX_PAUSES && !this.#taking.has(namespace);
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
    this.#taking.set(namespace, true);
  }

  #failed(namespace: string, error: unknown): void {
    if (error instanceof KubeStatusError && error.status === 403) {
      this.#taking.delete(namespace);
      this.#pauses.delete(namespace);
      this.#pauses.set(namespace, performance.now() + PAUSE_MS);
      this.#noteRefusal({ namespace, pauseMs: PAUSE_MS });
      return;
    }
    this.#log.debug(
      { reason: error instanceof Error ? error.message : String(error) },
      'an event was not made',
    );
  }
}
