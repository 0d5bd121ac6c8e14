import { AppsV1Api, CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { EventReader } from '../support/event-reader.ts';
import { EventReaders } from '../support/event-scene.ts';
import { at } from '../support/kube-requests.ts';
import { defaultDecisionTimes } from '../support/limits.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** Events of a real kube-apiserver, for readers whose rights its RBAC decides. */
const NAMESPACE = 'events-test';
const OTHER = 'events-test-other';
const ROLE = 'events-test';
const group = 'rbac.authorization.k8s.io';

let services: readonly TestService[];
let apps: AppsV1Api;
let core: CoreV1Api;
let rbac: RbacAuthorizationV1Api;
const readers = new EventReaders();

beforeAll(async () => {
  const { kubeconfig } = inject('kubeApiserver');
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  apps = config.makeApiClient(AppsV1Api);
  core = config.makeApiClient(CoreV1Api);
  rbac = config.makeApiClient(RbacAuthorizationV1Api);
  for (const name of [NAMESPACE, OTHER]) {
    await core.createNamespace({ body: { metadata: { name } } });
    await create(name, 'web');
  }
  // Without namespace, a caller may list where there are Deployments.
  await create(NAMESPACE, 'other');
  const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }];
  await rbac.createNamespacedRole({ namespace: NAMESPACE, body: { metadata: { name: ROLE }, rules } });
  const start = () =>
    TestService.start({
      kubeconfig,
      authorization: 'SubjectAccessReview',
      // Long ones would keep alice out for half a minute after a binding that takes effect late.
      decisionTimes: { ...defaultDecisionTimes, deniedSeconds: 0.1 },
      policy: { allowedReserved: ['system:masters'] },
      // A busy machine may take longer than in production to bring one replica as far as the other.
      timing: {
        access: { listRights: { holdsMs: 50, retryMs: 20 } },
        events: { ringBytes: 1024 * 1024, aheadMs: 60_000 },
      },
      heartbeatMs: 100,
    });
  services = await Promise.all([start(), start()]);
  for (const service of services) await (await service.synced()).autoscalersKnown(NAMESPACE);
});
afterAll(async () => {
  readers.closeAll();
  for (const service of services ?? []) await service.stop();
  for (const name of [NAMESPACE, OTHER]) await core.deleteNamespace({ name });
});

async function create(namespace: string, name: string): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec } });
}

async function bindAlice(): Promise<void> {
  const subjects = [{ kind: 'User', name: 'alice', apiGroup: group }];
  const roleRef = { apiGroup: group, kind: 'Role', name: ROLE };
  const body = { metadata: { name: ROLE }, subjects, roleRef };
  await rbac.createNamespacedRoleBinding({ namespace: NAMESPACE, body });
}

async function open(replica: number, user: string, groups: readonly string[], lastEventId?: string) {
  const service = services[replica];
  if (service === undefined) throw new Error('no such replica');
  const client = await service.authority.issue({
    commonName: user,
    organizations: groups,
    usages: ['clientAuth'],
  });
  return readers.open(service, '/events', { client, lastEventId });
}

/** A state after a write of root: the watch may show it before its answer says whose it was. */
const byRoot = (state: object) => ({
  ...state,
  lastChange: { ...Object(at(state, 'lastChange')), user: 'root' },
});

const ours = (reader: EventReader) =>
  reader.events
    .filter(({ data }) => String(data.namespace).startsWith(NAMESPACE))
    .map(({ type, data }) => `${type} ${data.namespace}/${data.deployment}=${data.replicas}`);

it('a reader sees what the RBAC of the cluster lets it list, on any replica, until its role is taken away', async () => {
  const admin = await open(0, 'root', ['system:masters']);
  await admin.next('ready');
  await bindAlice();
  let alice = await open(0, 'alice', []);
  // A new binding takes effect some milliseconds later.
  await until(async () => {
    if (alice.status !== 200) alice = await open(0, 'alice', []);
    return alice.status === 200;
  });
  await alice.next('ready');

  const client = await services[0]?.clientOf('root', ['system:masters']);
  await client?.scale(OTHER, 'web', 4);
  await client?.scale(NAMESPACE, 'web', 5);
  const changed = await alice.next('changed', ({ replicas }) => replicas === 5);
  const { metadata } = await apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' });
  expect(changed.id).toBe(metadata?.resourceVersion);
  expect(ours(alice)).toEqual([`changed ${NAMESPACE}/web=5`]);
  await until(() => ours(admin).length === 2);
  expect(ours(admin)).toEqual([`changed ${OTHER}/web=4`, `changed ${NAMESPACE}/web=5`]);
  const { body } = (await client?.get(`/deployments/${NAMESPACE}/web`)) ?? {};
  expect(byRoot(changed.data)).toEqual(byRoot(Object(body)));

  alice.close();
  await client?.scale(NAMESPACE, 'web', 6);
  await apps.deleteNamespacedDeployment({ namespace: NAMESPACE, name: 'web' });
  const again = await open(1, 'alice', [], changed.id);
  await again.next('gone');
  expect(ours(again)).toEqual([`changed ${NAMESPACE}/web=6`, `gone ${NAMESPACE}/web=6`]);
  expect(again.of('reset')).toEqual([]);

  await rbac.deleteNamespacedRoleBinding({ namespace: NAMESPACE, name: ROLE });
  expect((await again.next('end')).data).toEqual({ reason: 'rights' });
  await until(() => again.closed);
  await until(async () => at((await open(1, 'alice', [])).error, 'code') === 'FORBIDDEN');
  expect(admin.of('end')).toEqual([]);
});
