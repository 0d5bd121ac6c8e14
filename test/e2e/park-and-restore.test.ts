import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply, kubectl } from '../support/e2e/commands.ts';
import { decided } from '../support/e2e/decided.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import { at } from '../support/kube-requests.ts';
import { ParkJob } from '../support/park-job.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** The script and the workflow of docs/how-to/park-and-restore.md, on real pods. */
const USER = 'parker';

let release: Release;
/** The only one where the user has rights: the workflow selects in all, and others may have its label too. */
let namespace: string;
let job: ParkJob;

beforeAll(async () => {
  release = await Release.install();
  namespace = `${release.name}-batch`;
  await kubectl('create', 'namespace', namespace);
  const metadata = { namespace, name: USER };
  const apiGroup = 'rbac.authorization.k8s.io';
  await apply(
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: USER },
      subjects: [{ apiGroup, kind: 'User', name: USER }],
    },
  );
  for (const [name, replicas] of Object.entries({ mailer: 1, report: 2, web: 1 }))
    await apply(deployment({ namespace, name, replicas }));
  await kubectl('label', '-n', namespace, 'deployment', 'mailer', 'report', 'tier=batch');
  await kubectl(
    'wait',
    '-n',
    namespace,
    'deployment',
    '--all',
    '--for=condition=Available',
    '--timeout=200s',
  );
  const { port } = await release.forward();
  const { cert, key } = await release.clientCertificate(USER);
  const ca = release.authority.cert;
  const client = new TestClient(port, { ca, cert, key });
  // The pod that the job talks to has the Deployments, and remembers the rights.
  await until(async () => {
    const select = { labelSelector: 'tier=batch' };
    const answer = await decided(() => client.post('/scale?dryRun=true', { select, replicas: 0 }));
    return at(answer.body, 'counts.set') === 2;
  });
  await client.close();
  job = await ParkJob.create({
    url: `https://localhost:${port}`,
    secrets: { SCALER_CA: ca, SCALER_CERT: cert, SCALER_KEY: key },
    pauseSeconds: 5,
  });
});

afterAll(async () => {
  await job?.remove();
  if (namespace) await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  await release?.remove();
});

/** How many pods of each Deployment run and are to stay. */
async function pods(): Promise<Readonly<Record<string, number>>> {
  const template =
    '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.labels.app}} {{.status.phase}}{{"\\n"}}{{end}}{{end}}';
  const lines = (await kubectl('get', 'pods', '-n', namespace, '-o', `go-template=${template}`)).split('\n');
  const running = (name: string) => lines.filter((line) => line === `${name} Running`).length;
  return { mailer: running('mailer'), report: running('report'), web: running('web') };
}

/** How many counts are as the last attempt of the script asked, and how many it left alone. */
function summaryIn(stdout: string): { readonly asAsked: number; readonly leftAlone: number } {
  const [, set, unchanged, leftAlone] = /(\d+) set, (\d+) unchanged, (\d+) left alone\n/.exec(stdout) ?? [];
  return { asAsked: Number(set) + Number(unchanged), leftAlone: Number(leftAlone) };
}

it('everything with the label goes to zero in the evening, and in the morning back to what it was', async () => {
  const evening = await job.run('park');
  expect(evening).toMatchObject({ failed: undefined });
  // On a busy machine an earlier attempt may have set a part of them, which the last one finds unchanged.
  expect(summaryIn(evening.stdout)).toEqual({ asAsked: 2, leftAlone: 0 });
  await until(async () => JSON.stringify(await pods()) === JSON.stringify({ mailer: 0, report: 0, web: 1 }));
  expect(await job.receipt()).toBeDefined();

  await kubectl('scale', '-n', namespace, 'deployment/mailer', '--replicas=3');
  const morning = await job.run('restore');
  expect(morning).toMatchObject({ failed: undefined });
  expect(summaryIn(morning.stdout)).toEqual({ asAsked: 1, leftAlone: 1 });
  expect(morning.stderr).toMatch(
    new RegExp(`/${namespace}/mailer: leftAlone CHANGED_SINCE: .*kubectl set it to 3`),
  );
  await until(async () => {
    const { report, web } = await pods();
    return report === 2 && web === 1;
  });
  const counts = await kubectl(
    'get',
    '-n',
    namespace,
    'deployment',
    '-o',
    'jsonpath={.items[*].spec.replicas}',
  );
  expect(counts).toBe('3 2 1');
  expect(await job.receipt()).toBeUndefined();
  await until(async () => {
    const messages = await kubectl('get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].message}');
    return messages.includes(' in batch ');
  });
});
