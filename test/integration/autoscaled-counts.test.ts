import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { ExternalMetrics } from '../support/integration/external-metrics.ts';
import { at, textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** On a real control plane: what autoscalers do to a count that the service has set, and what the service foretells. */
const PATIENCE = { interval: 50 };
const CLUSTER_ROLES = '/apis/rbac.authorization.k8s.io/v1';

let plane: ControlPlane;
let metrics: ExternalMetrics;
let service: TestService;

beforeAll(async () => {
  plane = await ControlPlane.start();
  metrics = await ExternalMetrics.start(plane.kube);
  await defineScaledObjects();
  service = await (
    await TestService.start({
      kubeconfig: plane.apiserver.kubeconfig,
      autoscalers: { horizontalPodAutoscalers: true, scaledObjects: true },
    })
  ).synced();
}, 600_000);

afterAll(async () => {
  await service?.stop();
  await metrics?.stop();
  await plane?.stop();
});

/** The request of the service for this count, with these further parameters. */
function scale(name: string, replicas: number, parameters = '', through = service): Promise<Answer> {
  const path = `/replica-count?namespace=default&deployment=${name}${parameters}`;
  return through.post(path, { replicas });
}

/** The forecast for this count, asked for by a dry run until it is this one: the service watches, so it may lag. */
async function expectForecast(name: string, replicas: number, expected: string | RegExp): Promise<void> {
  const forecast = async () => (await scale(name, replicas, '&dryRun=true&force=true')).headers;
  await expect
    .poll(forecast, PATIENCE)
    .toMatchObject({ 'x-replicas-forecast': expect.stringMatching(expected) });
}

const counts = (name: string) => expect.poll(() => plane.count(name), PATIENCE);

describe('an HPA of 2 to 4, whose metrics cannot be read', () => {
  const cases = [
    { from: 3, to: 5, becomes: 4, forecast: 'undone' },
    { from: 3, to: 1, becomes: 2, forecast: 'undone' },
    { from: 2, to: 3, becomes: 3, forecast: 'contested' },
    { from: 3, to: 0, becomes: 0, forecast: 'pauses' },
    { from: 0, to: 1, becomes: 2, forecast: 'undone' },
    { from: 0, to: 4, becomes: 4, forecast: 'contested' },
  ];

  beforeAll(async () => {
    for (const name of ['facts', 'foretold']) {
      await plane.create(name, 3);
      await plane.autoscale(name, { minReplicas: 2, maxReplicas: 4 });
    }
  });

  /** Resolves once the HPA has decided on the count that the Deployment had when this was called. */
  async function expectOutcome(name: string, { becomes }: { readonly becomes: number }) {
    await counts(name).toBe(becomes);
    await plane.decided(name, becomes);
    expect(await plane.count(name)).toBe(becomes);
    if (becomes > 0) return;
    await expect.poll(() => plane.conditionOf(name, 'ScalingActive'), PATIENCE).toBe('False ScalingDisabled');
  }

  it.each(cases)('makes $becomes of $to after $from', async ({ from, to, becomes }) => {
    await plane.settle('facts', from);
    await plane.scaleAsService('facts', to);
    await expectOutcome('facts', { becomes });
    const byHpa = { manager: 'kube-controller-manager', operation: 'Update', subresource: 'scale' };
    if (becomes !== to) expect(await plane.owners('facts')).toEqual([byHpa]);
  });

  it.each(cases)('is foretold for $to after $from: $forecast', async ({ from, to, becomes, forecast }) => {
    await plane.settle('foretold', from);
    await expectForecast('foretold', to, `^${forecast}; by="HorizontalPodAutoscaler/foretold"$`);
    const parameter = forecast === 'undone' ? '&force=true' : '';
    expect(await scale('foretold', to, parameter)).toMatchObject({
      status: 200,
      headers: { 'x-previous-replicas': String(from) },
    });
    await expectOutcome('foretold', { becomes });
  });

  it('makes the service refuse a count that would be undone, and the Deployment stays as it is', async () => {
    await plane.settle('foretold', 3);
    await expectForecast('foretold', 5, '^undone');
    const before = await plane.deployment('foretold');
    const answer = await scale('foretold', 5);
    expect(answer).toMatchObject({ status: 409, body: { code: 'REPLICAS_MANAGED' } });
    expect(textAt(answer.body, 'message')).toContain('HorizontalPodAutoscaler default/foretold');
    const after = await plane.deployment('foretold');
    expect(at(after, 'spec')).toEqual(at(before, 'spec'));
    expect(at(after, 'metadata.generation')).toBe(at(before, 'metadata.generation'));
  });

  it('lets the refused count be once the command of the refusal has run', async () => {
    await plane.create('remedied', 3);
    await plane.autoscale('remedied', { minReplicas: 2, maxReplicas: 4 });
    await expectForecast('remedied', 5, '^undone');
    const refusal = textAt((await scale('remedied', 5)).body, 'message');
    const [, args = '', patch = ''] = /To keep it: kubectl (.+) -p '(.+)'/.exec(refusal) ?? [];
    await plane.succeed('kubectl', ...args.split(' '), '-p', patch);
    await expectForecast('remedied', 5, '^contested');
    expect(await scale('remedied', 5)).toMatchObject({ status: 200 });
    await plane.decided('remedied', 5);
    expect(await plane.count('remedied')).toBe(5);
  });

  it.each([
    { name: 'overridden', before: [3] },
    { name: 'overridden-after-0', before: [0, 3] },
  ])(
    'overrides a count that was forced after $before, which the state then shows',
    async ({ name, before }) => {
      await plane.create(name, 2);
      for (const replicas of before) expect(await scale(name, replicas)).toMatchObject({ status: 200 });
      await plane.autoscale(name, { minReplicas: 2, maxReplicas: 4 });
      await expectForecast(name, 5, '^undone');
      expect(await scale(name, 5, '&force=true')).toMatchObject({ status: 200 });
      await counts(name).toBe(4);
      const state = async () => (await service.get(`/deployments/default/${name}`)).body;
      await expect.poll(state, PATIENCE).toMatchObject({
        replicas: 4,
        overridden: { by: 'kube-controller-manager', from: 5, to: 4, at: expect.any(String) },
        owners: [{ kind: 'HorizontalPodAutoscaler', name }],
        unknownOwners: [],
      });
    },
  );
});

describe('an HPA of 0 to 4 with an external metric', () => {
  const external = {
    type: 'External',
    external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '1' } },
  };

  /** A Deployment of 3 with such an HPA, which reads a metric of its own that is `value`, or cannot be read. */
  async function start(name: string, value: number | undefined): Promise<void> {
    if (value !== undefined) metrics.values.set(name, value);
    await plane.create(name, 3);
    const metric = { ...external, external: { ...external.external, metric: { name } } };
    await plane.autoscale(name, { minReplicas: 0, maxReplicas: 4 }, { metrics: [metric] });
    await plane.decided(name, 3);
  }

  /** As `start`, and the HPA has once scaled it to 0 by itself. The service then sets it to 3, as the metric says. */
  async function startWithZeroOfItsOwn(name: string): Promise<void> {
    await start(name, 3);
    metrics.values.set(name, 0);
    await counts(name).toBe(0);
    await expect.poll(() => plane.conditionOf(name, 'ScaledToZero'), PATIENCE).toBe('True ScaledToZero');
    metrics.values.delete(name);
    await expect
      .poll(() => plane.conditionOf(name, 'ScalingActive'), PATIENCE)
      .toBe('False FailedGetExternalMetric');
    await plane.settle(name, 3);
    metrics.values.set(name, 3);
    await expect.poll(() => plane.conditionOf(name, 'ScalingActive'), PATIENCE).toBe('True ValidMetricFound');
  }

  it('is refused by the API server without such a metric', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'no-metric' };
    const spec = { scaleTargetRef, minReplicas: 0, maxReplicas: 4 };
    const collection = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
    const answer = await plane.kube.post(collection, { metadata: { name: 'no-metric' }, spec });
    expect(answer).toMatchObject({ status: 422 });
    expect(textAt(answer.body, 'message')).toContain('at least one Object or External metric');
  });

  it('leaves a 0 that is not its own, and goes on once the count is 1', async () => {
    await start('not-its-own', 3);
    await plane.scaleAsService('not-its-own', 0);
    await plane.decided('not-its-own', 0);
    await expect
      .poll(() => plane.conditionOf('not-its-own', 'ScalingActive'), PATIENCE)
      .toBe('False ScalingDisabled');
    expect(await plane.count('not-its-own')).toBe(0);
    await plane.scaleAsService('not-its-own', 1);
    await counts('not-its-own').toBe(3);
    await expect
      .poll(() => plane.conditionOf('not-its-own', 'ScaledToZero'), PATIENCE)
      .toBe('False NotScaledToZero');
  });

  it('scales up from a 0 of its own, and from one of the service while ScaledToZero is still True', async () => {
    await startWithZeroOfItsOwn('its-own');
    expect(await plane.conditionOf('its-own', 'ScaledToZero')).toBe('True ScaledToZero');
    await plane.scaleAsService('its-own', 0);
    await counts('its-own').toBe(3);
    await expect
      .poll(() => plane.conditionOf('its-own', 'ScaledToZero'), PATIENCE)
      .toBe('False NotScaledToZero');
  });

  it('is foretold: a 0 that is not its own pauses it', async () => {
    await start('pauses', 3);
    await expectForecast('pauses', 0, '^pauses; by="HorizontalPodAutoscaler/pauses"$');
  });

  it('is foretold: it wakes up from a 0 of its own', async () => {
    await startWithZeroOfItsOwn('woken');
    await expectForecast('woken', 0, '^woken; by="HorizontalPodAutoscaler/woken"$');
    expect(await scale('woken', 0)).toMatchObject({ status: 200 });
    await counts('woken').toBe(3);
  });
});

