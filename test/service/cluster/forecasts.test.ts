import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../../src/cluster/ownership/forecast.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const HPA = 'HorizontalPodAutoscaler/cart';
const hpa = { namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } };
const helm = {
  marks: {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': 'web' },
  },
  managers: [{ manager: 'helm', operation: 'Apply' as const }],
};

let demo: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  lines = [];
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [
      { namespace: 'shop', name: 'cart', replicas: 3 },
      { namespace: 'shop', name: 'catalog', replicas: 5, ...helm },
    ],
  });
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

async function start(onConflict?: ConflictPolicy): Promise<void> {
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    autoscalers: { horizontalPodAutoscalers: true, scaledObjects: true },
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
    ...(onConflict && { onConflict }),
  });
  await service.synced();
  await service.autoscalersKnown('shop');
}

const write = (replicas: number, query = '', name = 'cart') =>
  service.post(`/replica-count?namespace=shop&deployment=${name}${query}`, { replicas });
const forecastIn = ({ headers }: Answer) => headers['x-replicas-forecast'];
const replicasOf = (name: string) => demo.deployments.get('shop', name)?.replicas;
const warningsIn = ({ headers }: Answer): string[] => [headers.warning ?? []].flat();

describe('an HPA that keeps 2 to 4', () => {
  beforeEach(async () => {
    demo.autoscalers.add(hpa);
    await start();
  });

  it('makes a write above its maximum refused, which changes nothing', async () => {
    const before = demo.resourceVersion;
    const answer = await write(5);
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'REPLICAS_MANAGED',
        message: expect.stringContaining(
          `kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"maxReplicas":5}}'`,
        ),
      },
    });
    expect(forecastIn(answer)).toBe(`undone; by="${HPA}"`);
    expect(demo.resourceVersion).toBe(before);
    expect(demo.requests.count('patchScale')).toBe(0);
  });

  it('makes it accepted with force, and warned of', async () => {
    const answer = await write(5, '&force=true');
    expect(answer).toMatchObject({ status: 200, body: { replicaCount: 5 } });
    expect(forecastIn(answer)).toBe(`undone; by="${HPA}"`);
    expect(warningsIn(answer)).toEqual([expect.stringContaining('and undoes 5 within seconds')]);
    expect(replicasOf('cart')).toBe(5);
  });

  it('makes it accepted once the remedy has been followed', async () => {
    demo.autoscalers.update({ ...hpa, spec: { minReplicas: 2, maxReplicas: 5 } });
    await until(async () => (await write(5)).status === 200);
    demo.autoscalers.update({ ...hpa, spec: { minReplicas: 5, maxReplicas: 5 } });
    await until(async () => forecastIn(await write(5)) === 'holds');
  });

  it.each([
    [4, `contested; by="${HPA}"`],
    [0, `pauses; by="${HPA}"`],
  ])('lets %i pass with a warning', async (replicas, forecast) => {
    const answer = await write(replicas);
    expect(answer.status).toBe(200);
    expect(forecastIn(answer)).toBe(forecast);
    expect(warningsIn(answer)).toHaveLength(1);
  });

  it('wakes a 0 of its own', async () => {
    const status = { conditions: [{ type: 'ScaledToZero', status: 'True' }] };
    demo.autoscalers.update({ ...hpa, status });
    await until(async () => forecastIn(await write(0)) === `woken; by="${HPA}"`);
  });

  it('does not forbid a write of the present count', async () => {
    expect(forecastIn(await write(3))).toBe(`contested; by="${HPA}"`);
    expect(demo.requests.count('patchScale')).toBe(0);
  });
});

it('KEDA is named by its ScaledObject, once', async () => {
  const ownerReferences = [
    { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'queue', uid: 'u', controller: true },
  ];
  demo.autoscalers.add({ ...hpa, name: 'keda-hpa-queue', deployment: 'cart', ownerReferences });
  demo.autoscalers.add({
    kind: 'ScaledObject',
    namespace: 'shop',
    name: 'queue',
    deployment: 'cart',
    spec: { minReplicaCount: 2, maxReplicaCount: 4 },
  });
  await start();
  expect(forecastIn(await write(5))).toBe('undone; by="ScaledObject/queue"');
  expect(forecastIn(await write(4))).toBe('contested; by="ScaledObject/queue"');
});

