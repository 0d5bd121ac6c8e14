import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RailRule } from '../../../src/cluster/rails/rule.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { rule } from '../../support/rails.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { measured } from '../../support/service-metrics.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const MAX = 'k8s-deployment-scaler/max';
const PROTECTED = 'k8s-deployment-scaler/protected';
const TARGET = 'namespace=shop&deployment=cart';

let demo: FakeApiServer;
let service: TestService;
let rules: { current: readonly RailRule[] };

beforeEach(async () => {
  rules = { current: [] };
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [{ namespace: 'shop', name: 'cart', replicas: 3, marks: { labels: { tier: 'web' } } }],
  });
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

async function start(...current: readonly RailRule[]): Promise<void> {
  rules.current = current;
  service = await TestService.start({ kubeconfig: demo.kubeconfig, rails: rules, timing: PATIENT_WRITES });
  await service.synced();
  await service.autoscalersKnown('shop');
}

const write = (replicas: number, query = '') =>
  service.post(`/replica-count?${TARGET}${query}`, { replicas });
const present = () => demo.deployments.get('shop', 'cart')?.replicas;
const codeIn = ({ body }: Answer) => (body as { code?: string }).code;
/** Resolves once the cache has the Deployment as the API server has it. */
const caughtUp = () =>
  until(() => {
    const record = demo.deployments.get('shop', 'cart');
    return service.cluster.deployment('shop', 'cart').value.resourceVersion === `${record?.resourceVersion}`;
  });

describe('a write that a rule refuses', () => {
  it.each([
    ['/replica-count?', {}],
    ['/default/replica-count?', {}],
    ['/default/set-replica-count?', {}],
    ['/replica-count?force=true&', {}],
    ['/replica-count?dryRun=true&', {}],
    ['/replica-count?dryRun=true&force=true&', {}],
    ['/replica-count?wait=1&', {}],
    ['/replica-count?currentReplicas=3&', {}],
    ['/replica-count?', { 'if-match': '*' }],
  ])(
    'is answered with 422 RAIL at POST %s %j; nothing is sent and nothing changes',
    async (path, headers) => {
      await start(rule('production', { min: 2, max: 10 }));
      const before = demo.resourceVersion;
      const answer = await service.post(`${path}${TARGET}`, { replicas: 20 }, headers);
      expect(answer).toMatchObject({
        status: 422,
        body: {
          code: 'RAIL',
          message:
            'Nothing was changed, because of a rail: rule production: at most 10 (20 asked); allowed are 2 to 10',
        },
      });
      expect(answer.headers).toMatchObject({ 'x-replicas-forecast': 'holds' });
      expect(answer.headers).not.toHaveProperty('location');
      expect(demo.resourceVersion).toBe(before);
      expect(demo.requests.count('patchScale') + demo.requests.count('get')).toBe(0);
    },
  );

  it('is made once it is what is allowed, by a single call', async () => {
    await start(rule('production', { min: 2, max: 10 }));
    expect((await write(10)).status).toBe(200);
    expect(present()).toBe(10);
    expect(demo.requests.count('patchScale')).toBe(1);
    expect(demo.requests.count('get')).toBe(0);
  });

  it('is made if the rules are others by then', async () => {
    await start(rule('production', { max: 10 }));
    expect(codeIn(await write(20))).toBe('RAIL');
    rules.current = [rule('production', { max: 30 })];
    expect((await write(20)).status).toBe(200);
  });

  it('is counted, dry runs too, and a write that passes is not', async () => {
    await start(rule('production', { max: 10 }));
    const refusals = () => measured(service, 'scaler_rail_refusals_total{cluster="default"}');
    expect(await refusals()).toBe(0);
    await write(20);
    await write(30, '&dryRun=true');
    await write(5);
    expect(await refusals()).toBe(2);
  });

  it('is refused before an owner of the count is named, which it passes with force', async () => {
    demo.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
    await start(rule('production', { max: 10 }));
    expect(codeIn(await write(20))).toBe('RAIL');
    expect(codeIn(await write(8))).toBe('REPLICAS_MANAGED');
    const answer = await write(20, '&force=true');
    expect(answer.headers['x-replicas-forecast']).toBe('undone; by="HorizontalPodAutoscaler/cart"');
    expect(codeIn(answer)).toBe('RAIL');
  });
});

