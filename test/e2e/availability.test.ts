import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, kubectl } from '../support/e2e/commands.ts';
import { Load } from '../support/e2e/load.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import { until } from '../support/until.ts';

/**
 * These tests must fail if the service drops a request, and not because the machine is busy. So the pods get processor
 * time (no more than a small node can give), clients may take long for a handshake, and a pod that stops serves for
 * longer than the cluster takes to send all new connections elsewhere.
 */
const VALUES = {
  resources: { requests: { cpu: '200m' } },
  settings: { HANDSHAKE_TIMEOUT_SECONDS: 60 },
  drain: { delaySeconds: 20 },
};
/** Far fewer than there are, unless the load stands still. */
const REQUESTS = 500;

let release: Release;

beforeAll(async () => {
  release = await Release.install(VALUES);
  await apply(deployment({ namespace: release.workloads, name: 'counted', replicas: 3, nowhere: true }));
  await Load.prepare(release);
});

afterAll(() => release?.remove());

/**
 * Waits until these pods have finished their requests and are deleted, and the Service sends connections to two others.
 * The status of the Deployment does not tell this: it may be from before the deletion.
 */
async function replaced(pods: readonly string[]): Promise<void> {
  const names = pods.map((pod) => `pod/${pod}`);
  await kubectl('wait', '-n', release.name, '--for=delete', '--timeout=120s', ...names);
  await until(async () => {
    const endpoints = await release.endpoints();
    return (
      endpoints.size === 2 &&
      [...endpoints.values()].every((ready) => ready) &&
      !pods.some((pod) => endpoints.has(pod))
    );
  }, 120_000);
}

describe('no request fails', () => {
  it('while a rolling upgrade replaces every pod', async () => {
    const before = await release.pods();
    const load = await Load.start(release, 'counted');
    await release.upgrade({ podAnnotations: { 'e2e.example/upgraded': 'yes' } });
    await replaced(before);
    const report = await load.stop(REQUESTS);
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(REQUESTS);
    expect(await release.pods()).toHaveLength(2);
  });

  it('while pods are deleted one after another', async () => {
    const load = await Load.start(release, 'counted');
    for (const pod of await release.pods()) {
      await kubectl('delete', 'pod', '-n', release.name, pod, '--wait=false');
      await replaced([pod]);
    }
    const report = await load.stop(REQUESTS);
    expect(report.failures).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(REQUESTS);
  });
});
