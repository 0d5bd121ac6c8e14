import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Rails } from '../../src/cluster/rails/rails.ts';
import { parseRails } from '../../src/fleet/rails-file.ts';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { at } from '../support/kube-requests.ts';
import { PATIENT_WRITES, TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** The YAML of docs/how-to/enforce-rails-in-the-cluster.md on a real API server, which then holds its rules for everybody. */
const DOCUMENT = resolve(import.meta.dirname, '../../docs/how-to/enforce-rails-in-the-cluster.md');
const NAMESPACES = ['shop', 'payments', 'elsewhere'];
/** The count of every Deployment before each test. */
const COUNT = 5;

let plane: ControlPlane;
let service: TestService;
let document: string;

beforeAll(async () => {
  plane = await ControlPlane.start();
  for (const namespace of NAMESPACES) {
    await plane.succeed('kubectl', 'create', 'namespace', namespace);
    await plane.succeed('kubectl', 'apply', '--filename', await manifest(namespace, COUNT));
  }
  // Above the maximum from before there was one.
  await plane.succeed('kubectl', 'apply', '--filename', await manifest('shop', 20, 'large'));
  const { kubeconfig } = plane.apiserver;
  service = await (await TestService.start({ kubeconfig, timing: PATIENT_WRITES })).synced();
  document = await readFile(DOCUMENT, 'utf8');
  await plane.succeed('kubectl', 'apply', '--filename', await policy());
  await inForce();
}, 600_000);

afterEach(async () => {
  for (const namespace of NAMESPACES) expect(await count(namespace)).toBe(COUNT);
});

afterAll(async () => {
  await service?.stop();
  await plane?.stop();
});

/** Writes the YAML of the document to a file. */
async function policy(): Promise<string> {
  const file = join(plane.folder, 'policy.yaml');
  const blocks = document.matchAll(/^```yaml\n(.*?)^```$/gms);
  await writeFile(file, [...blocks].map(([, yaml]) => yaml).join('---\n'));
  return file;
}

/** Resolves once the API server has all rules of the document: it refuses what a rule refuses, and by that rule. */
async function inForce(): Promise<void> {
  const refused = { shop: ['shop', 11], payments: ['payments', 6], everywhere: ['elsewhere', 1001] } as const;
  for (const [rule, [namespace, replicas]] of Object.entries(refused)) {
    const said = async () => (await scale(namespace, replicas, '--dry-run=server')).stderr;
    await until(async () => (await said()).includes(`rule ${rule}: `));
  }
}

/** Writes the manifest of a Deployment to a file. */
async function manifest(namespace: string, replicas: number, name = 'web'): Promise<string> {
  const labels = { app: name };
  const spec = { containers: [{ name, image: 'nginx' }] };
  const file = join(plane.folder, `${name}.json`);
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  await writeFile(file, JSON.stringify(deployment));
  return file;
}

const pathOf = (namespace: string, name: string) =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

async function count(namespace: string, name = 'web'): Promise<unknown> {
  return at((await plane.kube.get(pathOf(namespace, name))).body, 'spec.replicas');
}

const scale = (namespace: string, replicas: number, ...options: readonly string[]) =>
  plane.run('kubectl', 'scale', 'deployment/web', '-n', namespace, `--replicas=${replicas}`, ...options);

const patch = (namespace: string, replicas: number) =>
  plane.run('kubectl', 'patch', 'deployment/web', '-n', namespace, '-p', `{"spec":{"replicas":${replicas}}}`);

/** Whether `kubectl scale` to this count would pass. */
const admits = async (namespace: string, replicas: number) =>
  (await scale(namespace, replicas, '--dry-run=server')).status === 0;

/** Ways to set a count. Each returns what it is told, or undefined if the count is set. */
const WAYS: Readonly<Record<string, (namespace: string, replicas: number) => Promise<string | undefined>>> = {
  'a write of the service': (namespace, replicas) => byService(namespace, replicas),
  'a dry run of the service': (namespace, replicas) => byService(namespace, replicas, '&dryRun=true'),
  'a write of the service by force': (namespace, replicas) => byService(namespace, replicas, '&force=true'),
  'kubectl scale': async (namespace, replicas) => told(await scale(namespace, replicas)),
  'kubectl patch': async (namespace, replicas) => told(await patch(namespace, replicas)),
  'kubectl apply': async (namespace, replicas) =>
    told(await plane.run('kubectl', 'apply', '--filename', await manifest(namespace, replicas))),
  'kubectl apply --server-side': async (namespace, replicas) => {
    const options = ['--server-side', '--force-conflicts', '--filename', await manifest(namespace, replicas)];
    return told(await plane.run('kubectl', 'apply', ...options));
  },
};

async function byService(namespace: string, replicas: number, more = ''): Promise<string | undefined> {
  const query = `namespace=${namespace}&deployment=web${more}`;
  const { status, body } = await service.post(`/replica-count?${query}`, { replicas });
  if (status === 200) return undefined;
  expect({ status, body }).toMatchObject({ status: 422, body: { code: 'ADMISSION_REFUSED' } });
  return String(at(body, 'message'));
}

function told({ status, stderr }: { readonly status: number; readonly stderr: string }): string | undefined {
  return status === 0 ? undefined : stderr;
}

describe.each(Object.entries(WAYS))('%s', (_, set) => {
  it.each([
    ['below the minimum', 'shop', 1, 'rule shop: at least 2 (1 asked)'],
    ['of 0', 'shop', 0, 'rule shop: not 0'],
    ['above the maximum', 'shop', 11, 'rule shop: at most 10 (11 asked)'],
    ['further up than a step', 'shop', 9, 'rule shop: at most 50% at a time from 5 (9 asked)'],
    ['above the maximum for everything', 'elsewhere', 1001, 'rule everywhere: at most 1000 (1001 asked)'],
    ['in a protected namespace', 'payments', 6, 'rule payments: protected (frozen until the audit is over)'],
  ])('is refused if it sets a count %s', async (_, namespace, replicas, message) => {
    expect(await set(namespace, replicas)).toContain(message);
  });
});

it('counts within the rules are set in each way', async () => {
  for (const set of Object.values(WAYS)) {
    expect(await set('shop', 8)).toBeUndefined();
    expect(await set('shop', COUNT)).toBeUndefined();
    expect(await set('elsewhere', 0)).toBeUndefined();
    expect(await set('elsewhere', COUNT)).toBeUndefined();
  }
});

it('the policy admits exactly the counts that the service admits by the rails file of the document', async () => {
  const [, text] = /^```\n(rules:.*?)^```$/ms.exec(document) ?? [];
  const rails = new Rails('default', { current: parseRails('rails.yaml', text) });
  for (const namespace of NAMESPACES) {
    const deployment = service.cluster.deployment(namespace, 'web').value;
    for (const replicas of [...Array(13).keys(), 999, 1000, 1001]) {
      const path = `${pathOf(namespace, 'web')}/scale?dryRun=All`;
      const { status } = await plane.kube.patch(path, { spec: { replicas } });
      const refusal = rails.refusal(deployment, replicas, COUNT);
      expect({ namespace, replicas, status }).toEqual({
        namespace,
        replicas,
        status: refusal === undefined ? 200 : 422,
      });
    }
  }
});

it('a new Deployment is refused a count outside of the bounds, and is otherwise created, in a protected namespace too', async () => {
  const create = async (namespace: string, replicas: number) =>
    told(await plane.run('kubectl', 'apply', '--filename', await manifest(namespace, replicas, 'new')));
  expect(await create('shop', 11)).toContain('rule shop: at most 10 (11 asked)');
  expect(await create('shop', 1)).toContain('rule shop: at least 2 (1 asked)');
  expect(await create('shop', 10)).toBeUndefined();
  expect(await create('payments', 3)).toBeUndefined();
});

it('a Deployment above the maximum can be changed, and scaled down step by step, but not back', async () => {
  const large = ['deployment/large', '-n', 'shop'];
  await plane.succeed('kubectl', 'set', 'image', ...large, 'large=nginx:2');
  await plane.succeed('kubectl', 'scale', ...large, '--replicas=20');
  await plane.succeed('kubectl', 'scale', ...large, '--replicas=10');
  expect((await plane.run('kubectl', 'scale', ...large, '--replicas=11')).stderr).toContain('at most 10');
  expect(await count('shop', 'large')).toBe(10);
});

it('an autoscaler outside of the rules is refused, and says so', async () => {
  const hpa = ['hpa/web', '-n', 'shop'];
  await plane.succeed('kubectl', 'autoscale', 'deployment/web', '-n', 'shop', '--min=11', '--max=12');
  const condition = '{.status.conditions[?(@.type=="AbleToScale")].reason}';
  await until(async () => {
    const { stdout } = await plane.run('kubectl', 'get', ...hpa, '-o', `jsonpath=${condition}`);
    return stdout === 'FailedUpdateScale';
  });
  expect(await count('shop')).toBe(COUNT);
  await plane.succeed('kubectl', 'delete', ...hpa);
  await until(() => service.cluster.autoscalers.of('shop', 'web').length === 0);
});

it('a changed ConfigMap changes the rule, one with a mistake refuses every change, and so does one that is missing', async () => {
  const data = (fields: Readonly<Record<string, string | null>>) =>
    plane.succeed(
      'kubectl',
      'patch',
      'configmap/shop',
      '-n',
      'kube-system',
      '-p',
      JSON.stringify({ data: fields }),
    );
  expect(await admits('shop', 0)).toBe(false);
  await data({ allowZero: 'true', max: '20', maxStep: '5' });
  await until(() => admits('shop', 0));
  expect(await admits('shop', 1)).toBe(false);
  expect(await admits('shop', 10)).toBe(true);
  expect(await admits('shop', 11)).toBe(false);
  await data({ maxStep: 'five' });
  await until(async () => !(await admits('shop', 6)));
  await data({ maxStep: '50%' });
  await until(() => admits('shop', 6));
  await plane.succeed('kubectl', 'delete', 'configmap/shop', '-n', 'kube-system');
  await until(async () => !(await admits('shop', 6)));
  await plane.succeed('kubectl', 'apply', '--filename', await policy());
  await inForce();
});
