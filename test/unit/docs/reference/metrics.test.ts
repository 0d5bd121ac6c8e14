import { expect, it } from 'vitest';
import { idleMetrics, metricsReference } from '../../../support/docs/metrics-reference.ts';

it('docs/reference/metrics.md has every metric of the registry; `make docs` writes the file', async () => {
  await expect(await metricsReference()).toMatchFileSnapshot('../../../../docs/reference/metrics.md');
});

it('no metric has a label that a client, a namespace or a Deployment could fill', () => {
  const labels = new Set(idleMetrics().described.flatMap(({ labels }) => Object.keys(labels)));
  for (const name of ['namespace', 'deployment', 'user', 'group', 'path', 'address'])
    expect(labels.has(name), name).toBe(false);
});
