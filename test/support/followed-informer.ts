import type { Deployment } from '../../src/cluster/deployment.ts';
import type { InformerHandler } from '../../src/kube/reflector/informer.ts';

/** Tells its handlers what a test says, in the way of an informer. */
export class FollowedInformer {
  readonly #handlers: InformerHandler<Deployment>[] = [];
  readonly #listeners: ((resourceVersion: string) => void)[] = [];

  addHandler(handler: InformerHandler<Deployment>): () => void {
    this.#handlers.push(handler);
    return () => {};
  }

  addProgressListener(listener: (resourceVersion: string) => void): () => void {
    this.#listeners.push(listener);
    return () => {};
  }

  added(...items: readonly Deployment[]): this {
    for (const item of items) for (const handler of this.#handlers) handler.added(item);
    return this;
  }

  updated(item: Deployment, previous: Deployment): this {
    for (const handler of this.#handlers) handler.updated(item, previous);
    return this;
  }

  deleted(...items: readonly Deployment[]): this {
    for (const item of items) for (const handler of this.#handlers) handler.deleted(item);
    return this;
  }

  /** Everything up to this resourceVersion has been told. */
  reached(resourceVersion: string): this {
    for (const listener of this.#listeners) listener(resourceVersion);
    return this;
  }
}
