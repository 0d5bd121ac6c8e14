import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReflectorTiming } from '../../src/kube/reflector/reflector.ts';
import { allows } from '../support/integration/rbac.ts';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { type KubeAnswer, KubeRequests } from '../support/kube-requests.ts';
import { logTo } from '../support/log-to.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** The autoscalers that a real kube-apiserver serves, read by an account without and with the optional rights. */
const ACCOUNT = 'scaler-account';
const NAMESPACE = 'autoscalers-test';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const HPAS = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`;
const SCALED_OBJECTS = `/apis/keda.sh/v1alpha1/namespaces/${NAMESPACE}/scaledobjects`;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/**
 * The timing of production, except that optional collections are tried again soon, and that an API server which has just
 * started on a busy machine may take longer to read the roles.
 */
const TIMING: ReflectorTiming = {
  pageSilenceMs: 15_000,
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  pagesMs: 60 * 60_000,
  silenceMs: { least: 90_000, most: 120_000 },
  optionalRetryMs: { least: 200, most: 400 },
  refusalMs: 60_000,
};
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' };

let server: KubeApiserver;
let kube: KubeRequests;
let service: TestService;
const log: string[] = [];

beforeAll(async () => {
  server = await startKubeApiserver();
  kube = new KubeRequests({ url: server.url, ca: server.ca, cert: server.admin.cert, key: server.admin.key });
  await created(kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } }));
  await grant('apps', 'deployments');
  await grant('keda.sh', 'scaledobjects');
  service = await TestService.start({
    kubeconfig: await server.kubeconfigFor(ACCOUNT),
    autoscalers: { horizontalPodAutoscalers: true, scaledObjects: true },
    timing: { reflector: TIMING },
    logStream: logTo((line) => void log.push(line)),
  });
  await service.synced();
}, 120_000);

afterAll(async () => {
  await service?.stop();
  await kube?.close();
  await server?.stop();
});

async function created(answer: Promise<KubeAnswer>): Promise<void> {
  expect(await answer).toMatchObject({ status: 201 });
}

/** Lets the account list and watch a resource. */
async function grant(group: string, resource: string): Promise<void> {
  const metadata = { name: `${ACCOUNT}-${resource}` };
  const rules = [{ apiGroups: [group], resources: [resource], verbs: ['list', 'watch'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: ACCOUNT }];
  await created(kube.post(`${RBAC}/clusterroles`, { metadata, rules }));
  await created(kube.post(`${RBAC}/clusterrolebindings`, { metadata, roleRef, subjects }));
  await until(() => allows(kube, { user: ACCOUNT, resourceAttributes: { verb: 'watch', group, resource } }));
}

const ofCart = () => service.cluster.autoscalers.of(NAMESPACE, 'cart');
const unknown = () => service.cluster.autoscalers.unknown(NAMESPACE);
const linesWith = (...texts: string[]) => log.filter((line) => texts.every((text) => line.includes(text)));

describe('HPAs of autoscaling/v2', () => {
  const path = `${HPAS}/cart`;
  const right = 'list and watch horizontalpodautoscalers.autoscaling cluster-wide';

  it('are unknown without the right, which is named once, and nothing else suffers', async () => {
    await until(() => linesWith('lacks a right', right).length > 0);
    expect(unknown()).toContain(
      `the service may not ${right}, so the HorizontalPodAutoscalers are not known`,
    );
    expect(service.cluster.state).toBe('ready');
  });

  it('are known once the right is granted, with the default of the API server', async () => {
    const spec = { scaleTargetRef, maxReplicas: 7 };
    await created(kube.post(HPAS, { metadata: { name: 'cart' }, spec }));
    await grant('autoscaling', 'horizontalpodautoscalers');
    await until(() => ofCart().length === 1);
    expect(ofCart()).toMatchObject([{ kind: 'HorizontalPodAutoscaler', name: 'cart', min: 1, max: 7 }]);
    await until(() => linesWith('has the right now', right).length === 1);
    expect(linesWith('lacks a right', right)).toHaveLength(1);
  });

  it('are followed when they change and when they are deleted', async () => {
    const target = { type: 'Value', value: '30' };
    const metrics = [{ type: 'External', external: { metric: { name: 'queue' }, target } }];
    const spec = { maxReplicas: 9, minReplicas: 0, metrics };
    expect(await kube.patch(path, { spec })).toMatchObject({ status: 200 });
    await until(() => ofCart()[0]?.max === 9);
    expect(ofCart()[0]).toMatchObject({ min: 0, scaledToZero: undefined });
    const condition = { type: 'ScaledToZero', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const status = { currentReplicas: 0, desiredReplicas: 0, conditions: [condition] };
    expect(await kube.patch(`${path}/status`, { status })).toMatchObject({ status: 200 });
    await until(() => ofCart()[0]?.scaledToZero === true);
    const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'queue', uid: 'u-1' };
    await kube.patch(path, { metadata: { ownerReferences: [owner] } });
    await until(() => ofCart()[0]?.scaledObject === 'queue');
    await kube.delete(path);
    await until(() => ofCart().length === 0);
  });
});

describe('ScaledObjects', () => {
  const path = `${SCALED_OBJECTS}/queue`;

  it('do not exist without KEDA, which is not a failure', async () => {
    await until(() => linesWith('does not serve', 'keda.sh/v1alpha1').length === 1);
    await until(() => unknown().length === 0);
  });

  it('are known after KEDA has been installed, and followed', async () => {
    await created(kube.post(CRDS, CRD));
    const annotations = { 'autoscaling.keda.sh/paused-replicas': '2' };
    const object = {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'queue', annotations },
      spec: { scaleTargetRef: { name: 'cart' } },
      status: { conditions: [{ type: 'Active', status: 'True' }] },
    };
    // The API server serves it some milliseconds after it has accepted its definition.
    await until(async () => (await kube.post(SCALED_OBJECTS, object)).status === 201);
    await until(() => ofCart().length === 1);
    expect(ofCart()).toMatchObject([
      { kind: 'ScaledObject', min: 0, max: 100, paused: true, pausedReplicas: 2, active: true },
    ]);
    await kube.patch(path, { metadata: { annotations: null }, spec: { maxReplicaCount: 4 } });
    await until(() => ofCart()[0]?.max === 4);
    expect(ofCart()[0]).toMatchObject({ paused: false, pausedReplicas: undefined });
    expect(unknown()).toEqual([]);
  });

  it('are gone after KEDA has been removed', async () => {
    await kube.delete(`${CRDS}/scaledobjects.keda.sh`);
    await until(() => ofCart().length === 0);
    await until(() => linesWith('does not serve', 'keda.sh/v1alpha1').length === 2);
    expect(unknown()).toEqual([]);
  });
});

it('a restart of the API server, which at first refuses everybody, is not a missing right', async () => {
  const refusals = linesWith('lacks a right').length;
  const spec = { scaleTargetRef, maxReplicas: 3 };
  await server.killApiserver();
  await until(() => unknown().some((reason) => reason.includes('has lost contact')));
  await server.startApiserver();
  await created(kube.post(HPAS, { metadata: { name: 'cart' }, spec }));
  await until(() => ofCart().length === 1 && unknown().length === 0);
  expect(linesWith('lacks a right')).toHaveLength(refusals);
});

/** The least that lets the API server store ScaledObjects. KEDA itself does not run. */
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    names: {
      kind: 'ScaledObject',
      listKind: 'ScaledObjectList',
      plural: 'scaledobjects',
      singular: 'scaledobject',
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
