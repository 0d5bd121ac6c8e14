import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { DeploymentCache } from '../../../../src/cluster/cache/deployment-cache.ts';
import { DeploymentInterner, reduceDeployment } from '../../../../src/cluster/deployment.ts';

/**
 * Per Deployment of a Helm release with a name of 15 characters and five labels, with its share of the lists of its
 * namespace and of all. Lists and counts need 330 of them; the rest is for states, forecasts and selectors.
 */
const MAX_BYTES = 800;
const DEPLOYMENTS = 10_000;

/** The items of a page as an API server sends them: Deployments of about 6 kB. */
function page(first: number, count: number): string {
  const items = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const name = `deployment-${number}`;
    const env = Array.from({ length: 80 }, (__, at) => ({
      name: `VARIABLE_${at}`,
      value: `value ${at} of ${name}`,
    }));
    return {
      metadata: {
        name,
        namespace: `namespace-${number % 100}`,
        uid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        resourceVersion: String(1_000_000 + number),
        generation: 1,
        labels: {
          'app.kubernetes.io/instance': name,
          'app.kubernetes.io/managed-by': 'Helm',
          'app.kubernetes.io/name': name,
          'app.kubernetes.io/part-of': `product-of-team-${number % 100}`,
          'helm.sh/chart': `web-service-${number % 20}.14.2`,
        },
        annotations: { description: 'x'.repeat(1_000), 'meta.helm.sh/release-name': name },
        managedFields: [
          {
            manager: 'helm',
            operation: 'Apply',
            time: new Date(1_796_000_000_000 + number * 1_000).toISOString(),
            fieldsV1: { 'f:spec': { 'f:replicas': {} } },
          },
        ],
      },
      spec: {
        replicas: number % 7,
        template: { spec: { containers: [{ name: 'main', image: 'nginx:1', env }] } },
      },
      status: { observedGeneration: 1, replicas: number % 7, readyReplicas: number % 7 },
    };
  });
  return JSON.stringify(items);
}

/** Bytes in use, in the heap and in buffers. */
function usedMemory(): number {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it(`the cache keeps at most ${MAX_BYTES} bytes of a Deployment of 6 kB, prebuilt lists included`, () => {
  const fill = (cache: DeploymentCache, count: number, interner = new DeploymentInterner()) => {
    const deployments = [];
    for (let first = 0; first < count; first += 100) {
      const items: unknown[] = JSON.parse(page(first, 100));
      for (const item of items) deployments.push(reduceDeployment(item, interner));
    }
    cache.scope().replace(deployments);
    for (const namespace of cache.namespaces) cache.listAnswer([namespace]);
    cache.listAnswer();
  };
  // The first time loads code.
  fill(new DeploymentCache(), 100);
  const cache = new DeploymentCache();
  const before = usedMemory();
  const interner = new DeploymentInterner();
  fill(cache, DEPLOYMENTS, interner);
  expect((usedMemory() - before) / DEPLOYMENTS).toBeLessThan(MAX_BYTES);
  expect(cache.size).toBe(DEPLOYMENTS);
  expect(interner.text('Helm')).toBe('Helm');
});

it('the cache keeps of an endless reason why a count is protected only what errors show', () => {
  const protectedFor = (reason: string) => {
    const annotations = { 'k8s-deployment-scaler/protected': reason };
    const metadata = { namespace: 'shop', name: 'cart', uid: 'u', resourceVersion: '1', annotations };
    return reduceDeployment({ metadata, spec: {} }, new DeploymentInterner());
  };
  const before = usedMemory();
  const kept = Array.from({ length: 100 }, (_, at) => protectedFor(`${at}${'x'.repeat(200_000)}`));
  expect((usedMemory() - before) / kept.length).toBeLessThan(20_000);
  expect(kept[99]?.rails[0]?.protected).toHaveLength(256);
});
