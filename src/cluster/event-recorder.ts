import { LRUCache } from 'lru-cache';
import type { KubeCalls } from '../kube/client/circuit.ts';
import { Turns } from '../kube/client/turns.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttled } from '../lib/throttled.ts';
import { CALL_PLACES } from './call-places.ts';
import type { Deployment } from './deployment.ts';
import type { CountChange } from './ownership/count-history.ts';
import type { Fight } from './ownership/fight.ts';
import type { ScaleResult } from './scaler.ts';

/** A change of a replica count, for an Event that `kubectl describe deployment` shows. */
export interface Scaling {
  readonly namespace: string;
  readonly deployment: string;
  readonly user: string;
  /** The count before the change, as far as it is known. */
  readonly from: number | undefined;
  readonly result: Pick<ScaleResult, 'uid' | 'replicas'>;
  /** The id of the batch that it is of; undefined: of none. */
  readonly batch: string | undefined;
}

/** What an Event says. */
interface Note {
  readonly namespace: string;
  readonly deployment: string;
  readonly uid: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /**
   * Of the Event, if every replica notes the same: the API server then takes the first and refuses the others. Undefined:
   * the API server makes one.
   */
  readonly name?: string;
}

const DEADLINE_MS = 2_000;
/** How many Events may wait for their turn, a quarter of them for one user: those of a batch. Others are dropped. */
const MAX_WAITING = 4_000;
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
 * Creates an Event for a Deployment that was scaled, overridden or is fought over. Events are optional: writes neither wait
 * for them nor fail because of them, some are dropped under load, and none are created if the account may not create them.
 */
export class EventRecorder {
  readonly #api: KubeCalls;
  readonly #log: Logger;
  readonly #turns = new Turns(CALL_PLACES.events, MAX_WAITING);
  readonly #noteRefusal: (context: object) => void;
  /** When each pause ends, by namespace, on the clock of performance.now(). The pause that ends next is first. */
  readonly #pauses = new Map<string, number>();
  readonly #accepting = new LRUCache<string, true>({ max: MAX_ACCEPTING });
  readonly #deadlineMs: number;

  /** @param deadlineMs the time to create an Event, for tests */
  constructor(api: KubeCalls, log: Logger, deadlineMs = DEADLINE_MS) {
    this.#api = api;
    this.#log = log;
    this.#deadlineMs = deadlineMs;
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
    this.#scaled(scaling, `${scaling.user} scaled ${changeIn(scaling)}`);
  }

  /** A change that is probably a write whose outcome was unknown. */
  landed(scaling: Scaling): void {
    const who = `probably for ${scaling.user}, who was told that the outcome is unknown`;
    this.#scaled(scaling, `${COMPONENT} scaled ${changeIn(scaling)}, ${who}`);
  }

  #scaled({ namespace, deployment, user, from, result: { uid, replicas } }: Scaling, message: string): void {
    if (from === replicas) return;
    this.#note(user, { namespace, deployment, uid, type: 'Normal', reason: 'Scaled', message });
  }

  /** @param deployment as it was right after the change, by somebody else, of a count that the service had set */
  overridden(deployment: Deployment, { from, to, manager }: CountChange): void {
    const by = manager ?? 'an unknown field manager';
    const message = `${by} set ${to}, less than 5 minutes after ${COMPONENT} had set ${from}`;
    this.#note(by, shared(deployment, 'ReplicasOverridden', message));
  }

  /** @param deployment as it was right after the change with which the fight began */
  contested(deployment: Deployment, { between: [first, second], switches }: Fight): void {
    const message = `${first} and ${second} set the count in turn: it passed from one to the other ${switches} times within 10 minutes`;
    this.#note(first, shared(deployment, 'ReplicasContested', message));
  }

  /** @param identity takes turns with others */
  #note(identity: string, note: Note): void {
    const { namespace } = note;
    if (this.#isPaused(namespace)) return;
    const failed = (error: unknown) => this.#failed(namespace, error);
    const create = async () => {
      // Check again: another Event may have been refused while this one waited. Refusals are recorded before the next
      // turn.
      if (!this.#isPaused(namespace)) await this.#create(note).catch(failed);
    };
    this.#turns.run(identity, create).catch(failed);
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

  async #create({ namespace, deployment, uid, type, reason, message, name }: Note): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        namespace,
        ...(name === undefined ? { generateName: `${reason.toLowerCase()}-` } : { name }),
      },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: deployment, uid },
      type,
      reason,
      message,
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    try {
      await this.#api.call({ method: 'POST', path, deadlineMs: this.#deadlineMs, body });
    } catch (error) {
      const isThere = error instanceof KubeStatusError && error.status === 409 && name !== undefined;
      if (!isThere) throw error;
    }
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

function changeIn({ from, result: { replicas }, batch }: Scaling): string {
  const change = from === undefined ? `to ${replicas}` : `from ${from} to ${replicas}`;
  return batch === undefined ? change : `${change} in batch ${batch}`;
}

/** A warning of which every replica makes the same Event. */
function shared({ namespace, name, uid, generation }: Deployment, reason: string, message: string): Note {
  const event = `${reason.toLowerCase()}-${uid}-${generation}`;
  return { namespace, deployment: name, uid, type: 'Warning', reason, message, name: event };
}
