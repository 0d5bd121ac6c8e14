import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchAnswerBody } from '../../../src/api/batch-schema.ts';
import {
  AT_A_TIME,
  batch,
  countsIn,
  countsOfJobs,
  holdWrites,
  itemsWith,
  jobs,
  planOfJobs,
  settingJobs,
} from '../../support/batches.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Only ends a failed test: 1,000 writes take a while on a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

/** A cluster of these jobs without controllers, another one, and the service of both. */
let api: FakeApiServer;
let other: FakeApiServer;
let service: TestService;

beforeEach(() => {
  // Short pauses.
  vi.spyOn(Math, 'random').mockReturnValue(0.1);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await service.stop();
  await Promise.all([api.stop(), other.stop()]);
});

async function start(count: number): Promise<void> {
  const options = { deployments: jobs(count), rolloutDelayMs: Number.POSITIVE_INFINITY };
  [api, other] = await Promise.all([FakeApiServer.start(options), FakeApiServer.start(options)]);
  service = await TestService.start({
    kubeconfig: { default: api.kubeconfig, other: other.kubeconfig },
    timing: PATIENT_WRITES,
  });
  await service.synced();
}

/** The sum of all outcomes. */
const total = ({ counts }: BatchAnswerBody) => Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('an API server that answers 429', () => {
  it('is asked again after a pause, until 1,000 items are set', async () => {
    await start(1_000);
    // Three times in the middle, to all writes under way.
    for (const skip of [0, 300, 600]) {
      const fault = { type: 'status', code: 429, retryAfterSeconds: 1 } as const;
      api.faults.add({ on: 'patchScale', skip, times: AT_A_TIME, fault });
    }
    const answer = await batch(service, settingJobs(1_000, 0));
    expect(countsIn(answer)).toEqual({ set: 1_000 });
    expect(new Set(Object.values(countsOfJobs(api)))).toEqual(new Set([0]));
  });

  it('for good is given up soon, the items of other clusters are set, and the receipt goes on', async () => {
    await start(100);
    const before = countsOfJobs(api);
    const fault = api.faults.add({ on: 'patchScale', skip: 20, fault: { type: 'status', code: 429 } });
    const items = ['default', 'other'].flatMap((cluster) =>
      settingJobs(100, 0).items.map((item) => ({ ...item, cluster })),
    );
    const answer = await batch(service, { items });
    expect(countsIn(answer)).toEqual({ set: 120, failed: 1, notStarted: 79 });
    for (const item of [...itemsWith('failed', answer), ...itemsWith('notStarted', answer)])
      expect(item).toMatchObject({ cluster: 'default', code: 'KUBERNETES_RATE_LIMITED' });

    fault.remove();
    const finished = await batch(service, { receipt: answer.receipt });
    expect(countsIn(finished)).toEqual({ set: 80, unchanged: 120 });
    await batch(service, { restore: answer.receipt });
    expect(countsOfJobs(api)).toEqual(before);
    expect(countsOfJobs(other)).toEqual(before);
  });
});

describe('an API server that dies half-way', () => {
  it('leaves each of 1,000 items as before or as asked, and the answer says which; the receipt takes them back', async () => {
    await start(1_000);
    const before = countsOfJobs(api);
    const { receipt } = await planOfJobs(service);
    const held = holdWrites(api, 500);
    const answered = batch(service, { receipt });
    await held.full();
    await api.refuseConnections();
    held.release();
    const answer = await answered;
    // It had received 8 writes, and it may have carried them out before it died.
    expect(answer.counts).toMatchObject({ set: 500, unknown: AT_A_TIME, failed: 1 });
    expect(total(answer)).toBe(1_000);
    const counts = countsOfJobs(api);
    for (const { deployment, outcome } of answer.items) {
      const [was, is] = [before[deployment], counts[deployment]];
      if (outcome === 'set') expect(is).toBe(0);
      else if (outcome === 'unknown') expect([0, was]).toContain(is);
      else expect(is).toBe(was);
    }

    await api.acceptConnections();
    await until(() => service.cluster.state === 'ready');
    await batch(service, { restore: receipt });
    expect(countsOfJobs(api)).toEqual(before);
  });

  it('is finished by the receipt once it is back', async () => {
    await start(100);
    const { receipt } = await planOfJobs(service);
    const held = holdWrites(api, 40);
    const answered = batch(service, { receipt });
    await held.full();
    await api.refuseConnections();
    held.release();
    await answered;
    await api.acceptConnections();
    await until(() => service.cluster.state === 'ready');
    const finished = await batch(service, { receipt });
    expect(finished.counts).toMatchObject({ leftAlone: 0, failed: 0, unknown: 0, notStarted: 0 });
    expect(new Set(Object.values(countsOfJobs(api)))).toEqual(new Set([0]));
  });

  it('and is back before the items are given up, costs no item', async () => {
    await start(100);
    const held = holdWrites(api, 40);
    const answered = batch(service, settingJobs(100, 0));
    await held.full();
    await api.refuseConnections();
    held.release();
    await until(() => service.cluster.state === 'unreachable');
    await api.acceptConnections();
    const answer = await answered;
    // What it had received may be unknown.
    expect(answer.counts).toMatchObject({ failed: 0, notStarted: 0 });
    expect(answer.counts.set).toBeGreaterThanOrEqual(100 - AT_A_TIME);
  });
});
