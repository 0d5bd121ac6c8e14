import { AppsV1Api, CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { allows, mayGetScale } from '../support/integration/rbac.ts';
import { at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { kubeconfigYaml } from '../support/kubeconfig.ts';
import { logTo } from '../support/log-to.ts';
import { routesOf } from '../support/routes-of.ts';
import { REAL_PROBES, TestService } from '../support/service.ts';
import type { Answer, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** The rights of callers, as the RBAC of a real kube-apiserver decides them, for cached reads and for writes. */
const rbacGroup = 'rbac.authorization.k8s.io';
const inA = 'authz-a';
const inB = 'authz-b';

let service: TestService;
let rbac: RbacAuthorizationV1Api;
let apps: AppsV1Api;
let core: CoreV1Api;
let kube: KubeRequests;
const clients = new Map<string, TestClient>();

beforeAll(async () => {
  const config = new KubeConfig();
  config.loadFromString(inject('kubeApiserver').kubeconfig);
  rbac = config.makeApiClient(RbacAuthorizationV1Api);
  apps = config.makeApiClient(AppsV1Api);
  core = config.makeApiClient(CoreV1Api);
  kube = new KubeRequests(inject('kubeApiserver'));
  for (const namespace of [inA, inB]) {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const name of ['web', 'worker']) await createDeployment(namespace, name);
  }
  await grant();
  service = await (
    await TestService.start({
      kubeconfig: inject('kubeApiserver').kubeconfig,
      authorization: 'SubjectAccessReview',
      policy: { allowedReserved: ['system:masters'] },
    })
  ).synced();
  const groups: Record<string, string[]> = { member: ['scalers'], admin: ['system:masters'] };
  for (const user of ['reader', 'one-name', 'one-namespace', 'member', 'nobody', 'admin']) {
    clients.set(user, await service.clientOf(user, groups[user]));
  }
});

afterAll(async () => {
  await service?.stop();
  for (const namespace of [inA, inB]) {
    for (const name of ['web', 'worker']) await apps.deleteNamespacedDeployment({ namespace, name });
    await core.deleteNamespace({ name: namespace });
  }
  await kube?.close();
});

async function createDeployment(namespace: string, name: string): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec } });
}

/** The roles of the users in this test, as an administrator would bind them. */
async function grant(): Promise<void> {
  const scale = ['deployments/scale'];
  const read = [{ apiGroups: ['apps'], resources: ['deployments', ...scale], verbs: ['get', 'list'] }];
  const write = [{ apiGroups: ['apps'], resources: scale, verbs: ['get', 'patch'] }];
  const one = [{ apiGroups: ['apps'], resources: scale, verbs: ['get', 'patch'], resourceNames: ['web'] }];
  const list = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }];
  await bindCluster('reader', read, { kind: 'User', name: 'reader' });
  await bind(inA, 'one-name', one, { kind: 'User', name: 'one-name' });
  await bind(inA, 'one-namespace', [...write, ...list], { kind: 'User', name: 'one-namespace' });
  await bind(inB, 'scalers', [...write, ...list], { kind: 'Group', name: 'scalers' });
  await until(() => mayGetScale(kube, { user: 'reader' }, inB, 'worker'));
  await until(() => mayGetScale(kube, { user: 'one-name' }, inA, 'web'));
  await until(() => mayGetScale(kube, { user: 'one-namespace' }, inA, 'worker'));
  await until(() => mayGetScale(kube, { user: 'member', groups: ['scalers'] }, inB, 'web'));
}

type Rules = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];

async function bind(namespace: string, name: string, rules: Rules, subject: { kind: string; name: string }) {
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  const subjects = [{ ...subject, apiGroup: rbacGroup }];
  const roleRef = { apiGroup: rbacGroup, kind: 'Role', name };
  await rbac.createNamespacedRoleBinding({ namespace, body: { metadata: { name }, roleRef, subjects } });
}

async function bindCluster(name: string, rules: Rules, subject: { kind: string; name: string }) {
  const full = `authz-test-${name}`;
  await rbac.createClusterRole({ body: { metadata: { name: full }, rules } });
  const subjects = [{ ...subject, apiGroup: rbacGroup }];
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: full };
  await rbac.createClusterRoleBinding({ body: { metadata: { name: full }, roleRef, subjects } });
}

