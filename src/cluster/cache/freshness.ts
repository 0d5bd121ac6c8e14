import type { Informer } from '../../kube/reflector/informer.ts';
import type { KubeObject } from '../../kube/reflector/reflector.ts';
import { isComparable } from '../../kube/reflector/resource-version.ts';
import type { Quota } from '../../lib/quota.ts';
import { sleep } from '../../lib/sleep.ts';
import { DeploymentError, FreshnessError } from '../cluster-errors.ts';

/** How fresh an answer must be. A caller may set both. */
export interface Freshness {
  /** The API server must have confirmed the answer within this number of seconds. */
  readonly maxAgeSeconds?: number | undefined;
  /** The answer must contain every change up to this resourceVersion. */
  readonly minResourceVersion?: string | undefined;
}

/** How long a read waits for its freshness in total: for the cache, and then for the API server. */
export const FRESHNESS_MS = 5_000;

/**
 * Waits until the cache has seen the required resourceVersion.
 * @param user who makes the read
 * @param waiting counts the waiting reads; a read beyond the quota is refused
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
  // Each namespace has its own watch, which may never see a resourceVersion of another namespace.
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

/** Whether the state that these informers hold is older than `maxAgeSeconds` allows. */
export function isOlderThan<T extends KubeObject>(
  { maxAgeSeconds }: Freshness,
  informers: readonly Informer<T>[],
): boolean {
  if (maxAgeSeconds === undefined) return false;
  const oldest = performance.now() - maxAgeSeconds * 1000;
  return informers.some(({ reflector }) => (reflector.lastContactAt ?? Number.NEGATIVE_INFINITY) < oldest);
}

/**
 * The result of a direct read. Any failure to get an answer of the API server in time becomes a FreshnessError. The
 * deadline of the read itself is not enough: a shared read may have to wait for the one before it.
 * @param endsAt the deadline, on the clock of performance.now()
 * @throws FreshnessError or DeploymentError
 */
export async function withFreshnessDeadline<T>(read: Promise<T>, endsAt: number): Promise<T> {
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
