import { expect, it, onTestFinished, vi } from 'vitest';
import { batch, countsIn, countsOfJobs, holdWrites, jobs, planOfJobs } from '../../support/batches.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';

/** Only ends a failed test: hundreds of writes and two starts of a process take a while on a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

const JOBS = 200;

/** The service as a process, and a client of it. */
async function startService(api: FakeApiServer) {
  const server = await ServerProcess.start(api.kubeconfig);
  await server.ready();
  const { cert, key } = server.client;
  const client = new TestClient(await server.port(), { ca: server.authority.cert, cert, key });
  onTestFinished(() => client.close());
  return { server, client };
}

/** Kills the service with SIGKILL in the middle of a batch, while the API server has 8 of its writes. */
async function killInTheMiddle() {
  const api = await FakeApiServer.start({
    deployments: jobs(JOBS),
    rolloutDelayMs: Number.POSITIVE_INFINITY,
  });
  onTestFinished(() => api.stop());
  const before = countsOfJobs(api);
  const { server, client } = await startService(api);
  const { receipt } = await planOfJobs(client);
  const held = holdWrites(api, 90);
  const answered = client.post('/scale', { receipt }).catch(() => 'cut');
  await held.full();
  server.signal('SIGKILL');
  await server.exited();
  held.release();
  expect(await answered).toBe('cut');
  api.faults.clear();
  const middle = countsOfJobs(api);
  for (const [name, count] of Object.entries(middle)) expect([0, before[name]]).toContain(count);
  // It was the middle.
  const parked = Object.values(middle).filter((count) => count === 0).length;
  expect(parked).toBeGreaterThanOrEqual(90);
  expect(parked).toBeLessThanOrEqual(98);
  return { api, before, receipt };
}

it('a batch whose service was killed is finished by its receipt on another replica', async () => {
  const { api, receipt } = await killInTheMiddle();
  const { client } = await startService(api);
  const finished = await batch(client, { receipt });
  expect(finished.counts).toMatchObject({ leftAlone: 0, failed: 0, unknown: 0, notStarted: 0 });
  expect(countsOfJobs(api)).toEqual(Object.fromEntries(jobs(JOBS).map(({ name }) => [name, 0])));
  // Again, there is nothing left to do.
  expect(countsIn(await batch(client, { receipt }))).toEqual({ unchanged: JOBS });
});

it('a batch whose service was killed is taken back by its receipt on another replica', async () => {
  const { api, before, receipt } = await killInTheMiddle();
  const { client } = await startService(api);
  const restored = await batch(client, { restore: receipt });
  expect(restored.counts).toMatchObject({ leftAlone: 0, failed: 0, unknown: 0, notStarted: 0 });
  expect(countsOfJobs(api)).toEqual(before);
});
