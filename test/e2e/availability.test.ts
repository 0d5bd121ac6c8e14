import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, kubectl } from '../support/e2e/commands.ts';
import { Load } from '../support/e2e/load.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';

let release: Release;

beforeAll(async () => {
  release = await Release.install();
  await apply(deployment({ namespace: release.name, name: 'counted', replicas: 3, nowhere: true }));
  await Load.prepare(release);
});

afterAll(() => release?.remove());

/** Waits until these pods have finished their requests and are deleted. */
async function gone(pods: readonly string[]): Promise<void> {
  const names = pods.map((pod) => `pod/${pod}`);
  await kubectl('wait', '-n', release.name, '--for=delete', '--timeout=60s', ...names);
}

describe('no request fails', () => {
  it('while a rolling upgrade replaces every pod', async () => {
    const before = await release.pods();
    const load = Load.start(release, 'counted');
    await release.upgrade({ podAnnotations: { 'e2e.example/upgraded': 'yes' } });
    await gone(before);
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThan(500);
    expect(await release.pods()).toHaveLength(2);
  });

  it('while pods are deleted one after another', async () => {
    const load = Load.start(release, 'counted');
    for (const pod of await release.pods()) {
      await kubectl('delete', 'pod', '-n', release.name, pod);
      await kubectl(
        'rollout',
        'status',
        '-n',
        release.name,
        `deployment/${release.fullname}`,
        '--timeout=60s',
      );
    }
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThan(500);
  });
});
