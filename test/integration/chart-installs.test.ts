import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chart, HELMS, type Helm, render, tool } from '../support/chart/helm.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { ChartBench } from './chart-bench.ts';

/** On a real API server without controllers: releases of both versions of Helm, and objects without a release. */
const name = 'chart-installs';
const release = [name, '--namespace', name];
const numbers = ['123', '--namespace', '456'];

let bench: ChartBench;

beforeAll(async () => {
  await tool('helm');
  bench = await ChartBench.start(name, '456');
}, 600_000);

afterEach(async () => {
  for (const one of [release, numbers]) await bench.helm('uninstall', ...one, '--ignore-not-found');
});

afterAll(() => bench?.stop());

/** The standard output of this command, which must succeed without a warning. */
async function succeed(command: Helm | 'kubectl', ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await bench.run(command, ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

async function read(path: string): Promise<unknown> {
  return (await bench.kube.get(path)).body;
}

/** The annotations of the pods of the release. */
async function podAnnotations(): Promise<unknown> {
  const deployment = await read(`/apis/apps/v1/namespaces/${name}/deployments/${name}-k8s-deployment-scaler`);
  return at(deployment, 'spec.template.metadata.annotations');
}

async function networkPolicies(): Promise<number> {
  return arrayAt(await read(`/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`), 'items').length;
}

describe.each([
  ['helm3', 'helm'],
  ['helm', 'helm3'],
] as const)('a release that %s installs', (first, second) => {
  it(`is upgraded by ${second} and then by ${first}`, async () => {
    await succeed(first, 'install', ...release, chart, '--set', 'podAnnotations.a=1m,podAnnotations.b=1m');
    expect(await podAnnotations()).toEqual({ a: '1m', b: '1m' });
    await succeed(second, 'upgrade', ...release, chart, '--set', 'podAnnotations.a=2m');
    expect(await podAnnotations()).toEqual({ a: '2m' });
    expect(await networkPolicies()).toBe(1);
    await succeed(first, 'upgrade', ...release, chart, '--set', 'networkPolicy.enabled=false');
    expect(await podAnnotations()).toBeUndefined();
    expect(await networkPolicies()).toBe(0);
  });
});

describe.each(HELMS)('a release of %s whose name and namespace are numbers', (helm) => {
  it('is installed, with a Service whose name begins with a letter', async () => {
    await succeed(helm, 'install', ...numbers, chart);
    const service = await read('/api/v1/namespaces/456/services/scaler-123-k8s-deployment-scaler');
    expect(at(service, 'spec.selector')).toMatchObject({ 'app.kubernetes.io/instance': '123' });
  });
});

describe('helm template and kubectl apply --server-side', () => {
  const files = ['additions', 'autoscaling', 'scheduling'].map((one) =>
    resolve(import.meta.dirname, `../chart/cases/${one}.yaml`),
  );
  const values = [...files, join(chart, 'examples/three-clusters.yaml')].flatMap((file) => [
    '--values',
    file,
  ]);

  /** Applies what this Helm renders, and returns the objects that the API server then has. */
  async function apply(helm: Helm, ...args: readonly string[]): Promise<readonly unknown[]> {
    const file = join(bench.folder, 'objects.yaml');
    const sets = [
      'serviceMonitor.enabled=false',
      'clients[0].role=viewer',
      'clients[0].name=a',
      `clients[0].namespaces[0]=${name}`,
    ];
    const { stdout, stderr } = await render(
      helm,
      ...release,
      chart,
      ...values,
      '--set',
      sets.join(),
      ...args,
    );
    expect(stderr).toBe('');
    await writeFile(file, stdout);
    await succeed('kubectl', 'apply', '--server-side', '--filename', file);
    return arrayAt(
      JSON.parse(await succeed('kubectl', 'get', '--filename', file, '--output', 'json')),
      'items',
    );
  }

  it('change no object the second time, with either version of Helm', async () => {
    const objects = await apply('helm');
    expect(objects.length).toBeGreaterThan(10);
    expect(await apply('helm')).toEqual(objects);
    expect(await apply('helm3')).toEqual(objects);
    // The pod of helm test cannot be changed in place.
    const changed = await apply('helm', '--no-hooks', '--set', 'service.port=8444');
    const differs = (object: unknown, index: number) => !isDeepStrictEqual(object, objects[index]);
    expect(changed.filter(differs).map((object) => textAt(object, 'kind'))).toEqual(['Service']);
    await succeed('kubectl', 'delete', '--filename', join(bench.folder, 'objects.yaml'), '--wait=false');
  });
});
