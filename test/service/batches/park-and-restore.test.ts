import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  batch,
  countsIn,
  countsOfJobs,
  itemsWith,
  jobs,
  planOfJobs,
  settingJobs,
} from '../../support/batches.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Only ends a failed test: 1,000 writes take a while on a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

/** A cluster of these jobs without controllers, and the service. */
let api: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[];

afterEach(async () => {
  await service.stop();
  await api.stop();
});

async function start(count: number): Promise<void> {
  lines = [];
  api = await FakeApiServer.start({ deployments: jobs(count), rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await TestService.start({
    kubeconfig: api.kubeconfig,
    timing: PATIENT_WRITES,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
  });
  await service.synced();
}

/** The audit lines of the items of a batch. */
const auditOf = (id: string) =>
  lines.filter((line) => line.msg === 'audit' && line.batch === id && line.deployment !== undefined);

describe('Deployments', () => {
  it('end where they began if 1,000 are parked, 10 of them in vain, and restored', async () => {
    await start(1_000);
    const before = countsOfJobs(api);
    const { receipt, counts } = await planOfJobs(service);
    expect(counts).toMatchObject({ set: 1_000 });
    // Nothing was changed by the plan.
    expect(api.requests.count('patchScale')).toBe(0);

    const fault = { type: 'deny', by: 'policy', message: 'not this one' } as const;
    api.faults.add({ on: 'patchScale', skip: 400, times: 10, fault });
    const parked = await batch(service, { receipt });
    expect(countsIn(parked)).toEqual({ set: 990, failed: 10 });
    const failed = itemsWith('failed', parked);
    for (const item of failed)
      expect(item).toMatchObject({ code: 'ADMISSION_REFUSED', from: before[item.deployment] });
    const names = new Set(failed.map(({ deployment }) => deployment));
    expect(countsOfJobs(api)).toEqual(
      Object.fromEntries(Object.entries(before).map(([name, count]) => [name, names.has(name) ? count : 0])),
    );

    const restored = await batch(service, { restore: receipt });
    expect(countsIn(restored)).toEqual({ set: 990, unchanged: 10 });
    expect(countsOfJobs(api)).toEqual(before);
    for (const answer of [parked, restored]) {
      const audited = auditOf(answer.batch);
      expect(audited).toHaveLength(1_000);
      expect(new Set(audited.map(({ deployment }) => deployment)).size).toBe(1_000);
    }
  });

  it('are restored but for three that others have changed since, who are named', async () => {
    await start(100);
    const before = countsOfJobs(api);
    const { receipt } = await planOfJobs(service);
    await batch(service, { receipt });
    const changed = ['job-0003', 'job-0050', 'job-0099'];
    for (const name of changed) api.deployments.scale('jobs', name, 7, { manager: 'kubectl-edit' });

    const restored = await batch(service, { restore: receipt });
    expect(countsIn(restored)).toEqual({ set: 97, leftAlone: 3 });
    expect(itemsWith('leftAlone', restored)).toMatchObject(
      changed.map((deployment) => ({
        deployment,
        code: 'CHANGED_SINCE',
        from: 7,
        changedBy: { by: 'kubectl-edit' },
      })),
    );
    expect(countsOfJobs(api)).toEqual({
      ...before,
      ...Object.fromEntries(changed.map((name) => [name, 7])),
    });
  });

  it('are taken back by the receipt of the answer, as they really were before', async () => {
    await start(100);
    const before = countsOfJobs(api);
    const { receipt } = await batch(service, settingJobs(100, 9));
    expect(countsOfJobs(api)['job-0000']).toBe(9);
    await batch(service, { restore: receipt });
    expect(countsOfJobs(api)).toEqual(before);
  });
});

describe('a receipt', () => {
  it('of another API server under the same name of its cluster changes nothing', async () => {
    await start(20);
    const { receipt } = await planOfJobs(service);
    await service.stop();
    await api.stop();
    // The same Deployments, with other uids.
    await start(20);
    for (const { namespace, name } of api.deployments.list()) api.deployments.recreate(namespace, name);
    const old = new Set(receipt?.items.map(({ uid }) => uid));
    await until(async () => {
      const now = (await planOfJobs(service)).receipt?.items ?? [];
      return now.length === 20 && now.every(({ uid }) => !old.has(uid));
    });
    const before = countsOfJobs(api);
    for (const body of [{ receipt }, { restore: receipt }]) {
      expect(await service.post('/scale', body)).toMatchObject({
        status: 409,
        body: { code: 'RECEIPT_FOREIGN' },
      });
    }
    expect(countsOfJobs(api)).toEqual(before);
    expect(api.requests.count('patchScale')).toBe(0);
  });

  it('leaves alone what was deleted or created again, and does the rest', async () => {
    await start(20);
    const { receipt } = await planOfJobs(service);
    await batch(service, { receipt });
    api.deployments.delete('jobs', 'job-0001');
    api.deployments.recreate('jobs', 'job-0002', 0);
    const restored = await batch(service, { restore: receipt });
    expect(countsIn(restored)).toEqual({ set: 18, leftAlone: 2 });
    expect(itemsWith('leftAlone', restored)).toMatchObject([
      { deployment: 'job-0001', code: 'DEPLOYMENT_GONE' },
      { deployment: 'job-0002', code: 'DEPLOYMENT_GONE' },
    ]);
    expect(countsOfJobs(api)).toMatchObject({ 'job-0002': 0, 'job-0003': 4 });
  });
});

describe('two batches over the same items at once', () => {
  it('set each item once each, and both name the count that they really replaced', async () => {
    await start(200);
    const before = countsOfJobs(api);
    const [first, second] = await Promise.all([
      batch(service, settingJobs(200, 21)),
      batch(service, settingJobs(200, 22)),
    ]);
    expect([countsIn(first), countsIn(second)]).toEqual([{ set: 200 }, { set: 200 }]);
    const after = countsOfJobs(api);
    for (const [at, item] of first.items.entries()) {
      const name = item.deployment;
      // The first has replaced the count before, and the second that of the first.
      const counts = [item.from, second.items[at]?.from];
      expect(counts).toEqual(after[name] === 21 ? [22, before[name]] : [before[name], 21]);
    }
  });

  it('of one receipt set each item once together', async () => {
    await start(200);
    const { receipt } = await planOfJobs(service);
    const [first, second] = await Promise.all([batch(service, { receipt }), batch(service, { receipt })]);
    const outcomes = first.items.map(({ outcome }, at) => [outcome, second.items[at]?.outcome].sort());
    expect(outcomes).toEqual(first.items.map(() => ['set', 'unchanged']));
    expect(new Set(Object.values(countsOfJobs(api)))).toEqual(new Set([0]));
  });

  it('one to finish and one to take back leave each item as before or as asked', async () => {
    await start(200);
    const before = countsOfJobs(api);
    const { receipt } = await planOfJobs(service);
    const answers = await Promise.all([batch(service, { receipt }), batch(service, { restore: receipt })]);
    for (const answer of answers)
      expect(answer.counts).toMatchObject({ failed: 0, unknown: 0, leftAlone: 0 });
    for (const [name, count] of Object.entries(countsOfJobs(api))) expect([before[name], 0]).toContain(count);
  });
});

describe('a batch leaves traces', () => {
  it('its Events and its audit lines name it, the request line with what became of its items', async () => {
    await start(3);
    const { receipt } = await planOfJobs(service);
    const parked = await batch(service, { receipt });
    await until(() => api.events.length >= 3);
    for (const event of api.events)
      expect(event).toMatchObject({
        message: expect.stringMatching(new RegExp(`in batch ${parked.batch}$`)),
      });
    expect(auditOf(parked.batch)).toHaveLength(3);
    for (const line of auditOf(parked.batch)) {
      expect(line).toMatchObject({
        user: 'client',
        receipt: receipt?.id,
        cluster: 'default',
        namespace: 'jobs',
        from: expect.any(Number),
        to: 0,
        outcome: 'set',
      });
    }
    await until(() => lines.some(({ batch: id, items }) => id === parked.batch && items !== undefined));
    expect(lines.find(({ batch: id, items }) => id === parked.batch && items !== undefined)).toMatchObject({
      msg: 'audit',
      groups: ['system:authenticated'],
      receipt: receipt?.id,
      mode: 'finish',
      items: 3,
      counts: { set: 3 },
      statusCode: 200,
    });
  });

  it('its Events name the counts that it really replaced, even if others change them at the last moment', async () => {
    await start(1);
    const action = () => void api.deployments.scale('jobs', 'job-0000', 7);
    api.faults.add({ on: 'get', times: 1, fault: { type: 'call', action } });
    const answer = await batch(service, settingJobs(1, 0));
    expect(answer.items).toMatchObject([{ outcome: 'set', from: 7 }]);
    await until(() => api.events.length > 0);
    expect(api.events).toMatchObject([{ message: `client scaled from 7 to 0 in batch ${answer.batch}` }]);
  });

  it('a restore of what an autoscaler targets says that it wakes it', async () => {
    await start(2);
    api.autoscalers.add({
      namespace: 'jobs',
      name: 'job-0000',
      spec: { minReplicas: 1, maxReplicas: 5 },
    });
    await service.autoscalersKnown('jobs');
    await until(async () => JSON.stringify(await planOfJobs(service)).includes('pauses'));
    const { receipt } = await planOfJobs(service);
    await batch(service, { receipt });
    const restored = await batch(service, { restore: receipt });
    expect(countsIn(restored)).toEqual({ set: 2 });
    expect(restored.items[0]?.warnings).toContainEqual(
      expect.stringContaining('wakes HorizontalPodAutoscaler/job-0000'),
    );
    expect(restored.items[1]?.warnings).toEqual([]);
  });
});
