import { symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { run, tool } from '../support/chart/helm.ts';
import { ClientFolder } from '../support/cli/client-folder.ts';
import { CompiledScaler } from '../support/cli/compiled-scaler.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { KubeRequests } from '../support/kube-requests.ts';
import { PATIENT_WRITES, TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** The command line as a plugin of the real kubectl, for a service in front of a real API server. */
const NAMESPACE = 'kubectl-plugin';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

let kube: KubeRequests;
let service: TestService;
let scaler: CompiledScaler;
let environment: Record<string, string>;

beforeAll(async () => {
  const apiserver = inject('kubeApiserver');
  kube = new KubeRequests(apiserver);
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  await kube.post(DEPLOYMENTS, deployment('web', 3));
  service = await (
    await TestService.start({ kubeconfig: apiserver.kubeconfig, timing: PATIENT_WRITES })
  ).synced();
  const listed = async () => (await service.get(`/deployments?namespace=${NAMESPACE}`)).body;
  await until(async () => JSON.stringify(await listed()).includes('web'));
  scaler = await CompiledScaler.build();
  await symlink(scaler.path, join(scaler.folder, 'kubectl-scaler'));
});

afterAll(async () => {
  await scaler?.remove();
  await service?.stop();
  await kube?.delete(DEPLOYMENTS);
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
});

beforeEach(async () => {
  const folder = await ClientFolder.make();
  const { cert, key, ca } = await folder.credentials(service.client, service.authority.cert);
  environment = {
    HOME: folder.path,
    // The Node of the test, for the first line of the program.
    PATH: [scaler.folder, dirname(process.execPath), process.env.PATH].join(delimiter),
    SCALER_SERVER: `https://localhost:${service.port}`,
    SCALER_CERT: cert,
    SCALER_KEY: key,
    SCALER_CA: ca,
  };
});

const kubectl = async (...args: readonly string[]) => run(await tool('kubectl'), args, environment);

it('kubectl lists it, and hands flags and exit codes through', async () => {
  expect((await kubectl('plugin', 'list')).stdout).toContain(join(scaler.folder, 'kubectl-scaler'));
  const listed = await kubectl('scaler', 'list', '-n', NAMESPACE, '-o', 'name');
  expect(listed).toMatchObject({ status: 0, stdout: `default/${NAMESPACE}/web\n` });
  expect((await kubectl('scaler', 'set', `${NAMESPACE}/web`, '--replicas', '2')).status).toBe(0);
  expect((await kubectl('scaler', 'get', `${NAMESPACE}/none`)).status).toBe(1);
});

it('answers as `kubectl scaler` in usage and errors', async () => {
  expect((await kubectl('scaler', '--help')).stdout).toContain('Usage: kubectl scaler ');
  const wrong = await kubectl('scaler', 'list', '--nonsense');
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('"kubectl scaler list --help"') });
  environment.SCALER_SERVER = '';
  expect((await kubectl('scaler', 'list')).stderr).toContain('with `kubectl scaler login` once');
});

it('takes the client certificate of a context', async () => {
  const { SCALER_CERT = '', SCALER_KEY = '', ...rest } = environment;
  const folder = await ClientFolder.make();
  const KUBECONFIG = await folder.write(
    'kubeconfig',
    `contexts: [{name: prod, context: {cluster: c, user: me}}]
users: [{name: me, user: {client-certificate: ${SCALER_CERT}, client-key: ${SCALER_KEY}}}]
`,
  );
  environment = { ...rest, KUBECONFIG };
  const listed = await kubectl('scaler', 'list', '--context', 'prod', '-n', NAMESPACE, '-o', 'name');
  expect(listed).toMatchObject({ status: 0, stdout: `default/${NAMESPACE}/web\n` });
});
