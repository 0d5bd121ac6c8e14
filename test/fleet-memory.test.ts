import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { DemoCluster } from '../hack/demo-cluster/demo-cluster.ts';
import { ServerProcess } from './helpers/server-process.ts';
import { TestClient } from './helpers/test-client.ts';

const CLUSTERS = 50;
const DEPLOYMENTS = 1_000;
const MAX_RSS_MIB = 400;

const demos: DemoCluster[] = [];

beforeAll(async () => {
  for (let index = 0; index < CLUSTERS; index += 1)
    demos.push(await DemoCluster.start({ deployments: DEPLOYMENTS }));
});
afterAll(() => Promise.all(demos.map((demo) => demo.stop())));

it(`serves ${CLUSTERS} clusters of ${DEPLOYMENTS} Deployments each in at most ${MAX_RSS_MIB} MiB`, async () => {
  const names = demos.map((_, index) => `cluster-${index}`);
  const kubeconfigs = demos.map(
    ({ kubeconfig }, index) => [`cluster-${index}`, async () => kubeconfig] as const,
  );
  const clusters = JSON.stringify({ clusters: names.map((name) => ({ name, context: name })) });
  const server = await ServerProcess.start(
    '',
    { READY_CLUSTERS: 'all' },
    { ...Object.fromEntries(kubeconfigs), CLUSTERS_FILE: async () => clusters },
  );
  await server.ready();
  const { cert, key } = server.client;
  const client = new TestClient(await server.port(), { ca: server.authority.cert, cert, key });
  onTestFinished(() => client.close());
  for (const name of names) {
    const { body } = await client.get(`/${name}/deployments`);
    expect(body).toMatchObject({ deployments: { length: DEPLOYMENTS } });
  }
  const { body } = await client.get('/clusters/deployments');
  expect(body).toMatchObject({ clusters: { length: CLUSTERS } });

  const mib = residentMib(server.pid);
  process.stderr.write(`${CLUSTERS} clusters x ${DEPLOYMENTS} Deployments: ${mib} MiB resident\n`);
  expect(mib).toBeLessThanOrEqual(MAX_RSS_MIB);
});

function residentMib(pid: number | undefined): number {
  const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(kib) / 1024);
}
