import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../src/kube/kube-errors.ts';
import { apiObject, deployment } from '../../support/deployment-objects.ts';
import { ScriptedWrites, scaleOf } from '../../support/scripted-writes.ts';

const PATH = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
const conflict = new KubeStatusError(409, 'Conflict', 'the object has been modified');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');
const reset = new KubeUnreachableError(true, 'read ECONNRESET');

let writes: ScriptedWrites;

beforeEach(() => {
  vi.useFakeTimers();
  writes = new ScriptedWrites();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a write that may have happened', () => {
  const ends = [
    ['timed out after it was sent', new KubeTimeoutError(true, 5_000)],
    ['lost its connection', reset],
    ['was answered with something other than a Scale', new KubeMalformedError('not JSON')],
    ['was answered 504', new KubeStatusError(504, 'Timeout', 'request did not complete')],
    // What kube-apiserver answers while its etcd hangs.
    ['was answered 500', new KubeStatusError(500, '', 'context deadline exceeded')],
    ['was answered 502 by a proxy', new KubeStatusError(502, '', '<html>Bad Gateway</html>')],
    ['was answered 503 by a proxy', new KubeStatusError(503, '', 'upstream connect error')],
    [
      'was answered 503 by a proxy of Kubernetes',
      new KubeStatusError(503, 'ServiceUnavailable', 'error trying to reach service: unexpected EOF'),
    ],
    ['was answered 408 by a proxy', new KubeStatusError(408, '', '<html>Request Timeout</html>')],
  ] as const;

  it.each(ends)(
    'because it %s is followed by a read, and succeeds if the read returns the requested count',
    async (_, error) => {
      expect(await writes.answered(error, scaleOf(3, '50'))).toMatchObject({
        result: { replicas: 3, resourceVersion: '50' },
      });
      expect(writes.methods).toEqual(['PATCH', 'GET']);
      expect(writes.api.requests[1]?.request).toEqual({ path: PATH, deadlineMs: 2_000 });
    },
  );

  it.each([
    ['does not serve', new KubeStatusError(503, 'ServiceUnavailable', 'apiserver is shutting down')],
    [
      'has no place for it',
      new KubeStatusError(429, 'TooManyRequests', 'too many requests, try again later'),
    ],
    [
      'cannot call a webhook',
      new KubeStatusError(500, 'InternalError', 'Internal error occurred: failed calling webhook "a.b"'),
    ],
  ])('is not one that was refused before, because the API server %s', async (_, error) => {
    expect(await writes.answered(error)).toMatchObject({ error });
    expect(writes.methods).toEqual(['PATCH']);
  });

  it.each(ends)('because it %s is OUTCOME_UNKNOWN if the read returns another count', async (_, error) => {
    expect((await writes.answered(error, scaleOf(1))).error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it.each(ends)('because it %s is OUTCOME_UNKNOWN if the read fails', async (_, error) => {
    const outcome = await writes.answered(error, refused);
    expect(outcome.error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(writes.methods).toEqual(['PATCH', 'GET']);
  });

  it.each(ends)(
    'because it %s is OUTCOME_UNKNOWN if another Deployment of that name has the count',
    async (_, error) => {
      writes.order = { precondition: () => true };
      const before = apiObject(deployment('web', '41', { namespace: 'shop', replicas: 1 }));
      const another = { ...scaleOf(3), metadata: { uid: 'another', resourceVersion: '50' } };
      expect((await writes.answered(before, error, another)).error).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
      });
      expect(await writes.answered(before, error, scaleOf(3, '50'))).toMatchObject({
        result: { resourceVersion: '50', replaced: 1 },
      });
    },
  );

  it.each([
    ['is not an object', []],
    ['has no resourceVersion', { ...scaleOf(3), metadata: { uid: 'u' } }],
    ['has no spec', { ...scaleOf(3), spec: undefined }],
    ['has a count that is not a number', { ...scaleOf(3), spec: { replicas: '3' } }],
  ])('because the answer %s is followed by a read', async (_, answer) => {
    expect(await writes.answered(answer, scaleOf(3))).toMatchObject({ result: { replicas: 3 } });
    expect(writes.methods).toEqual(['PATCH', 'GET']);
  });

  it('is never sent a second time', async () => {
    await writes.answered(conflict, reset, scaleOf(1));
    expect(writes.methods).toEqual(['PATCH', 'PATCH', 'GET']);
  });
});

describe('the time of a write', () => {
  it('is 5 s for all its attempts together', async () => {
    const outcome = writes.begin();
    const first = await writes.api.nextCall();
    await vi.advanceTimersByTimeAsync(3_000);
    await first.fail(conflict);
    await vi.advanceTimersByTimeAsync(200);
    const second = await writes.api.nextCall();
    expect(second.request.deadlineMs).toBeLessThanOrEqual(1_980);
    await second.answer(scaleOf(3));
    expect(outcome).toHaveProperty('result');
  });

  it('is never exceeded by a retry: the last error is reported instead', async () => {
    const outcome = writes.begin();
    const first = await writes.api.nextCall();
    await vi.advanceTimersByTimeAsync(4_999);
    await first.fail(conflict);
    expect(outcome).toMatchObject({ error: { code: 'CONFLICT' } });
  });

  it('that ends before the write is sent causes a timeout, not an unknown outcome', async () => {
    const timeout = new KubeTimeoutError(false, 5_000);
    const outcome = await writes.answered(timeout);
    expect(outcome.error).toBe(timeout);
    expect(writes.methods).toEqual(['PATCH']);
  });

  it('is at most 7 s, including the read after it, if the API server never answers', async () => {
    // The client enforces deadlines. This stand-in uses the whole deadline of each call.
    vi.spyOn(writes.api, 'call').mockImplementation(
      ({ deadlineMs }) =>
        new Promise((_, reject) => {
          setTimeout(() => reject(new KubeTimeoutError(true, deadlineMs)), deadlineMs);
        }),
    );
    const outcome = writes.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(outcome).toMatchObject({ error: { code: 'OUTCOME_UNKNOWN' }, afterMs: 7_000 });
  });
});
