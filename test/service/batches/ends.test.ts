import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
import { logTo } from '../../support/log-to.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const JOBS = 60;
/** How many writes are made before the others are held. */
const MADE = 20;

/** A cluster whose Deployment controller is the test. */
let api: FakeApiServer;
let service: TestService;
let stopped: Promise<void> | undefined;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  lines = [];
  stopped = undefined;
  api = await FakeApiServer.start({ deployments: jobs(JOBS), rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await TestService.start({
    kubeconfig: api.kubeconfig,
    timing: PATIENT_WRITES,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
  });
  await service.synced();
});
afterEach(async () => {
  await (stopped ?? service.stop());
  await api.stop();
});

/** The audit lines of items, tried or not. */
const audits = () => lines.filter(({ msg, outcome }) => msg === 'audit' && outcome !== undefined);
/** The names of all Deployments in these lines. */
const audited = (of = audits()): string[] =>
  of.flatMap(({ deployment, deployments }) =>
    Array.isArray(deployments)
      ? deployments.map((name) => `${name}`.replace('default/jobs/', ''))
      : [`${deployment}`],
  );

describe('a batch whose client has gone', () => {
  it('starts no further items, and the audit log says what became of each', async () => {
    const before = countsOfJobs(api);
    const { receipt } = await planOfJobs(service);
    const held = holdWrites(api, MADE);
    const client = await service.clientOf('operator');
    const answered = client.post('/scale', { receipt }).catch(() => 'cut');
    await held.full();
    await client.close();
    expect(await answered).toBe('cut');
    await until(() => service.app.longLived.batches === 0);
    held.release();
    await until(() => audited().length === JOBS);
    expect(api.requests.count('patchScale')).toBe(MADE + AT_A_TIME);
    const ended = audits().filter(({ outcome }) => outcome === 'notStarted');
    expect(ended).toMatchObject([{ user: 'operator', receipt: receipt?.id, code: 'BATCH_INTERRUPTED' }]);
    const rest = audited(ended);
    expect(rest).toHaveLength(JOBS - MADE - AT_A_TIME);
    const counts = countsOfJobs(api);
    for (const name of rest) expect(counts[name]).toBe(before[name]);
    expect(new Set(audited()).size).toBe(JOBS);
  });
});

describe('a batch of a service that stops', () => {
  it('is answered: what was begun is done, and the rest is not started', async () => {
    const held = holdWrites(api, MADE);
    const answered = batch(service, settingJobs(JOBS, 0));
    await held.full();
    const closing = service.app.close();
    await until(() => service.app.isDraining());
    held.release();
    const answer = await answered;
    stopped = closing.then(() => service.stop());
    expect(answer.counts).toMatchObject({ notStarted: JOBS - MADE - AT_A_TIME, failed: 0 });
    for (const item of itemsWith('notStarted', answer))
      expect(item).toMatchObject({
        code: 'BATCH_INTERRUPTED',
        message: 'Not started, because this instance is shutting down: post the receipt to go on',
      });
    expect(audited()).toHaveLength(JOBS);
  });
});

describe('a batch that waits', () => {
  /** Makes the pods of a job as many as it asks for, and ready. */
  const report = (name: string) => api.deployments.report('jobs', name);
  /** The query of a wait that ends by what happens, and never by itself. */
  const LONG = '?wait=300';

  it('answers once the last item is ready, and waits for each from its own write on', async () => {
    const held = holdWrites(api, MADE);
    const answered = batch(service, settingJobs(JOBS, 7), LONG);
    await held.full();
    // Those that are set are waited for while others are still being written.
    await until(() => service.cluster.waiters === MADE);
    held.release();
    await until(() => service.cluster.waiters === JOBS);
    expect(audited()).toHaveLength(JOBS);
    for (const { name } of jobs(JOBS)) report(name);
    const answer = await answered;
    expect(countsIn(answer)).toEqual({ set: JOBS });
    for (const { rollout } of answer.items) expect(rollout).toEqual({ ready: true });
  });

  it('says of each item that does not get its replicas why', async () => {
    const { items } = settingJobs(3, 7);
    const answered = batch(service, { items }, LONG);
    await until(() => service.cluster.waiters === 3);
    report('job-0000');
    api.deployments.scale('jobs', 'job-0001', 5);
    api.deployments.delete('jobs', 'job-0002');
    const answer = await answered;
    expect(countsIn(answer)).toEqual({ set: 3 });
    expect(answer.items.map(({ rollout }) => rollout)).toMatchObject([
      { ready: true },
      { ready: false, code: 'REPLICAS_OVERRIDDEN', message: expect.stringContaining('set it to 5') },
      { ready: false, code: 'DEPLOYMENT_GONE' },
    ]);
  });

  it('ends its waits when the service stops, and what was set stays set', async () => {
    const { items } = settingJobs(3, 7);
    const answered = batch(service, { items }, LONG);
    await until(() => service.cluster.waiters === 3);
    stopped = service.app.close().then(() => service.stop());
    const answer = await answered;
    expect(countsIn(answer)).toEqual({ set: 3 });
    for (const { rollout } of answer.items)
      expect(rollout).toMatchObject({ ready: false, code: 'WAIT_INTERRUPTED' });
  });
});
