import type { Informer } from '../../kube/reflector/informer.ts';
import type { KubeObject } from '../../kube/reflector/reflector.ts';
import { isComparable } from '../../kube/reflector/resource-version.ts';
import type { Quota } from '../../lib/quota.ts';
import { sleep } from '../../lib/sleep.ts';
import { DeploymentError, FreshnessError } from '../cluster-errors.ts';

/** How fresh an answer has to be; both may be asked for. */
export interface Freshness {
  /** The API server has confirmed the answer within the last so many seconds. */
  readonly maxAgeSeconds?: number | undefined;
  /** The answer holds every change up to this resourceVersion. */
  readonly minResourceVersion?: string | undefined;
}

/** How long a read waits for the freshness that it asks for: for the cache, and then for the API server. */
export const FRESHNESS_MS = 5_000;

/**
 * Waits until the cache has seen the resourceVersion that is asked for.
 * @param user who asks
 * @param waiting counts the reads that wait: one too many is refused instead
 * @throws FreshnessError
 */
export async function reach<T extends KubeObject>(
  informers: readonly Informer<T>[],
  { minResourceVersion }: Freshness,
  user: string,
  waiting: Quota,
): Promise<void> {
  if (minResourceVersion === undefined) return;
  const [informer, another] = informers;
  // Each namespace has a watch of its own, which need not ever see a resourceVersion of another namespace.
  if (informer === undefined || another !== undefined) throw new FreshnessError('NAMESPACE_NEEDED');
  const current = informer.reflector.resourceVersion;
  if (current !== '' && !isComparable(current)) throw new FreshnessError('OPAQUE_RESOURCE_VERSIONS');
  if (informer.hasReached(minResourceVersion)) return;
  if (!waiting.take(user)) throw new FreshnessError('TOO_MANY_WAITERS');
  try {
    if (!(await informer.waitFor(minResourceVersion, FRESHNESS_MS))) throw new FreshnessError('NOT_REACHED');
  } finally {
    waiting.release(user);
  }
}

/** Whether what these informers' caches hold is older than is asked for. */
export function isOlderThan<T extends KubeObject>(
  { maxAgeSeconds }: Freshness,
  informers: readonly Informer<T>[],
): boolean {
  if (maxAgeSeconds === undefined) return false;
  const oldest = performance.now() - maxAgeSeconds * 1000;
  return informers.some(({ reflector }) => (reflector.lastContactAt ?? Number.NEGATIVE_INFINITY) < oldest);
}

/**
 * A direct read's result; whatever keeps it from the API server means that the freshness cannot be had in time. A read
 * that is shared may be the second in line.
 * @param endsAt on the clock of performance.now()
 */
export async function unlessUnreachable<T>(read: Promise<T>, endsAt: number): Promise<T> {
  const done = new AbortController();
  const late = sleep(endsAt - performance.now(), done.signal).then(() => {
    throw new FreshnessError('NOT_REACHED');
  });
  try {
    return await Promise.race([read, late]);
  } catch (error) {
    throw error instanceof DeploymentError ? error : new FreshnessError('NOT_REACHED', error);
  } finally {
    done.abort();
  }
}
