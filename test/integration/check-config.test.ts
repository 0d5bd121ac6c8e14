import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { kubeconfigYaml } from '../support/kubeconfig.ts';
import { type CommandRun, ServiceCommands } from '../support/service-commands.ts';
import { until } from '../support/until.ts';

/** The rights that --check-config asks for, and the commands that it prints, by a real API server and the real kubectl. */
const NAMESPACE = 'check-config';
const ACCOUNT = `system:serviceaccount:${NAMESPACE}:scaler`;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const EARLIER = 'scaler-list-deployments';

let kube: KubeRequests;
let commands: ServiceCommands;
let folder: string;
let binaries: string;
const roles = new Set([EARLIER]);

beforeAll(async () => {
  const { url, ca, kubeconfig } = inject('kubeApiserver');
  kube = new KubeRequests(inject('kubeApiserver'));
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await kube.post(accounts, { metadata: { name: 'scaler' } });
  const { body } = await kube.post(`${accounts}/scaler/token`, { spec: {} });
  commands = await ServiceCommands.create(kubeconfigYaml(url, ca, { token: textAt(body, 'status.token') }));
  folder = await mkdtemp(join(tmpdir(), 'check-config-test-'));
  await writeFile(join(folder, 'admin.yaml'), kubeconfig);
  binaries = (await promisify(execFile)('hack/test-env.sh')).stdout.trim();
});

afterAll(async () => {
  for (const role of roles) {
    await kube?.delete(`${RBAC}/clusterrolebindings/${role}`);
    await kube?.delete(`${RBAC}/clusterroles/${role}`);
  }
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
  await commands?.remove();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const check = () => commands.run(['--check-config']);

/** Whether a check ended early, because a call had no answer in time. */
const brokeOff = ({ output }: CommandRun) => /API server \S+: /.test(output);

/** The commands that it prints. */
const advised = ({ output }: CommandRun) => output.match(/kubectl create .*/g) ?? [];

it('every command that is printed for an account without rights succeeds, and then nothing is missing', async () => {
  // An earlier check has found that the right to list was missing.
  const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }];
  await kube.post(`${RBAC}/clusterroles`, { metadata: { name: EARLIER }, rules });
  await kube.post(`${RBAC}/clusterrolebindings`, {
    metadata: { name: EARLIER },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: EARLIER },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: ACCOUNT }],
  });
  let first: CommandRun | undefined;
  await until(async () => {
    first = await check();
    return first.output.includes('may not watch deployments.apps\n') && !brokeOff(first);
  });
  const printed = first === undefined ? [] : advised(first);
  expect(first).toMatchObject({ code: 1, output: expect.stringContaining(`, as ${ACCOUNT}\n`) });
  for (const right of ['create subjectaccessreviews.authorization.k8s.io', 'get deployments.apps'])
    expect(first?.output).toContain(`  FAILED   may not ${right}\n`);
  expect(first?.output).toContain('may not get, patch deployments.apps/scale');

  for (const command of printed) roles.add(command.split(' ')[3] ?? '');
  const environment = { PATH: `${binaries}:${process.env.PATH}`, HOME: folder };
  // As somebody pastes them; it throws at the first that fails.
  await promisify(execFile)('/bin/sh', ['-e', '-c', printed.join('\n')], {
    env: { ...environment, KUBECONFIG: join(folder, 'admin.yaml') },
  });

  let last: CommandRun | undefined;
  await until(async () => {
    last = await check();
    return advised(last).length === 0 && !brokeOff(last);
  });
  expect(last?.code).toBe(0);
  expect(last?.output).not.toMatch(/FAILED|may not/);
  expect(at((await kube.get(`${RBAC}/clusterroles/scaler-watch-deployments`)).body, 'rules.0.verbs')).toEqual(
    ['watch'],
  );
});