it.each<[ConflictPolicy, number, number, number]>([
  ['refuse-certain', 409, 200, 200],
  ['warn', 200, 200, 200],
  ['refuse', 409, 409, 200],
])(
  'with ON_CONFLICT=%s: undone %i, contested %i, with force %i',
  async (policy, undone, contested, forced) => {
    demo.autoscalers.add(hpa);
    await start(policy);
    expect((await write(4)).status).toBe(contested);
    expect((await write(9)).status).toBe(undone);
    expect((await write(9, '&force=true')).status).toBe(forced);
  },
);

describe('a Helm 4 release', () => {
  it('is foretold to fail after the first write, and as long as the count is not that of the chart', async () => {
    await start();
    const blocked = 'blocksUpgrade; by="Helm/web"';
    expect(forecastIn(await write(6, '', 'catalog'))).toBe(blocked);
    expect(forecastIn(await write(7, '', 'catalog'))).toBe(blocked);
    expect(forecastIn(await write(5, '', 'catalog'))).toBe('holds');
  });

  it('is only possibly in the way if the count was set before the service started', async () => {
    demo.deployments.scale('shop', 'catalog', 6);
    await start();
    const answer = await write(7, '', 'catalog');
    expect(forecastIn(answer)).toBe('blocksUpgrade; by="Helm/web"; certainty=possible');
    expect(warningsIn(answer)).toEqual([expect.stringContaining('if its chart sets a count')]);
  });
});

it('an owner whose name a header cannot have is named as far as it can', async () => {
  const managers = [{ manager: 'Größe "鯨"', operation: 'Apply' as const }];
  demo.deployments.create({ namespace: 'shop', name: 'unusual', replicas: 2, managers });
  await start();
  const answer = await write(5, '', 'unusual');
  expect(forecastIn(answer)).toBe('drifts; by="Apply/Gr??e ???"');
  expect(warningsIn(answer)).toEqual([
    expect.stringMatching(/^299 - "The next server-side apply by Gr\?\?e \\"\?\\" fails with a conflict\. /),
  ]);
});

it('without the right to read HPAs, the forecast is unknown and names the right', async () => {
  demo.roles.withdraw({
    users: ['system:serviceaccount:k8s-deployment-scaler:k8s-deployment-scaler'],
    verbs: ['*'],
    resources: ['horizontalpodautoscalers'],
  });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, onConflict: 'refuse' });
  await service.synced();
  await until(() => service.cluster.autoscalers.unknown('shop').some((why) => why.includes('may not')));
  const answer = await write(5);
  expect(answer.status).toBe(200);
  expect(forecastIn(answer)).toBe('unknown');
  expect(warningsIn(answer)).toEqual([
    expect.stringContaining('list and watch horizontalpodautoscalers.autoscaling'),
  ]);
});

