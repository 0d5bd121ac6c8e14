import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeploymentError, FreshnessError, KubeTimeoutError } from '../../src/cluster/errors.ts';
import { reach, unlessUnreachable } from '../../src/cluster/freshness.ts';
import { Mirror } from './helpers/mirror.ts';
import { deployment } from './helpers/objects.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('minResourceVersion', () => {
  it('is refused where the resourceVersions of the API server are opaque: they cannot be compared', async () => {
    const mirror = new Mirror();
    await mirror.synced('opaque-7', deployment('a', 'opaque-3'));
    await expect(reach([mirror.informer], { minResourceVersion: '5' })).rejects.toMatchObject({
      code: 'OPAQUE_RESOURCE_VERSIONS',
    });
    await mirror.stop();
  });
});

describe('a direct read', () => {
  const end = () => performance.now() + 1_000;

  it('is given up at its end, though the read before it in line still runs', async () => {
    const read = expect(unlessUnreachable(new Promise(() => {}), end())).rejects.toThrow(FreshnessError);
    await vi.advanceTimersByTimeAsync(1_000);
    await read;
  });

  it('that comes in time is what it is, and leaves no timer', async () => {
    expect(await unlessUnreachable(Promise.resolve(3), end())).toBe(3);
  });

  it('that fails means that the freshness cannot be had, unless there is no such Deployment', async () => {
    const failed = unlessUnreachable(Promise.reject(new KubeTimeoutError(true, 4_000)), end());
    await expect(failed).rejects.toThrow(FreshnessError);
    const missing = unlessUnreachable(Promise.reject(new DeploymentError('NOT_FOUND', 'a', 'b')), end());
    await expect(missing).rejects.toThrow(DeploymentError);
  });
});