function as(user: string): TestClient {
  const client = clients.get(user);
  if (client === undefined) throw new Error(`no client ${user}`);
  return client;
}

/** The Deployments in the namespaces of this test that a client sees in a list of all. */
function ours({ body }: Answer): string[] {
  const names = typeof body === 'object' && body !== null && 'deployments' in body ? body.deployments : [];
  return Array.isArray(names) ? names.filter((name) => String(name).startsWith('authz-')) : [];
}

const all = [`${inA}/web`, `${inA}/worker`, `${inB}/web`, `${inB}/worker`];

/** The rights that a route may require. `anybody` requires only a usable certificate. */
type Needed = 'read' | 'scale' | 'list' | 'anybody';
/** The body is that of a POST; default: a count of 2. */
type RouteCase = readonly [url: string, needed: Needed, body?: object];

const count = `replica-count?namespace=${inA}&deployment=worker`;
const items = [{ namespace: inA, deployment: 'worker', replicas: 2 }];
const ofCluster: Record<string, RouteCase> = {
  'GET /healthz': ['healthz', 'anybody'],
  'GET /deployments': [`deployments?namespace=${inA}`, 'list'],
  'GET /deployments/:namespace/:deployment': [`deployments/${inA}/worker`, 'read'],
  'GET /deployments/:namespace/:deployment/changes': [`deployments/${inA}/worker/changes`, 'read'],
  'GET /events': [`events?namespace=${inA}`, 'list'],
  'GET /limits': [`limits?namespace=${inA}&deployment=worker`, 'read'],
  'GET /scale': [`scale?namespace=${inA}`, 'list'],
  'GET /replica-count': [count, 'read'],
  'POST /replica-count': [count, 'scale'],
  'POST /scale': ['scale', 'scale', { items }],
};
/** Every route, with a request for authz-a/worker and the right that it requires. */
const ROUTES: Record<string, RouteCase> = {
  ...Object.fromEntries(
    Object.entries(ofCluster).map(([route, [url, ...others]]) => [route, [`/${url}`, ...others]]),
  ),
  ...Object.fromEntries(
    Object.entries(ofCluster).map(([route, [url, ...others]]) => [
      route.replace('/', '/:cluster/'),
      [`/default/${url}`, ...others],
    ]),
  ),
  'POST /:cluster/set-replica-count': [`/default/set-${count}`, 'scale'],
  'GET /clusters': ['/clusters', 'anybody'],
  'GET /clusters/deployments': [`/clusters/deployments?namespace=${inA}`, 'list'],
  'GET /clusters/events': [`/clusters/events?namespace=${inA}`, 'list'],
  'GET /': ['/', 'anybody'],
  // /docs/page/*: Fastify leaves out the folder where it prints a route that ends with a wildcard.
  'GET /docs/*': ['/docs/page/main.js', 'anybody'],
  'GET /docs': ['/docs', 'anybody'],
  'GET /docs/': ['/docs/', 'anybody'],
  'GET /docs/favicon-32x32.png': ['/docs/favicon-32x32.png', 'anybody'],
  'GET /docs/start.js': ['/docs/start.js', 'anybody'],
  'GET /docs/swagger-ui-bundle.js': ['/docs/swagger-ui-bundle.js', 'anybody'],
  'GET /docs/swagger-ui.css': ['/docs/swagger-ui.css', 'anybody'],
  'GET /openapi.json': ['/openapi.json', 'anybody'],
  'GET /openapi.yaml': ['/openapi.yaml', 'anybody'],
};

/** The error code of an answer, or of the cluster that it contains. */
function refusalIn({ body }: Answer): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('code' in body) return body.code;
  const [first] = 'clusters' in body && Array.isArray(body.clusters) ? body.clusters : [];
  return first?.error?.code;
}

