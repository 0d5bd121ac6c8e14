import type { Logger } from '../../lib/logger.ts';
import type { KubeApi } from '../client/kube-client.ts';
import {
  type KubeObject,
  type OptionalCollection,
  Reflector,
  type ReflectorStore,
  type ReflectorTiming,
} from './reflector.ts';
import { hasReached } from './resource-version.ts';
import { ResourceVersionWaiters } from './resource-version-waiters.ts';

/**
 * Is notified of every change, once the store holds it. If an object was deleted and created again, `deleted` is called
 * first and then `added`.
 */
export interface InformerHandler<T> {
  added(item: T): void;
  updated(item: T, previous: T): void;
  deleted(item: T): void;
}

/** A store whose content can be enumerated, so that the changes of a relist can be derived and reported. */
export interface InformerStore<T extends KubeObject> extends ReflectorStore<T> {
  values(): Iterable<T>;
}

export interface InformerOptions<T extends KubeObject> {
  readonly api: KubeApi;
  /** The path of the collection to mirror, for both list and watch. */
  readonly path: string;
  readonly reduce: (object: unknown) => T;
  readonly store: InformerStore<T>;
  readonly log: Logger;
  /** Called whenever the API server has answered. */
  readonly onContact?: (() => void) | undefined;
  /** As in ReflectorOptions. */
  readonly onRefused?: (() => void) | undefined;
  /** As in ReflectorOptions. */
  readonly optional?: OptionalCollection | undefined;
  readonly timing?: ReflectorTiming | undefined;
}

/**
 * Connects the parts of a cache: the reflector that follows the API server, the store, the handlers and the waiters.
 */
export class Informer<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  readonly #options: InformerOptions<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #waiters = new ResourceVersionWaiters();
  readonly #onProgress = new Set<(resourceVersion: string) => void>();

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.reflector = new Reflector({
      ...options,
      store: this.#announcingStore(options.store),
      onProgress: (resourceVersion) => this.#reached(resourceVersion),
    });
  }

  start(): void {
    this.reflector.start();
  }

  async stop(): Promise<void> {
    this.#waiters.releaseAll();
    await this.reflector.stop();
  }

  /** Subscribes to changes from now on. Returns the function that ends the subscription. */
  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Subscribes to the resourceVersions up to which the store mirrors the collection, from now on. The handlers have been
   * told of every change up to it. It may be told twice, and it goes back if the API server does. Returns the function that
   * ends the subscription.
   */
  addProgressListener(listener: (resourceVersion: string) => void): () => void {
    this.#onProgress.add(listener);
    return () => this.#onProgress.delete(listener);
  }

  /** Whether the store mirrors the collection up to this resourceVersion. */
  hasReached(resourceVersion: string): boolean {
    return hasReached(this.reflector.resourceVersion, resourceVersion);
  }

  /**
   * Waits until the store mirrors the collection up to this resourceVersion.
   * @returns whether that happened within `limitMs`
   */
  waitFor(resourceVersion: string, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#waiters.wait(resourceVersion, this.reflector.resourceVersion, limitMs, signal);
  }

  #reached(resourceVersion: string): void {
    this.#waiters.reached(resourceVersion);
    for (const listener of this.#onProgress) listener(resourceVersion);
  }

  #announcingStore(store: InformerStore<T>): ReflectorStore<T> {
    return {
      get: (namespace, name) => store.get(namespace, name),
      upsert: (item) => {
        const previous = store.get(item.namespace, item.name);
        store.upsert(item);
        this.#announce(previous, item);
      },
      remove: (item) => {
        const previous = store.get(item.namespace, item.name);
        store.remove(item);
        this.#announce(previous, undefined);
      },
      replace: (items) => {
        const before = this.#handlers.size === 0 ? [] : [...store.values()];
        store.replace(items);
        if (this.#handlers.size > 0) this.#announceReplacement(before, items);
      },
    };
  }

  #announceReplacement(before: readonly T[], after: readonly T[]): void {
    const previous = new Map(before.map((item) => [keyOf(item), item]));
    for (const item of after) {
      const known = previous.get(keyOf(item));
      previous.delete(keyOf(item));
      if (known?.resourceVersion !== item.resourceVersion || known.uid !== item.uid)
        this.#announce(known, item);
    }
    for (const item of previous.values()) this.#announce(item, undefined);
  }

  #announce(previous: T | undefined, item: T | undefined): void {
    const replaced = previous !== undefined && item !== undefined && previous.uid !== item.uid;
    if (previous !== undefined && (item === undefined || replaced))
      this.#tell((handler) => handler.deleted(previous));
    if (item === undefined) return;
    if (previous === undefined || replaced) this.#tell((handler) => handler.added(item));
    else this.#tell((handler) => handler.updated(item, previous));
  }

  /** Calls all handlers. If one throws, the others and the reflector continue. */
  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) {
      try {
        call(handler);
      } catch (error) {
        this.#options.log.error({ err: error, path: this.#options.path }, 'a handler of changes failed');
      }
    }
  }
}

function keyOf({ namespace, name }: KubeObject): string {
  return `${namespace}/${name}`;
}
