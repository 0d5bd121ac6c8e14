import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { reduceHorizontalPodAutoscaler } from '../../../../src/cluster/autoscalers/autoscaler.ts';
import { AutoscalerStore } from '../../../../src/cluster/autoscalers/autoscaler-store.ts';

/** Per HPA that bears the name of its Deployment, with its share of the index. */
const MAX_BYTES = 500;
const HPAS = 5_000;

/** An HPA as an API server sends it. */
function hpa(number: number): string {
  const name = `deployment-${number}`;
  return JSON.stringify({
    metadata: {
      name,
      namespace: `namespace-${number % 100}`,
      uid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + number),
      annotations: { description: 'x'.repeat(1_000) },
    },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [{ type: 'Resource', resource: { name: 'cpu' } }],
    },
    status: { conditions: [{ type: 'AbleToScale', status: 'True', message: 'y'.repeat(100) }] },
  });
}

function usedMemory(): number {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it(`the store keeps at most ${MAX_BYTES} bytes of an HPA of 2 kB, so 1,000 are half a megabyte`, () => {
  const fill = (store: AutoscalerStore, count: number) => {
    const scope = store.scope(undefined);
    for (let i = 0; i < count; i += 1) scope.upsert(reduceHorizontalPodAutoscaler(JSON.parse(hpa(i))));
  };
  // The first time loads code.
  fill(new AutoscalerStore(() => {}), 100);
  const store = new AutoscalerStore(() => {});
  const before = usedMemory();
  fill(store, HPAS);
  expect((usedMemory() - before) / HPAS).toBeLessThan(MAX_BYTES);
  expect(store.of('namespace-1', 'deployment-1')).toHaveLength(1);
});