describe('every route for every role', () => {
  it('is tested: the table of this test has every route of the running app', () => {
    const routes = routesOf(service.app).filter((route) => !route.startsWith('HEAD '));
    expect(routes).toEqual(Object.keys(ROUTES).sort());
  });

  it.each<[string, readonly Needed[]]>([
    ['reader', ['read', 'list']],
    ['one-name', []],
    ['one-namespace', ['read', 'scale', 'list']],
    ['member', []],
    ['nobody', []],
    ['admin', ['read', 'scale', 'list']],
  ])('answers %s according to the rights of that user', async (user, rights) => {
    const client = as(user);
    for (const [route, [url, needed, body = { replicas: 2 }]] of Object.entries(ROUTES)) {
      const posts = route.startsWith('POST ');
      const answer = await (posts ? client.post(url, body) : client.get(url));
      const allowed = needed === 'anybody' || rights.includes(needed);
      expect([route, refusalIn(answer)]).toEqual([route, allowed ? undefined : 'FORBIDDEN']);
    }
  });

  // The columns: read a/web, read a/worker, read b/web, set a/web, set a/worker, set b/web, list a, list b, and the
  // Deployments in a list of all namespaces.
  it.each([
    ['reader', [200, 200, 200, 403, 403, 403, 200, 200], all],
    ['one-name', [200, 403, 403, 200, 403, 403, 403, 403], undefined],
    ['one-namespace', [200, 200, 403, 200, 200, 403, 200, 403], all.slice(0, 2)],
    ['member', [403, 403, 200, 403, 403, 200, 403, 200], all.slice(2)],
    ['nobody', [403, 403, 403, 403, 403, 403, 403, 403], undefined],
    ['admin', [200, 200, 200, 200, 200, 200, 200, 200], all],
  ])('lets %s read, set and list exactly what its roles name', async (user, expected, listed) => {
    const client = as(user);
    const answers = [
      await client.count(inA, 'web'),
      await client.count(inA, 'worker'),
      await client.count(inB, 'web'),
      await client.scale(inA, 'web', 2),
      await client.scale(inA, 'worker', 2),
      await client.scale(inB, 'web', 2),
      await client.get(`/deployments?namespace=${inA}`),
      await client.get(`/deployments?namespace=${inB}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual(expected);
    for (const { status, body } of answers)
      if (status === 403) expect(body).toMatchObject({ code: 'FORBIDDEN' });
    for (const query of ['', '?maxAge=0']) {
      const list = await client.get(`/deployments${query}`);
      expect(list.status).toBe(listed === undefined ? 403 : 200);
      expect(ours(list)).toEqual(listed ?? []);
    }
    expect((await client.get('/healthz')).status).toBe(200);
    expect((await client.get('/nope')).status).toBe(404);
  });

  it('hides from a caller who may not read a Deployment whether it exists', async () => {
    for (const name of ['web', 'nope']) {
      expect((await as('nobody').count(inA, name)).status).toBe(403);
      expect((await as('nobody').scale(inA, name, 1)).status).toBe(403);
      expect((await as('nobody').count('no-such-namespace', name)).status).toBe(403);
    }
    expect((await as('nobody').get('/deployments?namespace=no-such-namespace')).status).toBe(403);
    expect((await as('reader').count(inA, 'nope')).status).toBe(404);
  });
});

describe('a scaled Deployment', () => {
  it('has an Event that names the user who scaled it', async () => {
    const { body } = await as('admin').count(inA, 'web');
    const before =
      typeof body === 'object' && body !== null && 'replicaCount' in body ? Number(body.replicaCount) : 0;
    await as('admin').scale(inA, 'web', before + 3);
    const message = `admin scaled from ${before} to ${before + 3}`;
    await until(async () => {
      const fieldSelector = 'involvedObject.kind=Deployment,involvedObject.name=web';
      const { items } = await core.listNamespacedEvent({ namespace: inA, fieldSelector });
      return items.some((event) => event.message === message && event.reason === 'Scaled');
    });
    const { metadata } = await apps.readNamespacedDeployment({ namespace: inA, name: 'web' });
    expect(metadata?.managedFields?.map(({ manager }) => manager)).toContain('k8s-deployment-scaler');
  });
});

describe('a service whose account may not create access reviews', () => {
  const account = `system:serviceaccount:${inA}:no-reviews`;
  const reviews = { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };
  let blind: TestService;
  const lines: Record<string, unknown>[] = [];

  beforeAll(async () => {
    const path = `/api/v1/namespaces/${inA}/serviceaccounts`;
    await kube.post(path, { metadata: { name: 'no-reviews' } });
    const { body } = await kube.post(`${path}/no-reviews/token`, { spec: {} });
    const mirror = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] }];
    await bindCluster('no-reviews', mirror, { kind: 'User', name: account });
    const watch = { verb: 'watch', group: 'apps', resource: 'deployments' };
    await until(() => allows(kube, { user: account, resourceAttributes: watch }));
    const { url, ca } = inject('kubeApiserver');
    blind = await TestService.start({
      kubeconfig: kubeconfigYaml(url, ca, { token: textAt(body, 'status.token') }),
      authorization: 'SubjectAccessReview',
      logStream: logTo((line) => void lines.push(JSON.parse(line))),
      timing: REAL_PROBES,
    });
    await until(() => blind.cluster.state === 'blocked');
  });
  afterAll(async () => {
    await blind?.stop();
  });

  it('logs the right to grant, is blocked in GET /clusters and not ready, and recovers once it has the right', async () => {
    const client = await blind.clientOf('reader');
    const authorizer = async () => at((await client.get('/clusters')).body, 'clusters.0.authorizer');
    expect(blind.app.fleet.ready).toBe(false);
    expect(lines.filter(({ msg }) => String(msg).startsWith('cluster blocked'))).toEqual([
      expect.objectContaining({
        grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
      }),
    ]);
    const refused = { status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } };
    expect(await client.count(inA, 'web')).toMatchObject(refused);
    expect(await client.get('/deployments')).toMatchObject(refused);
    expect(await client.get('/healthz')).toMatchObject({ status: 503, body: { code: 'CLUSTER_BLOCKED' } });
    expect(await authorizer()).toBe('unavailable');
    expect(lines.filter(({ msg }) => String(msg).startsWith('access reviews fail'))).toEqual([
      expect.objectContaining({
        level: 'error',
        status: 403,
        reason: expect.stringContaining(
          `User "${account}" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io"`,
        ),
        grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
      }),
    ]);

    const create = [{ apiGroups: [reviews.group], resources: [reviews.resource], verbs: ['create'] }];
    await bindCluster('reviews', create, { kind: 'User', name: account });
    await until(() => allows(kube, { user: account, resourceAttributes: { verb: 'create', ...reviews } }));
    expect((await client.count(inA, 'web')).status).toBe(200);
    expect(await authorizer()).toBe('available');
    await blind.synced();
    await until(async () => (await client.get('/healthz')).status === 200);
  });

  it('is blocked without any request when the right is withdrawn, and ready when it is granted again', async () => {
    await rbac.deleteClusterRoleBinding({ name: 'authz-test-reviews' });
    await until(() => blind.cluster.state === 'blocked');
    expect(blind.app.fleet.ready).toBe(true);
    const create = [{ apiGroups: [reviews.group], resources: [reviews.resource], verbs: ['create'] }];
    await rbac.deleteClusterRole({ name: 'authz-test-reviews' });
    await bindCluster('reviews', create, { kind: 'User', name: account });
    await until(() => blind.cluster.state === 'ready');
  });
});

// Keep this test last: it moves the clock forward, so the cache would look fresher than it is to any later test.
describe('a right that is withdrawn', () => {
  it('ends when the remembered decision expires, even for reads from the cache', async () => {
    const name = 'leaver';
    const rules = [{ apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] }];
    await bind(inA, name, rules, { kind: 'User', name });
    await until(() => mayGetScale(kube, { user: name }, inA, 'web'));
    const client = await service.clientOf(name);
    expect((await client.count(inA, 'web')).status).toBe(200);
    expect((await client.scale(inA, 'web', 3)).status).toBe(200);

    await rbac.deleteNamespacedRoleBinding({ namespace: inA, name });
    await until(async () => !(await mayGetScale(kube, { user: name }, inA, 'web')));
    const now = performance.now.bind(performance);
    try {
      vi.spyOn(performance, 'now').mockImplementation(() => now() + 5 * 60_000 + 1_000);
      expect((await client.count(inA, 'web')).status).toBe(403);
      expect((await client.scale(inA, 'web', 4)).status).toBe(403);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
