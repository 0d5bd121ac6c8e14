import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KubeStatusError, KubeTimeoutError, KubeUnreachableError } from '../../../src/kube/kube-errors.ts';
import { apiObject, deployment } from '../../support/deployment-objects.ts';
import { ScriptedWrites, scaleOf } from '../../support/scripted-writes.ts';

/** Writes of 3. */
let writes: ScriptedWrites;

beforeEach(() => {
  vi.useFakeTimers();
  writes = new ScriptedWrites();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** The Deployment as the API server has it. */
const web = (replicas: number, resourceVersion = '42') =>
  apiObject(deployment('web', resourceVersion, { namespace: 'shop', replicas }));
const conflict = new KubeStatusError(409, 'Conflict', 'the object has been modified');
const paths = () => writes.api.requests.map(({ request }) => request.path);
const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web';

describe('a write of the count in the cache', () => {
  beforeEach(() => {
    writes.order = { cached: 3 };
  });

  it('is a read if the API server has that count, and nothing is applied', async () => {
    expect(await writes.answered(web(3, '77'))).toMatchObject({
      result: { uid: 'uid-of-web', replicas: 3, resourceVersion: '77', applied: false, warnings: [] },
    });
    expect(writes.methods).toEqual(['GET']);
    expect(paths()).toEqual([DEPLOYMENT]);
  });

  it('is applied if the cache is old and the API server has another one', async () => {
    expect(await writes.answered(web(5), scaleOf(3, '78'))).toMatchObject({
      result: { replicas: 3, resourceVersion: '78', applied: true, replaced: undefined },
    });
    expect(writes.methods).toEqual(['GET', 'PATCH']);
    // Without a precondition the count may change again in between.
    expect(writes.api.requests[1]?.request.body).toMatchObject({
      metadata: { name: 'web', namespace: 'shop' },
    });
  });

  it('is not found if the Deployment is gone', async () => {
    const { error } = await writes.answered(new KubeStatusError(404, 'NotFound', 'not found'));
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is certainly not made if the read fails', async () => {
    const timeout = new KubeTimeoutError(true, 5_000);
    expect((await writes.answered(timeout)).error).toBe(timeout);
    expect(writes.methods).toEqual(['GET']);
  });
});

it.each([undefined, 4])(
  'a write of another count than the cache has (%s) is applied without a read',
  async (cached) => {
    writes.order = { cached };
    expect(await writes.answered(scaleOf(3))).toMatchObject({ result: { applied: true } });
    expect(writes.methods).toEqual(['PATCH']);
  },
);

describe('a write with a precondition', () => {
  it('of the present count is a read if the precondition holds', async () => {
    writes.order = { precondition: ({ replicas }) => replicas === 3 };
    expect(await writes.answered(web(3))).toMatchObject({ result: { replicas: 3, applied: false } });
    expect(writes.methods).toEqual(['GET']);
  });

  it('of the present count fails if the precondition does not hold', async () => {
    writes.order = { precondition: ({ replicas }) => replicas === 2 };
    expect((await writes.answered(web(3))).error).toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect(writes.methods).toEqual(['GET']);
  });

  it('is held by the API server to the state that met it', async () => {
    writes.order = { precondition: ({ replicas }) => replicas === 5, cached: 1 };
    expect(await writes.answered(web(5, '77'), scaleOf(3))).toMatchObject({
      result: { applied: true, replaced: 5 },
    });
    expect(writes.api.requests[1]?.request).toMatchObject({
      method: 'PATCH',
      body: { metadata: { uid: 'uid-of-web', resourceVersion: '77' }, spec: { replicas: 3 } },
    });
  });

  it('is made although the first read was refused a connection, or the token had expired', async () => {
    for (const error of [
      new KubeUnreachableError(false, 'connect ECONNREFUSED'),
      new KubeStatusError(401, 'Unauthorized', 'Unauthorized'),
    ]) {
      writes = new ScriptedWrites();
      writes.order = { precondition: ({ replicas }) => replicas === 5 };
      expect(await writes.answered(error, web(5), scaleOf(3))).toMatchObject({ result: { applied: true } });
      expect(writes.methods).toEqual(['GET', 'GET', 'PATCH']);
    }
    expect(writes.api.reloads).toBe(1);
  });

  it.each([
    ['times out', new KubeTimeoutError(true, 5_000)],
    ['loses its connection', new KubeUnreachableError(true, 'read ECONNRESET')],
    ['fails in the API server', new KubeStatusError(500, 'InternalError', 'etcd')],
  ])('is certainly not made if its read %s: nothing else is sent', async (_, error) => {
    writes.order = { precondition: () => true };
    expect((await writes.answered(error, scaleOf(3))).error).toBe(error);
    expect(writes.methods).toEqual(['GET']);
  });

  it('is read again after a conflict, and fails if another writer was faster', async () => {
    writes.order = { precondition: ({ replicas }) => replicas === 5 };
    const { error } = await writes.answered(web(5), conflict, web(4));
    expect(error).toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect(writes.methods).toEqual(['GET', 'PATCH', 'GET']);
  });

  it('is made after a conflict with a change of something else', async () => {
    writes.order = { precondition: ({ replicas }) => replicas === 5 };
    const outcome = await writes.answered(web(5, '77'), conflict, web(5, '78'), scaleOf(3));
    expect(outcome).toMatchObject({ result: { replicas: 3 } });
    expect(writes.api.requests.at(-1)?.request.body).toMatchObject({ metadata: { resourceVersion: '78' } });
  });
});

describe('a dry run', () => {
  beforeEach(() => {
    writes.order = { dryRun: true };
  });

  it.each([undefined, 3, 4])('goes to the API server, whatever the cache has: %s', async (cached) => {
    writes.order = { dryRun: true, cached };
    expect(await writes.answered(scaleOf(3))).toMatchObject({ result: { replicas: 3 } });
    expect(writes.methods).toEqual(['PATCH']);
    expect(writes.api.requests[0]?.request.query).toEqual({
      fieldManager: 'k8s-deployment-scaler',
      force: true,
      dryRun: 'All',
    });
  });

  it('with a precondition goes there too, even for the present count', async () => {
    writes.order = { dryRun: true, precondition: () => true };
    await writes.answered(web(3, '77'), scaleOf(3));
    expect(writes.methods).toEqual(['GET', 'PATCH']);
    expect(writes.api.requests[1]?.request.body).toMatchObject({ metadata: { resourceVersion: '77' } });
  });

  it.each([
    ['a lost connection', new KubeUnreachableError(true, 'read ECONNRESET')],
    ['a timeout', new KubeTimeoutError(true, 5_000)],
    ['a failure of the API server', new KubeStatusError(500, 'InternalError', 'etcd')],
  ])('that ends with %s has not happened: the error is passed on, and nothing is read', async (_, error) => {
    expect((await writes.answered(error)).error).toBe(error);
    expect(writes.methods).toEqual(['PATCH']);
  });

  it('that is refused by an admission control says so', async () => {
    const denied = new KubeStatusError(
      403,
      'Forbidden',
      'admission webhook "limit.example.com" denied the request: at most 10',
    );
    expect((await writes.answered(denied)).error).toMatchObject({
      code: 'ADMISSION_REFUSED',
      message: 'at most 10',
    });
  });
});

it('the warnings of the API server are part of the result, at most eight of them', async () => {
  writes.api.respond = ({ onWarning }) => {
    for (let i = 0; i < 10; i += 1) onWarning?.(`warning ${i}`);
    return scaleOf(3);
  };
  const outcome = writes.begin();
  await vi.advanceTimersByTimeAsync(0);
  expect(outcome).toMatchObject({
    result: { warnings: Array.from({ length: 8 }, (_, i) => `warning ${i}`) },
  });
});
