import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeploymentError } from '../../../src/cluster/cluster-errors.ts';
import { Scaler } from '../../../src/cluster/scaler.ts';
import { KubeStatusError, KubeUnreachableError } from '../../../src/kube/kube-errors.ts';
import { ScriptedWrites, scaleOf } from '../../support/scripted-writes.ts';

const conflict = new KubeStatusError(409, 'Conflict', 'the object has been modified');
const unauthorized = new KubeStatusError(401, 'Unauthorized', 'Unauthorized');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');

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

describe('a write', () => {
  it('applies only the count, through the scale subresource, under its own field manager', async () => {
    await writes.answered(scaleOf(3));
    expect(writes.api.requests).toHaveLength(1);
    expect(writes.api.requests[0]?.request).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/web/scale',
      query: { fieldManager: 'k8s-deployment-scaler', force: true },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { replicas: 3 },
      },
      deadlineMs: 5_000,
      onWarning: expect.any(Function),
    });
  });

  it('returns the count and the resourceVersion from the answer of the API server', async () => {
    expect(await writes.answered(scaleOf(4, '77'))).toMatchObject({
      result: { uid: 'uid-of-web', replicas: 4, resourceVersion: '77' },
    });
  });

  it('reads a Scale without a count as 0', async () => {
    const answer = { ...scaleOf(3), spec: {} };
    expect(await writes.answered(answer)).toMatchObject({ result: { replicas: 0 } });
  });

  it('escapes unusual names within their path segments', async () => {
    writes.api.respond = () => scaleOf(3);
    await new Scaler(writes.api).scale({ namespace: 'a/b', deployment: '..?x', replicas: 3, user: 'alice' });
    expect(writes.api.requests[0]?.request.path).toBe(
      '/apis/apps/v1/namespaces/a%2Fb/deployments/..%3Fx/scale',
    );
  });
});

describe('a write that certainly changed nothing', () => {
  it.each([
    ['of a conflict', conflict],
    ['the connection was refused', refused],
  ])('because %s is retried, and succeeds', async (_, error) => {
    expect(await writes.answered(error, error, scaleOf(3))).toMatchObject({ result: { replicas: 3 } });
    expect(writes.methods).toEqual(['PATCH', 'PATCH', 'PATCH']);
  });

  it('because of a conflict is tried six times, with waits between the attempts, and then fails as a conflict', async () => {
    const outcome = await writes.answered(conflict);
    expect(outcome.error).toMatchObject({ code: 'CONFLICT', namespace: 'shop', deployment: 'web' });
    expect(writes.methods).toEqual(Array.from({ length: 6 }, () => 'PATCH'));
    const waits = writes.api.requests
      .slice(1)
      .map(({ at }, index) => at - (writes.api.requests[index]?.at ?? at));
    expect(waits.every((wait) => wait >= 20 && wait <= 600)).toBe(true);
  });

  it('because the API server stays unreachable fails as unreachable', async () => {
    const outcome = await writes.answered(refused);
    expect(outcome.error).toBe(refused);
    expect(writes.methods).not.toContain('GET');
  });

  it.each([
    ['at first', []],
    ['after a conflict', [conflict]],
    ['after a refused connection', [refused]],
  ])('because of a 401 %s is retried once, with credentials that were read again', async (_, before) => {
    expect(await writes.answered(...before, unauthorized, scaleOf(3))).toMatchObject({
      result: { replicas: 3 },
    });
    expect(writes.api.reloads).toBe(1);
  });

  it('because of a second 401 fails with that 401', async () => {
    const outcome = await writes.answered(unauthorized);
    expect(outcome.error).toBe(unauthorized);
    expect(writes.api).toMatchObject({ reloads: 1, requests: { length: 2 } });
  });
});

describe('a refusal', () => {
  it.each([
    { status: 404, message: 'deployments.apps "web" not found', code: 'NOT_FOUND' },
    { status: 403, message: 'deployments.apps "web" is forbidden: User "x" cannot patch', code: 'FORBIDDEN' },
  ])(
    'with $status becomes $code, without the message of the API server',
    async ({ status, message, code }) => {
      const { error } = await writes.answered(new KubeStatusError(status, '', message));
      expect(error).toBeInstanceOf(DeploymentError);
      expect(error).toMatchObject({ code, message: code });
      expect(writes.methods).toEqual(['PATCH']);
    },
  );

  it.each([
    {
      by: 'validation',
      status: 422,
      message: 'Scale.autoscaling "web" is invalid: spec.replicas',
      reason: 'the Deployment would not be valid',
    },
    {
      by: 'a webhook with 403',
      status: 403,
      message: 'admission webhook "limit.example.com" denied the request: at most 10',
      reason: 'at most 10',
    },
    {
      by: 'a webhook with 400 and several lines',
      status: 400,
      message: 'admission webhook "limit.example.com" denied the request: first\nsecond',
      reason: 'first\nsecond',
    },
    {
      by: 'a webhook with 500',
      status: 500,
      message: 'admission webhook "limit.example.com" denied the request: at most 10',
      reason: 'at most 10',
    },
    {
      by: 'a ValidatingAdmissionPolicy',
      status: 422,
      message:
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many",
      reason: 'too many',
    },
    {
      by: 'a ValidatingAdmissionPolicy that says Forbidden',
      status: 403,
      message:
        "\"web\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many",
      reason: 'too many',
    },
  ])('by $by becomes ADMISSION_REFUSED with its reason', async ({ status, message, reason }) => {
    const { error } = await writes.answered(new KubeStatusError(status, 'Invalid', message));
    expect(error).toMatchObject({ code: 'ADMISSION_REFUSED', message: reason });
    expect(writes.methods).toEqual(['PATCH']);
  });

  it.each([
    [429, 'TooManyRequests'],
    [503, 'ServiceUnavailable'],
  ])('with %i is passed on with its Retry-After', async (status, reason) => {
    const busy = new KubeStatusError(status, reason, 'busy', 7);
    const { error } = await writes.answered(busy);
    expect(error).toBe(busy);
    expect(writes.methods).toEqual(['PATCH']);
  });
});
