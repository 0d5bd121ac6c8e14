import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, ROOT } from '../support/clients/build.ts';
import { run } from '../support/clients/command.ts';
import { typescriptExample } from '../support/clients/typescript.ts';
import { apply, curl, kubectl } from '../support/e2e/commands.ts';
import { decided } from '../support/e2e/decided.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import { until } from '../support/until.ts';

let release: Release;
let folder: string; // contains certs/, where the clients in examples/ expect it
let origin: string;

const certs = (file: string) => join(folder, 'certs', file);

/** The status and the body that curl gets with a certificate of this user. */
const call = (user: string, path: string, ...options: string[]) => decided(() => curled(user, path, options));

async function curled(
  user: string,
  path: string,
  options: readonly string[],
): Promise<{ status: number; body: unknown }> {
  const certificate = ['--cert', certs(`${user}-cert.pem`), '--key', certs(`${user}-key.pem`)];
  const args = [
    '--silent',
    '--show-error',
    '--max-time',
    '20',
    '--write-out',
    '\n%{http_code}',
    ...certificate,
  ];
  const out = await curl(...args, '--cacert', certs('ca-cert.pem'), ...options, `${origin}${path}`);
  const end = out.lastIndexOf('\n');
  return { status: Number(out.slice(end)), body: JSON.parse(out.slice(0, end)) };
}

const count = (name: string) => `/replica-count?namespace=${release.workloads}&deployment=${name}`;
const setTo = (replicas: number) => [
  '-H',
  'content-type: application/json',
  '-d',
  `{"replicas":${replicas}}`,
];

beforeAll(async () => {
  release = await Release.install();
  await apply(
    deployment({ namespace: release.workloads, name: 'web', replicas: 1 }),
    deployment({ namespace: release.workloads, name: 'worker', replicas: 0 }),
  );
  folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  mkdirSync(certs(''));
  writeFileSync(certs('ca-cert.pem'), release.authority.cert);
  for (const user of ['client', 'viewer', 'stranger']) {
    const { cert, key } = await release.clientCertificate(user);
    writeFileSync(certs(`${user}-cert.pem`), cert);
    writeFileSync(certs(`${user}-key.pem`), key, { mode: 0o600 });
  }
  origin = `https://localhost:${(await release.forward()).port}`;
});

afterAll(async () => {
  await release?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

describe('the service in a cluster', () => {
  it('reports that it reaches the API server', async () => {
    expect(await call('client', '/healthz')).toEqual({ status: 200, body: { status: 'OK' } });
  });

  it('lists the Deployments of a namespace', async () => {
    const names = ['web', 'worker'].map((name) => `${release.workloads}/${name}`);
    expect(await call('client', `/deployments?namespace=${release.workloads}`)).toEqual({
      status: 200,
      body: { deployments: names },
    });
  });

  it('sets a count, and the cluster creates the pods', async () => {
    expect(await call('client', count('web'), ...setTo(3))).toEqual({
      status: 200,
      body: { replicaCount: 3 },
    });
    expect(await call('viewer', count('web'))).toEqual({ status: 200, body: { replicaCount: 3 } });
    const ready = ['deployment/web', '--for=jsonpath={.status.readyReplicas}=3', '--timeout=180s'];
    await kubectl('wait', '-n', release.workloads, ...ready);
  });

  it('shows a count that kubectl has set', async () => {
    await kubectl('scale', '-n', release.workloads, 'deployment/worker', '--replicas=2');
    await until(async () =>
      JSON.stringify(await call('client', count('worker'))).includes('{"replicaCount":2}'),
    );
  });

  it('creates an Event that names the user who scaled', async () => {
    expect(await call('client', count('worker'), ...setTo(1))).toMatchObject({ status: 200 });
    const events = () => kubectl('events', '-n', release.workloads, '--for=deployment/worker');
    await until(async () => /\bclient\b/.test(await events()));
  });

  it('refuses writes of a viewer and reads of a user without a role', async () => {
    expect(await call('viewer', count('web'), ...setTo(0))).toMatchObject({ status: 403 });
    expect(await call('stranger', count('web'))).toMatchObject({ status: 403 });
    expect(await call('stranger', '/deployments')).toMatchObject({ status: 403 });
    expect(await call('client', count('web'))).toEqual({ status: 200, body: { replicaCount: 3 } });
  });

  it('follows the RBAC of the cluster for a user with a role binding that is not from the chart', async () => {
    const role = `--clusterrole=${release.fullname}-viewer`;
    await kubectl('create', 'rolebinding', '-n', release.workloads, 'newcomer', role, '--user=newcomer');
    // The API server learns of a role binding a moment later, and the service remembers what was denied.
    const question = ['get', 'deployments.apps', '--subresource=scale', '--as=newcomer'];
    await until(() =>
      kubectl('auth', 'can-i', '-n', release.workloads, ...question).then(
        () => true,
        () => false, // "no" has the status 1
      ),
    );
    const client = await release.client('newcomer');
    expect(await client.count(release.workloads, 'web')).toMatchObject({
      status: 200,
      body: { replicaCount: 3 },
    });
    expect(await client.get('/deployments')).toMatchObject({ status: 200 });
    expect(await client.scale(release.workloads, 'web', 1)).toMatchObject({ status: 403 });
  });

  it('serves a generated client as it serves curl', async () => {
    await build(typescriptExample);
    const example = join(ROOT, typescriptExample.run.replace(/^node /, ''));
    // The program itself waits for up to 60 s for pods.
    const options = { cwd: folder, env: { BASE_URL: origin }, limitMs: 180_000 };
    const { stdout, stderr } = await run(['node', example, release.workloads, 'worker', '2'], options);
    expect(stderr).toBe('');
    expect(stdout).toContain(`${release.workloads}/worker: 1 -> 2\n`);
    expect(stdout).toContain('health: OK\n');
    expect(await call('client', count('worker'))).toMatchObject({ body: { replicaCount: 2 } });
    const refused = await run(['node', example, release.workloads, 'no-such-deployment', '2'], options);
    expect(refused.stderr).toContain('404 DEPLOYMENT_NOT_FOUND');
  });

  it('serves its API document from the image', async () => {
    const { status, body } = await call('client', '/openapi.json');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { openapi: expect.stringMatching(/^3\.1/) },
    });
  });

  it('refuses connections without a certificate', async () => {
    await expect(curl('--silent', '--show-error', '--insecure', `${origin}/healthz`)).rejects.toThrow(
      /alert|reset/i,
    );
  });
});