describe('a dry run', () => {
  it('leaves everything as it is, and makes no Event', async () => {
    await start();
    const before = demo.resourceVersion;
    const answer = await write(6, '&dryRun=true', 'catalog');
    expect(answer).toMatchObject({ status: 200, body: { replicaCount: 6 } });
    expect(answer.headers).toMatchObject({
      'x-replicas-forecast': 'blocksUpgrade; by="Helm/web"',
      'x-previous-replicas': '5',
    });
    expect(answer.headers).not.toHaveProperty('etag');
    // A write that follows makes an Event. It is the first.
    expect(await write(6, '', 'cart')).toMatchObject({ status: 200 });
    await until(() => demo.events.length > 0);
    expect(demo.events.map((event) => at(event, 'involvedObject.name'))).toEqual(['cart']);
    expect(demo.deployments.get('shop', 'catalog')).toMatchObject({ replicas: 5, generation: 1 });
    expect(demo.deployments.get('shop', 'catalog')?.resourceVersion).toBeLessThanOrEqual(before);
    expect(demo.requests.recent('patchScale')[0]?.query.get('dryRun')).toBe('All');
    const audit = lines.filter((line) => line.deployment === 'catalog');
    expect(audit).toMatchObject([{ from: 5, to: 6, dryRun: true }]);
  });

  it('of a refusing admission control is refused', async () => {
    await start();
    demo.faults.add({ on: 'patchScale', fault: { type: 'deny', by: 'policy', message: 'at most 3' } });
    expect(await write(6, '&dryRun=true')).toMatchObject({
      status: 422,
      body: { code: 'ADMISSION_REFUSED', message: expect.stringContaining('at most 3') },
    });
  });

  it('of the present count goes to the API server too', async () => {
    await start();
    expect(await write(3, '&dryRun=true')).toMatchObject({ status: 200, body: { replicaCount: 3 } });
    expect(demo.requests.count('patchScale')).toBe(1);
  });
});

it('the warnings of the API server are passed on after the forecasts', async () => {
  await start();
  const texts = ['spec.x is "deprecated"', 'policy p: too many'];
  demo.faults.add({ on: 'patchScale', fault: { type: 'warnings', texts } });
  expect(warningsIn(await write(6, '', 'catalog'))).toEqual([
    expect.stringMatching(/^299 - "The next helm upgrade/),
    '299 - "spec.x is \\"deprecated\\""',
    '299 - "policy p: too many"',
  ]);
});

describe('X-Previous-Replicas', () => {
  const previousIn = ({ headers }: Answer) => Number(headers['x-previous-replicas']);

  it('is the count right before the write, although others change it at the same time', async () => {
    await start();
    const history = [3];
    demo.faults.add({
      on: 'patchScale',
      times: 5,
      fault: {
        type: 'call',
        action: () => {
          const replicas = 100 + history.length;
          demo.deployments.scale('shop', 'cart', replicas);
          history.push(replicas);
        },
      },
    });
    for (let i = 0; i < 5; i += 1) {
      const answer = await write(10 + i);
      expect(previousIn(answer)).toBe(100 + i + 1);
    }
  });

  it('is right for every one of many writers at once', async () => {
    await start();
    // As many as may write at once: further ones would wait for their turn, and give up on a slow machine.
    const counts = Array.from({ length: 8 }, (_, i) => 10 + i);
    const answers = await Promise.all(counts.map((count) => write(count)));
    // Each write but the last is what another one has found.
    const before = answers.map(previousIn).toSorted((a, b) => a - b);
    const last = replicasOf('cart') ?? 0;
    expect(before).toEqual([3, ...counts.filter((count) => count !== last)]);
  });

  it('is the count itself if that was there already', async () => {
    await start();
    expect(previousIn(await write(3))).toBe(3);
    expect(previousIn(await write(7))).toBe(3);
    expect(previousIn(await write(7))).toBe(7);
    demo.deployments.scale('shop', 'cart', 9);
    await until(async () => at((await service.count('shop', 'cart')).body, 'replicaCount') === 9);
    expect(previousIn(await write(9))).toBe(9);
  });

  it('of writers of one count at once is the earlier one for only one of them, which makes the only Event', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 8 }, () => write(8)));
    expect(answers.map(previousIn).toSorted((a, b) => a - b)).toEqual([
      3,
      ...Array.from({ length: 7 }, () => 8),
    ]);
    await write(9);
    await until(() => demo.events.length > 1);
    expect(demo.events.map((event) => at(event, 'message'))).toEqual([
      'client scaled from 3 to 8',
      'client scaled from 8 to 9',
    ]);
  });
});

it('of many writers with the same currentReplicas one wins', async () => {
  await start();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => write(10 + i, '&currentReplicas=3')));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 412 || status === 409)).toHaveLength(7);
});
