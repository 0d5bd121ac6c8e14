import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reach, withFreshnessDeadline } from '../../../../src/cluster/cache/freshness.ts';
import { DeploymentError, FreshnessError } from '../../../../src/cluster/cluster-errors.ts';
import { KubeTimeoutError } from '../../../../src/kube/kube-errors.ts';
import { Quota } from '../../../../src/lib/quota.ts';
import { Mirror } from '../../../support/kube/mirror.ts';
import { eventLine, widget } from '../../../support/kube/objects.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('minResourceVersion', () => {
  it('is refused if the resourceVersions of the API server are opaque, because they cannot be compared', async () => {
    const mirror = new Mirror();
    await mirror.synced('opaque-7', widget('a', 'opaque-3'));
    await expect(
      reach([mirror.informer], { minResourceVersion: '5' }, 'alice', new Quota(2, 1)),
    ).rejects.toMatchObject({
      code: 'OPAQUE_RESOURCE_VERSIONS',
    });
    await mirror.stop();
  });

  it('lets a limited number of reads wait per user and in total, and refuses further ones at once', async () => {
    const mirror = new Mirror();
    const watch = await mirror.synced('10', widget('a', '10'));
    const waiting = new Quota(3, 2);
    const read = (user: string, minResourceVersion = '11') =>
      reach([mirror.informer], { minResourceVersion }, user, waiting);
    const tooMany = { code: 'TOO_MANY_WAITERS' };
    const begun = [read('alice'), read('alice')];
    await expect(read('alice')).rejects.toMatchObject(tooMany);
    begun.push(read('bob'));
    await expect(read('carol')).rejects.toMatchObject(tooMany);
    // A resourceVersion that the cache has seen already needs no wait.
    await read('alice', '10');
    await watch.send(eventLine('ADDED', widget('b', '11')));
    await Promise.all(begun);
    const late = expect(read('alice', '12')).rejects.toMatchObject({ code: 'NOT_REACHED' });
    await vi.advanceTimersByTimeAsync(5_000);
    await late;
    // All reads have released their places.
    const again = [read('alice', '12'), read('alice', '12'), read('bob', '12')];
    await watch.send(eventLine('ADDED', widget('c', '12')));
    await Promise.all(again);
    await mirror.stop();
  });
});

describe('a direct read', () => {
  const end = () => performance.now() + 1_000;

  it('ends at its deadline, even if the read ahead of it still runs', async () => {
    const read = expect(withFreshnessDeadline(new Promise(() => {}), end())).rejects.toThrow(FreshnessError);
    await vi.advanceTimersByTimeAsync(1_000);
    await read;
  });

  it('returns a result that arrives in time, and leaves no timer behind', async () => {
    expect(await withFreshnessDeadline(Promise.resolve(3), end())).toBe(3);
  });

  it('fails with a FreshnessError on any error, except if the Deployment does not exist', async () => {
    const failed = withFreshnessDeadline(Promise.reject(new KubeTimeoutError(true, 4_000)), end());
    await expect(failed).rejects.toThrow(FreshnessError);
    const missing = withFreshnessDeadline(Promise.reject(new DeploymentError('NOT_FOUND', 'a', 'b')), end());
    await expect(missing).rejects.toThrow(DeploymentError);
  });
});
