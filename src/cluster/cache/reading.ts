import type { Informer } from '../../kube/reflector/informer.ts';
import type { KubeObject } from '../../kube/reflector/reflector.ts';
import { newestOf } from '../../kube/reflector/resource-version.ts';

/** The result of a read, and how old it is. */
export interface Reading<T> {
  readonly value: T;
  /** Milliseconds since the API server confirmed that this is its state. */
  readonly ageMs: number;
  /** The resourceVersion of the newest Deployment that was seen; empty if none was. */
  readonly resourceVersion: string;
  /** For lists: watched namespaces whose Deployments the account of the service may not list. */
  readonly unavailable: readonly string[];
}

/** The JSON answer that lists Deployments. Readings of the same list share a buffer, until the list changes. */
export interface ListReading extends Reading<Buffer> {
  /** The namespaces that it shows; undefined: all. */
  readonly shown: readonly string[] | undefined;
}

/** A reading from the caches of these informers: it is as old as the oldest of them. */
export function reading<T, O extends KubeObject>(
  value: T,
  informers: readonly Informer<O>[],
  unavailable: readonly string[],
): Reading<T> {
  let contact = Number.POSITIVE_INFINITY;
  let resourceVersion = '';
  for (const { reflector } of informers) {
    contact = Math.min(contact, reflector.lastContactAt ?? Number.NEGATIVE_INFINITY);
    resourceVersion = newestOf(resourceVersion, reflector.newestObject);
  }
  return { value, resourceVersion, ageMs: performance.now() - contact, unavailable };
}
