import type { Listed } from '../client/list-pages.ts';
import type { WatchEvent } from '../client/watch-decoder.ts';
import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { KubeStatusError } from '../kube-errors.ts';
import type { KubeObject } from './reflector.ts';
import { NoInitialEventsError, OutOfOrderError } from './reflector-errors.ts';
import { isProvablyNewer } from './resource-version.ts';

/**
 * Makes a watch begin with the whole state (Kubernetes API concepts, "Streaming lists"). Because there is no
 * resourceVersion, this state is at least as new as the request.
 */
export const INITIAL_EVENTS_QUERY = {
  sendInitialEvents: true,
  resourceVersionMatch: 'NotOlderThan',
} as const;

/** The annotation of the bookmark that follows the last initial event. */
const END_ANNOTATION = 'k8s.io/initial-events-end';
/**
 * The message names one of these if the API server refuses the parameters, whatever the status. RBAC denials do not.
 */
const PARAMETERS = /sendInitialEvents|resourceVersionMatch/;

/**
 * Whether the API server serves watches, but not with initial events: the feature gate WatchList is off (422), or the
 * server is older and either forbids resourceVersionMatch or ignores both parameters.
 */
export function lacksInitialEvents(error: unknown): boolean {
  if (error instanceof NoInitialEventsError) return true;
  if (!(error instanceof KubeStatusError)) return false;
  return error.status === 400 || error.status === 422 || PARAMETERS.test(error.message);
}

/**
 * Reads the state at the beginning of a watch, and leaves the later events unread. The state arrives as ADDED events in
 * any order. Changes that happen while it is sent may follow before its end, in order.
 * @throws NoInitialEventsError, OutOfOrderError, KubeMalformedError, or the error that ends the watch
 */
export async function readInitialEvents<T extends KubeObject>(
  events: AsyncGenerator<WatchEvent, void>,
  reduce: (object: unknown) => T,
): Promise<Listed<T>> {
  const state = new InitialState(reduce);
  for (;;) {
    // Do not use `for await` here: it would close the watch after the loop.
    const { value: event } = await events.next();
    if (event === undefined) throw new Error('the watch ended before its initial events did');
    if (event.type !== 'BOOKMARK') state.take(event);
    else return { items: state.items, resourceVersion: endOf(objectAt(event.object, 'metadata')) };
  }
}

class InitialState<T extends KubeObject> {
  readonly #reduce: (object: unknown) => T;
  readonly #items = new Map<string, T>();
  /** The resourceVersion of the last change after the state; empty: no change has followed yet. */
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

/** The resourceVersion of the bookmark at the end of the initial events. Any other bookmark before it is an error. */
function endOf(metadata: JsonObject): string {
  const { annotations } = metadata;
  if (!isObject(annotations) || annotations[END_ANNOTATION] !== 'true') {
    throw new NoInitialEventsError('the watch has no end of initial events');
  }
  return stringAt(metadata, 'resourceVersion');
}
