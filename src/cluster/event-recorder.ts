import type { KubeCalls } from '../kube/client/circuit.ts';
import { Turns } from '../kube/client/turns.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import type { Logger } from '../lib/logger.ts';
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
/** After the API server said that the account may not create events. */
const PAUSE_MS = 5 * 60_000;
const COMPONENT = 'k8s-deployment-scaler';

/**
 * Puts an Event on a Deployment that was scaled. It is a courtesy: a write never waits for it nor fails with it, under
 * load some are left out, and an account that may not create events simply makes none.
 */
export class EventRecorder {
  readonly #api: KubeCalls;
  readonly #log: Logger;
  readonly #turns = new Turns(CALL_PLACES.events, MAX_WAITING);
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(api: KubeCalls, log: Logger) {
    this.#api = api;
    this.#log = log;
  }

  scaled(scaling: Scaling): void {
    if (scaling.from === scaling.result.replicas || performance.now() < this.#pausedUntil) return;
    this.#turns.run(scaling.user, () => this.#create(scaling)).catch((error) => this.#failed(error));
  }

  #create({ namespace, deployment, user, from, result }: Scaling): Promise<unknown> {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const change = from === undefined ? `to ${result.replicas}` : `from ${from} to ${result.replicas}`;
    return this.#api.call({
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
  }

  #failed(error: unknown): void {
    if (error instanceof KubeStatusError && error.status === 403) {
      if (performance.now() >= this.#pausedUntil) {
        this.#log.info(
          { pauseMs: PAUSE_MS },
          'the account of the service may not create events: none are made',
        );
      }
      this.#pausedUntil = performance.now() + PAUSE_MS;
      return;
    }
    this.#log.debug(
      { reason: error instanceof Error ? error.message : String(error) },
      'an event was not made',
    );
  }
}
