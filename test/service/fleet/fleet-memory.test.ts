import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const CLUSTERS = 50;
const DEPLOYMENTS = 1_000;
const MAX_RSS_MIB = 400;

/** Inside the project, so that Node finds the packages. */
const COMPILED = 'node_modules/.cache/fleet-memory';
/** The process that reads the clusters shares two cores with the 50 API servers, and possibly with other tests. */
const READY_MS = 240_000;

const demos: FakeApiServer[] = [];

beforeAll(async () => {
  // Runs compiled code, as the image does. With the sources, the compiler in the process would count too.
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [tool, ...options]: string[] = scripts.build.replace('dist/', `${COMPILED}/`).split(' ');
  await promisify(execFile)(`node_modules/.bin/${tool}`, options);
  for (let index = 0; index < CLUSTERS; index += 1)
    demos.push(await FakeApiServer.start({ deployments: DEPLOYMENTS }));
}, 300_000);
afterAll(async () => {
  await Promise.all(demos.map((demo) => demo.stop()));
  await rm(COMPILED, { recursive: true, force: true });
});

it(`a process serves ${CLUSTERS} clusters of ${DEPLOYMENTS} Deployments each in at most ${MAX_RSS_MIB} MiB`, async () => {
  const names = demos.map((_, index) => `cluster-${index}`);
  const kubeconfigs = demos.map(
    ({ kubeconfig }, index) => [`cluster-${index}`, async () => kubeconfig] as const,
  );
  const clusters = JSON.stringify({ clusters: names.map((name) => ({ name, context: name })) });
  const server = await ServerProcess.start(
    '',
    { READY_CLUSTERS: 'all' },
    { ...Object.fromEntries(kubeconfigs), CLUSTERS_FILE: async () => clusters },
    imageCommand(),
  );
  await until(async () => (await server.probe('/readyz')).status === 200, READY_MS);
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
}, 300_000);

/** The arguments with which the image calls node, on the compiled sources. */
function imageCommand(): string[] {
  const [, list = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  const [, ...command]: string[] = JSON.parse(list);
  return command.map((word) => word.replace(/^dist\//, `${COMPILED}/`));
}

function residentMib(pid: number | undefined): number {
  const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(kib) / 1024);
}
