import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { DeploymentCache } from '../../../../src/cluster/cache/deployment-cache.ts';
import { reduceDeployment } from '../../../../src/cluster/deployment.ts';

const MIB = 1024 * 1024;

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
        annotations: { description: 'x'.repeat(1_000) },
      },
      spec: {
        replicas: number % 7,
        template: { spec: { containers: [{ name: 'main', image: 'nginx:1', env }] } },
      },
    };
  });
  return JSON.stringify(items);
}

function usedHeap(): number {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

it('the cache holds 10,000 Deployments of 6 kB with prebuilt lists in at most 10 MiB of heap', () => {
  const cache = new DeploymentCache();
  const before = usedHeap();
  const fill = () => {
    const deployments = [];
    for (let first = 0; first < 10_000; first += 100) {
      const items: unknown[] = JSON.parse(page(first, 100));
      for (const item of items) deployments.push(reduceDeployment(item));
    }
    cache.scope().replace(deployments);
  };
  fill();
  expect(cache.listAnswer().length).toBeGreaterThan(10_000 * 20);
  expect(usedHeap() - before).toBeLessThan(10 * MIB);
  expect(cache.size).toBe(10_000);
});