describe('a ScaledObject of KEDA, as the API server has it', () => {
  const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';

  /** A Deployment of 3 with a ScaledObject of 0 to 10 of the same name. */
  async function start(name: string, annotations: Readonly<Record<string, string>>, active: boolean) {
    await plane.create(name, 3);
    const collection = '/apis/keda.sh/v1alpha1/namespaces/default/scaledobjects';
    const body = {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name, annotations },
      spec: { scaleTargetRef: { name }, minReplicaCount: 0, maxReplicaCount: 10, triggers: [] },
      status: { conditions: [{ type: 'Active', status: active ? 'True' : 'False' }] },
    };
    const created = await plane.kube.post(collection, body);
    expect(created).toMatchObject({ status: 201 });
    return textAt(created.body, 'metadata.uid');
  }

  /** The HPA that KEDA makes of a ScaledObject which is not paused. */
  async function startWithAutoscaler(name: string, active: boolean): Promise<void> {
    const uid = await start(name, {}, active);
    const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name, uid, controller: true };
    const parts = { target: name, ownerReferences: [owner] };
    await plane.autoscale(`keda-hpa-${name}`, { minReplicas: 1, maxReplicas: 10 }, parts);
  }

  it('is foretold to undo every count but the one at which it is paused', async () => {
    await start('paused', { [PAUSED_REPLICAS]: '2' }, false);
    await expectForecast('paused', 5, '^undone; by="ScaledObject/paused"');
    const answer = await scale('paused', 5);
    expect(answer).toMatchObject({ status: 409, body: { code: 'REPLICAS_MANAGED' } });
    expect(textAt(answer.body, 'message')).toContain(PAUSED_REPLICAS);
    await expectForecast('paused', 2, '^holds$');
    expect(await scale('paused', 2)).toMatchObject({ status: 200 });
    expect(await plane.count('paused')).toBe(2);
  });

  it('is foretold to contest a count within its range, and to undo one above it', async () => {
    await startWithAutoscaler('active', true);
    await expectForecast(
      'active',
      5,
      /^contested; by="(ScaledObject\/active|HorizontalPodAutoscaler\/keda-hpa-active)"/,
    );
    await expectForecast(
      'active',
      11,
      /^undone; by="(ScaledObject\/active|HorizontalPodAutoscaler\/keda-hpa-active)"/,
    );
  });

  it('is foretold to wake up from 0 while a trigger is active', async () => {
    await startWithAutoscaler('triggered', true);
    await expectForecast('triggered', 0, '^woken; by="ScaledObject/triggered"');
  });
});