describe('a rail by annotation', () => {
  it.each([
    [{ [PROTECTED]: 'sold out' }, 'annotation k8s-deployment-scaler/protected: protected (sold out)'],
    [{ [MAX]: '4' }, 'annotation k8s-deployment-scaler/max: at most 4 (5 asked); allowed are 0 to 4'],
    [{ [MAX]: 'four' }, 'annotation k8s-deployment-scaler/max: protected (this annotation is not a count'],
  ])('refuses a change, without any rule: %j', async (annotations, message) => {
    await start();
    demo.deployments.annotate('shop', 'cart', annotations);
    await caughtUp();
    expect((await write(5, '&force=true')).body).toMatchObject({
      code: 'RAIL',
      message: expect.stringContaining(message),
    });
    expect(present()).toBe(3);
  });

  it('does not loosen a rule', async () => {
    await start(rule('production', { max: 4 }));
    demo.deployments.annotate('shop', 'cart', { [MAX]: '9', [PROTECTED]: 'false' });
    await caughtUp();
    expect(codeIn(await write(5))).toBe('RAIL');
    expect((await write(4)).status).toBe(200);
  });

  it('is held to the state that is written: it may be stricter than the one in the cache', async () => {
    await start();
    demo.deployments.annotate('shop', 'cart', { [MAX]: '9' });
    await caughtUp();
    const stricter = () => void demo.deployments.annotate('shop', 'cart', { [MAX]: '4' });
    // Between the look in the cache and the read, and between the read and the write.
    for (const on of ['get', 'patchScale'] as const) {
      demo.deployments.annotate('shop', 'cart', { [MAX]: '9' });
      await caughtUp();
      demo.faults.add({ on, times: 1, fault: { type: 'call', action: stricter } });
      expect(codeIn(await write(5))).toBe('RAIL');
    }
    expect(present()).toBe(3);
  });

  it('is read from the API server if the cache does not have the Deployment', async () => {
    demo.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    await start();
    demo.deployments.create({
      namespace: 'shop',
      name: 'new',
      replicas: 1,
      marks: { annotations: { [PROTECTED]: 'true' } },
    });
    expect(codeIn(await service.scale('shop', 'new', 5))).toBe('RAIL');
    expect(demo.deployments.get('shop', 'new')?.replicas).toBe(1);
  });

  it('is read from the API server while the watch is broken', async () => {
    await start();
    demo.faults.add({ on: 'watch', fault: { type: 'status', code: 500 } });
    demo.faults.add({ on: 'list', fault: { type: 'status', code: 500 } });
    demo.dropConnections();
    await until(() => service.cluster.state === 'unreachable');
    demo.deployments.annotate('shop', 'cart', { [PROTECTED]: 'true' });
    expect(codeIn(await write(5))).toBe('RAIL');
    expect(present()).toBe(3);
  });
});

