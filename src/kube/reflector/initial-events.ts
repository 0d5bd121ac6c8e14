import type { Listed } from '../client/list-pages.ts';
import type { WatchEvent } from '../client/watch-decoder.ts';
import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { KubeStatusError } from '../kube-errors.ts';
import type { KubeObject } from './reflector.ts';
import { NoInitialEventsError, OutOfOrderError } from './reflector-errors.ts';
import { isProvablyNewer } from './resource-version.ts';

/**
 * Makes a watch begin with the whole state (Kubernetes API concepts, "Streaming lists"). Without a resourceVersion that
 * is at least the state of the moment at which the API server took the request.
 */
export const INITIAL_EVENTS_QUERY = {
  sendInitialEvents: true,
  resourceVersionMatch: 'NotOlderThan',
} as const;

/** The annotation of the bookmark behind the last initial event. */
const END_ANNOTATION = 'k8s.io/initial-events-end';
/** What a refusal of the parameters names, whatever its status. One of RBAC names neither. */
const PARAMETERS = /sendInitialEvents|resourceVersionMatch/;

/**
 * Whether the API server serves watches, but none with initial events: its feature gate WatchList is off (422), or it is
 * older and forbids resourceVersionMatch, or it ignores both parameters.
 */
export function lacksInitialEvents(error: unknown): boolean {
  if (error instanceof NoInitialEventsError) return true;
  if (!(error instanceof KubeStatusError)) return false;
  return error.status === 400 || error.status === 422 || PARAMETERS.test(error.message);
}

/**
 * Reads the state that a watch begins with, up to its end; the events after it are left to be read. The state comes as
 * ADDED events in any order. What changes while it is sent may follow before the end, in order.
 * @throws NoInitialEventsError, OutOfOrderError, KubeMalformedError, or what ends the watch
 */
export async function readInitialEvents<T extends KubeObject>(
  events: AsyncGenerator<WatchEvent, void>,
  reduce: (object: unknown) => T,
): Promise<Listed<T>> {
  const state = new InitialState(reduce);
  for (;;) {
    // Not `for await`, which would close the watch behind the last of them.
    const { value: event } = await events.next();
    if (event === undefined) throw new Error('the watch ended before its initial events did');
    if (event.type !== 'BOOKMARK') state.take(event);
    else return { items: state.items, resourceVersion: endOf(objectAt(event.object, 'metadata')) };
  }
}

class InitialState<T extends KubeObject> {
  readonly #reduce: (object: unknown) => T;
  readonly #items = new Map<string, T>();
  /** Of the last change that followed the state; empty as long as none did. */
  #lastChange = '';

  constructor(reduce: (object: unknown) => T) {
    this.#reduce = reduce;
  }

  get items(): readonly T[] {
    return [...this.#items.values()];
  }

  /** @throws OutOfOrderError or KubeMalformedError */
  take({ type, object }: WatchEvent): void {
    const item = this.#reduce(object);
    const key = `${item.namespace}/${item.name}`;
    if (type !== 'ADDED' || this.#lastChange !== '') {
      if (isProvablyNewer(this.#lastChange, item.resourceVersion)) throw new OutOfOrderError();
      this.#lastChange = item.resourceVersion;
    }
    if (isProvablyNewer(this.#items.get(key)?.resourceVersion ?? '', item.resourceVersion)) {
      throw new OutOfOrderError();
    }
    if (type === 'DELETED') this.#items.delete(key);
    else this.#items.set(key, item);
  }
}

/** An API server that sends initial events sends no bookmark before the one at their end. */
function endOf(metadata: JsonObject): string {
  const { annotations } = metadata;
  if (!isObject(annotations) || annotations[END_ANNOTATION] !== 'true') {
    throw new NoInitialEventsError('the watch has no end of initial events');
  }
  return stringAt(metadata, 'resourceVersion');
}