describe('a service whose account may not read autoscalers', () => {
  let limited: TestService;

  beforeAll(async () => {
    await plane.create('unseen', 3);
    await plane.autoscale('unseen', { minReplicas: 2, maxReplicas: 4 });
    await plane.kube.post(`${CLUSTER_ROLES}/clusterroles`, {
      metadata: { name: 'scaler' },
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create'] },
      ],
    });
    await plane.kube.post(`${CLUSTER_ROLES}/clusterrolebindings`, {
      metadata: { name: 'scaler' },
      subjects: [{ kind: 'User', name: 'scaler', apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { kind: 'ClusterRole', name: 'scaler', apiGroup: 'rbac.authorization.k8s.io' },
    });
    const kubeconfig = await plane.apiserver.kubeconfigFor('scaler');
    limited = await (await TestService.start({ kubeconfig })).synced();
    await until(async () => (await limited.count('default', 'unseen')).status === 200);
  });

  afterAll(() => limited?.stop());

  it('scales what an HPA then undoes', async () => {
    expect(await scale('unseen', 5, '', limited)).toMatchObject({ status: 200 });
    await counts('unseen').toBe(4);
  });

  it('foretells nothing, never refuses, and names the missing right', async () => {
    const answer = await scale('unseen', 5, '', limited);
    expect(answer).toMatchObject({ status: 200, headers: { 'x-replicas-forecast': 'unknown' } });
    const { body } = await limited.get('/deployments/default/unseen');
    expect(body).toMatchObject({
      unknownOwners: [expect.stringContaining('horizontalpodautoscalers')],
    });
  });
});

/** KEDA's resource without its schema and its controller. */
async function defineScaledObjects(): Promise<void> {
  const [group, plural] = ['keda.sh', 'scaledobjects'];
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await plane.kube.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'ScaledObject', plural },
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const served = async () => (await plane.kube.get(`/apis/${group}/v1alpha1/${plural}`)).status === 200;
  await until(served);
}