describe('a rail by an annotation that the cache does not have', () => {
  /** Adds the annotation behind the back of the cache, whose watch stays silent. */
  async function protectSilently(): Promise<void> {
    demo.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    await start();
    demo.deployments.annotate('shop', 'cart', { [PROTECTED]: 'true' });
  }

  it.each(['&currentReplicas=3', '&currentReplicas=3&dryRun=true'])(
    'refuses a write whose condition is checked on the API server: %s',
    async (query) => {
      await protectSilently();
      const answer = await service.post(`/replica-count?${TARGET}${query}`, { replicas: 5 });
      expect(codeIn(answer)).toBe('RAIL');
      expect([present(), demo.requests.count('get')]).toEqual([3, 1]);
    },
  );

  it('refuses an item of a batch', async () => {
    await protectSilently();
    const items = [{ namespace: 'shop', deployment: 'cart', replicas: 5 }];
    const answer = await service.post('/scale', { items });
    expect(answer.body).toMatchObject({ items: [{ outcome: 'failed', code: 'RAIL' }] });
    expect(present()).toBe(3);
  });

  it('refuses the count in the cache if the API server has another one', async () => {
    await protectSilently();
    demo.deployments.scale('shop', 'cart', 7);
    expect(codeIn(await write(3))).toBe('RAIL');
    expect([present(), demo.requests.count('get')]).toEqual([7, 1]);
  });

  it('refuses a write right after an outage, whose changes the watch has not shown yet', async () => {
    await start();
    const outage = demo.faults.add({ on: 'watch', fault: { type: 'status', code: 500 } });
    demo.dropConnections();
    await until(() => service.cluster.state === 'unreachable');
    demo.deployments.annotate('shop', 'cart', { [PROTECTED]: 'true' });
    demo.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    outage.remove();
    await until(() => service.cluster.state === 'ready');
    expect(codeIn(await write(5))).toBe('RAIL');
    expect(present()).toBe(3);
  });
});

describe('a rail that depends on what the Deployment is', () => {
  it('of labels is held to those that the API server has', async () => {
    await start(rule('jobs', { selector: 'tier=jobs', max: 4 }));
    const relabel = () => void demo.deployments.label('shop', 'cart', { tier: 'jobs' });
    demo.faults.add({ on: 'get', times: 1, fault: { type: 'call', action: relabel } });
    expect(codeIn(await write(5))).toBe('RAIL');
    expect(present()).toBe(3);
  });

  it('of a step is held to the count that the API server has', async () => {
    await start(rule('slow', { maxStep: { replicas: 2 } }));
    const jump = () => void demo.deployments.scale('shop', 'cart', 9);
    demo.faults.add({ on: 'get', times: 1, fault: { type: 'call', action: jump } });
    expect((await write(5)).body).toMatchObject({
      code: 'RAIL',
      message: expect.stringContaining('at most 2 at a time from 9 (5 asked); allowed are 7 to 11'),
    });
    expect(present()).toBe(9);
  });

  it('lets the present count pass, and changes nothing', async () => {
    await start(rule('frozen', { protected: 'until Monday', min: 8 }));
    const before = demo.resourceVersion;
    for (const query of ['', '&force=true']) expect((await write(3, query)).status).toBe(200);
    expect(demo.resourceVersion).toBe(before);
  });

  it('refuses the count in the cache if the API server has another one by now', async () => {
    await start(rule('frozen', { protected: 'until Monday' }));
    demo.faults.add({
      on: 'get',
      times: 1,
      fault: { type: 'call', action: () => void demo.deployments.scale('shop', 'cart', 7) },
    });
    expect(codeIn(await write(3))).toBe('RAIL');
    expect(present()).toBe(7);
  });

  it('makes a precondition of the client fail first', async () => {
    await start(rule('slow', { maxStep: { replicas: 2 } }));
    expect(codeIn(await write(5, '&currentReplicas=4'))).toBe('PRECONDITION_FAILED');
    expect((await write(5, '&currentReplicas=3')).status).toBe(200);
  });
});

describe('what a write would meet', () => {
  const prospect = async (replicas: number, from?: number) => {
    const target = await service.cluster.as({ user: 'alice', groups: [] }).toScale('shop', 'cart');
    return target.prospect(replicas, from);
  };

  it('names the rail, and is asked for without a call', async () => {
    await start(rule('production', { max: 10 }));
    expect((await prospect(20)).rail?.message).toMatch(/^rule production: at most 10/);
    expect((await prospect(10)).rail).toBeUndefined();
    expect(demo.requests.count('get')).toBe(0);
  });

  it('is also told from a count that is assumed', async () => {
    await start(rule('slow', { maxStep: { replicas: 2 } }));
    expect((await prospect(5)).rail).toBeUndefined();
    expect((await prospect(5, 0)).rail).toBeUndefined();
    expect((await prospect(3, 9)).rail?.message).toMatch(/ from 9 /);
  });
});
