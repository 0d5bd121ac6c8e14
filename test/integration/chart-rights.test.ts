import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chart, tool } from '../support/chart/helm.ts';
import { allows } from '../support/integration/rbac.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { ChartBench } from './chart-bench.ts';

/** On a real API server, the account and the clients of the chart have exactly the rights in README.md. */
const name = 'chart-rights';
const namespaces = ['rights-a', 'rights-b', 'rights-c'];
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
/** RBAC verbs that allow a user to gain further rights. */
const powers = [
  ['bind', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['escalate', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['impersonate', '', 'users'],
  ['impersonate', '', 'groups'],
  ['impersonate', '', 'serviceaccounts'],
] as const;
const PARALLEL = 16;
const SETTLED_MS = 300_000;
/** Of a test, which settles at most three times. */
const TIMEOUT_MS = 4 * SETTLED_MS;
/**
 * Resources similar to those that the chart grants. They suffice, because one test checks the defaults on all resources.
 */
const nearGroups = ['apps', 'autoscaling', 'authorization.k8s.io', 'rbac.authorization.k8s.io'];
const nearResources = ['events', 'pods', 'secrets', 'configmaps', 'serviceaccounts/token'];

/** A right may be granted before its API is installed. */
const scaledObjects = { group: 'keda.sh', resource: 'scaledobjects' };

interface Resource {
  readonly group: string;
  readonly resource: string;
}

interface Right extends Resource {
  readonly verb: string;
  /** Undefined means all namespaces. */
  readonly namespace?: string;
}

let bench: ChartBench;
let all: Resource[];
let near: Resource[];

beforeAll(async () => {
  await tool('helm');
  bench = await ChartBench.start(name, ...namespaces);
  all = await discover();
  near = all.filter(
    ({ group, resource }) => nearGroups.includes(group) || (group === '' && nearResources.includes(resource)),
  );
  near.push(scaledObjects);
}, 600_000);

afterEach(() => bench.helm('uninstall', name, '--namespace', name));

afterAll(() => bench?.stop());

async function install(...values: string[]): Promise<void> {
  const set = values.flatMap((value) => ['--set', value]);
  const { status, stderr } = await bench.helm(
    'install',
    name,
    chart,
    '--namespace',
    name,
    ...set,
    ...fullname,
  );
  expect(status, stderr).toBe(0);
}
const fullname = ['--set', `fullnameOverride=${name}`];

/** Every resource and subresource of the API server. */
async function discover(): Promise<Resource[]> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const found = new Map<string, Resource>();
  const add = (group: string, resource: string) => found.set(`${group}/${resource}`, { group, resource });
  for (const path of ['/api', '/apis']) {
    for (const item of arrayAt((await bench.kube.get(path, { accept })).body, 'items')) {
      const group = String(at(item, 'metadata.name') ?? '');
      for (const version of arrayAt(item, 'versions')) {
        for (const resource of arrayAt(version, 'resources')) {
          const plural = textAt(resource, 'resource');
          add(group, plural);
          for (const sub of [at(resource, 'subresources') ?? []].flat()) {
            add(group, `${plural}/${textAt(sub, 'subresource')}`);
          }
        }
      }
    }
  }
  return [...found.values()];
}

/** Everything that a user may do with these resources, in each of the namespaces and in all namespaces. */
async function rightsOf(
  user: string,
  groups: readonly string[] = [],
  resources: readonly Resource[] = near,
): Promise<string[]> {
  const questions: Right[] = [];
  for (const namespace of [undefined, ...namespaces]) {
    const where = namespace === undefined ? {} : { namespace };
    for (const { group, resource } of resources) {
      for (const verb of verbs) questions.push({ verb, group, resource, ...where });
    }
    for (const [verb, group, resource] of powers) questions.push({ verb, group, resource, ...where });
  }
  const allowed: string[] = [];
  const ask = async () => {
    for (let question = questions.pop(); question !== undefined; question = questions.pop()) {
      const { resource: full, ...rest } = question;
      const [resource = '', subresource = ''] = full.split('/');
      const spec = { user, groups, resourceAttributes: { ...rest, resource, subresource } };
      if (await allows(bench.kube, spec)) allowed.push(text(question));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, ask));
  return allowed.sort();
}

/**
 * Repeats the check: the API server sees roles and bindings some milliseconds after Helm has created them. One check may
 * be 5,000 reviews, which take most of a minute on a busy machine.
 */
const settled = (rights: () => Promise<string[]>) => expect.poll(rights, { timeout: SETTLED_MS });

const text = ({ verb, group, resource, namespace }: Right) =>
  `${verb} ${resource}.${group} in ${namespace ?? 'all namespaces'}`;

/**
 * The table of rights in README.md. `places` maps each place to its namespaces; an empty list means all. Rows that name
 * a value in `off` do not count.
 */
function documented(
  places: Record<string, readonly string[]>,
  off: readonly string[] = ['autoscalers.scaledObjects'],
): string[] {
  const readme = readFileSync(join(chart, 'README.md'), 'utf8');
  const section = readme.split("## Rights of the service's account")[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(3);
  return rows
    .filter((row) => !off.some((value) => row.includes(`\`${value}\``)))
    .flatMap((row) => {
      const [, verbCell = '', resource = '', group = '', place = ''] = row
        .split('|')
        .map((cell) => cell.replaceAll('`', '').trim());
      const chosen = places[place] ?? expect.fail(`README.md has an unknown place: ${place}`);
      // A right in all namespaces is also a right in each of them.
      const where = chosen.length > 0 ? chosen : [undefined, ...namespaces];
      return verbCell.split(', ').flatMap((verb) =>
        where.map((namespace) => {
          const right = { verb, group: group === 'core' ? '' : group, resource };
          return text(namespace === undefined ? right : { ...right, namespace });
        }),
      );
    })
    .sort();
}

describe("the service's account has exactly the rights in README.md", { timeout: TIMEOUT_MS }, () => {
  const account = `system:serviceaccount:${name}:${name}`;
  it('with the default values, on every resource of the API server', async () => {
    await install();
    const places = { watchNamespaces: [], 'scaling.namespaces': [], cluster: [] };
    expect(all.length).toBeGreaterThan(100);
    await settled(() => rightsOf(account, [], all)).toEqual(documented(places));
  });

  it.each([
    ['if it scales in one namespace', ['scaling.namespaces={rights-a}'], [], ['rights-a']],
    [
      'if it serves two namespaces and scales in one',
      ['watchNamespaces={rights-a,rights-b}', 'scaling.namespaces={rights-a}'],
      ['rights-a', 'rights-b'],
      ['rights-a'],
    ],
    ['if it serves one namespace', ['watchNamespaces={rights-b}'], ['rights-b'], ['rights-b']],
    [
      'if its cluster is one of several',
      ['clusters[0].name=home', 'clusters[0].inCluster=true', 'clusters[0].namespaces={rights-c}'],
      ['rights-c'],
      ['rights-c'],
    ],
  ])('%s', async (_, values, watched, scaled) => {
    await install(...values);
    const places = { watchNamespaces: watched, 'scaling.namespaces': scaled, cluster: [] };
    await settled(() => rightsOf(account)).toEqual(documented(places));
  });

  it.each([
    ['neither kind of autoscaler', false, false],
    ['ScaledObjects alone', false, true],
    ['both kinds of autoscalers', true, true],
  ])('if it watches %s', async (_, hpas, keda) => {
    const values = [
      `autoscalers.horizontalPodAutoscalers=${hpas}`,
      `autoscalers.scaledObjects=${keda}`,
      'watchNamespaces={rights-a}',
    ];
    await install(...values);
    const off = [
      ...(hpas ? [] : ['autoscalers.horizontalPodAutoscalers']),
      ...(keda ? [] : ['autoscalers.scaledObjects']),
    ];
    const places = { watchNamespaces: ['rights-a'], 'scaling.namespaces': ['rights-a'], cluster: [] };
    await settled(() => rightsOf(account)).toEqual(documented(places, off));
  });

  it('if waits do not tell why pods do not run', async () => {
    await install('rolloutReasons=false', 'watchNamespaces={rights-a}');
    const places = { watchNamespaces: ['rights-a'], 'scaling.namespaces': ['rights-a'], cluster: [] };
    const off = ['rolloutReasons', 'autoscalers.scaledObjects'];
    await settled(() => rightsOf(account)).toEqual(documented(places, off));
  });

  it('and has none if only other clusters are served', async () => {
    await install('clusters[0].name=west', 'clusters[0].kubeconfig.secretName=west');
    await settled(() => rightsOf(account)).toEqual([]);
  });
});

describe('clients have exactly the rights of their role', { timeout: TIMEOUT_MS }, () => {
  const rights = (role: 'viewer' | 'scaler', where: readonly (string | undefined)[]) =>
    where
      .flatMap((namespace) => {
        const place = namespace === undefined ? {} : { namespace };
        const scale = { group: 'apps', resource: 'deployments/scale', ...place };
        const read = [
          { verb: 'list', group: 'apps', resource: 'deployments', ...place },
          { verb: 'get', ...scale },
        ];
        return (role === 'scaler' ? [...read, { verb: 'patch', ...scale }] : read).map(text);
      })
      .sort();

  it('as a user in one namespace and as a group everywhere, and other users have none', async () => {
    await install(
      ...['clients[0].name=alice', 'clients[0].role=scaler', 'clients[0].namespaces={rights-a}'],
      ...['clients[1].groups={auditors}', 'clients[1].role=viewer'],
    );
    await settled(() => rightsOf('alice')).toEqual(rights('scaler', ['rights-a']));
    await settled(() => rightsOf('bob', ['auditors'])).toEqual(rights('viewer', [undefined, ...namespaces]));
    await settled(() => rightsOf('auditors')).toEqual([]);
  });
});
