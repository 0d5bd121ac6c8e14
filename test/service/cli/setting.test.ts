import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CommandLine } from '../../support/cli/command-line.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { IssuedCertificate } from '../../support/issue-certificate.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const RESOURCES = ['deployments', 'deployments/scale'];
const QUOTA = {
  type: 'ReplicaFailure',
  status: 'True',
  reason: 'FailedCreate',
  message: 'exceeded quota',
  lastTransitionTime: '2020-01-01T00:00:00Z',
};
/** Looks at pods so late that none comes. */
const NEVER = 3_600_000;
const ESCAPE = '\u001b';

/** A cluster whose Deployment controller is the test. */
let demo: FakeApiServer;
let service: TestService;
let scaler: CommandLine;
let viewer: IssuedCertificate;
let deployment = '';
let created = 0;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  demo.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  demo.roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources: RESOURCES });
  demo.roles.allow({ users: ['viewer'], verbs: ['get', 'list'], resources: RESOURCES });
  const waits = { troubleMs: 20, pods: { firstMs: NEVER, everyMs: NEVER, stuckMs: NEVER } };
  service = await TestService.start({
    kubeconfig: { demo: demo.kubeconfig },
    authorization: 'SubjectAccessReview',
    timing: { ...PATIENT_WRITES, waits },
  });
  await service.synced();
  await service.autoscalersKnown('shop');
  viewer = await service.authority.issue({ commonName: 'viewer', usages: ['clientAuth'] });
  scaler = await CommandLine.of(service);
});
afterAll(async () => {
  await scaler.stop();
  await service.stop();
  await demo.stop();
});
/** Each test has a Deployment with 3 replicas. */
beforeEach(async () => {
  created += 1;
  deployment = `app-${created}`;
  demo.deployments.create({ namespace: 'web', name: deployment, replicas: 3 });
  await until(async () => (await service.count('web', deployment)).status === 200);
});

/** The count in the cluster. */
function count(): number | undefined {
  return demo.deployments.get('web', deployment)?.replicas;
}

it('`set` sets one count at once, and says what it was', async () => {
  const text = await scaler.run(['set', `web/${deployment}=5`]);
  expect(text).toEqual({ code: 0, stdout: `web/${deployment} 3 -> 5\n`, stderr: '' });
  expect(count()).toBe(5);
  const again = await scaler.run(['set', deployment, '-n', 'web', '--replicas', '5', '-o', 'json']);
  expect(JSON.parse(again.stdout)).toEqual({
    cluster: 'demo',
    namespace: 'web',
    deployment,
    from: 5,
    to: 5,
    dryRun: false,
    forecast: 'holds',
    warnings: [],
  });
});

it('`set --dry-run` changes nothing, and `set --current-replicas` sets a count only if it is this one', async () => {
  const dry = await scaler.run(['set', `web/${deployment}=5`, '--dry-run']);
  expect(dry).toMatchObject({ code: 0, stdout: `web/${deployment} 3 -> 5 (dry run)\n` });
  const stale = await scaler.run(['set', `web/${deployment}=5`, '--current-replicas', '4']);
  expect(stale.stderr).toContain('(PRECONDITION_FAILED, request ');
  expect([stale.code, count()]).toEqual([6, 3]);
  const right = await scaler.run(['set', `web/${deployment}=5`, '--current-replicas', '3']);
  expect([right.code, count()]).toEqual([0, 5]);
});

it('a count that may not be set is exit code 6, and the error says what to do at the command line', async () => {
  const [managed, rail, forbidden] = await Promise.all([
    scaler.run(['set', 'shop/cart=8']),
    scaler.run(['set', 'payments/ledger=20', '--force']),
    scaler.run(['set', `web/${deployment}=5`], { as: viewer }),
  ]);
  expect(managed.stderr).toMatch(
    /To set it in spite of that, add --force \(REPLICAS_MANAGED, request \S+\)\n$/,
  );
  expect(rail.stderr).toContain('allowed are 2 to 10 (RAIL, request ');
  expect(forbidden.stderr).toContain('(FORBIDDEN, request ');
  expect([managed.code, rail.code, forbidden.code]).toEqual([6, 6, 6]);
  const denial = demo.faults.add({
    on: 'patchScale',
    fault: { type: 'deny', by: 'policy', message: 'not today' },
  });
  const refused = await scaler.run(['set', `web/${deployment}=5`]);
  denial.remove();
  expect(refused.stderr).toContain('(ADMISSION_REFUSED, request ');
  expect([refused.code, count()]).toEqual([6, 3]);
});

it('`set --force` sets a count that an autoscaler undoes, with a warning that says what to change', async () => {
  const { code, stdout, stderr } = await scaler.run(['set', 'shop/cart=8', '--force']);
  expect([code, stdout]).toEqual([0, 'shop/cart 4 -> 8\n']);
  expect(stderr).toMatch(/^warning: HorizontalPodAutoscaler shop\/cart keeps 2 to 4 and undoes 8/);
});

it('`set --wait` sets the count, then says on a pipe for what it waits, and when the pods are there', async () => {
  const command = await scaler.start(['set', '--wait', `web/${deployment}=5`]);
  await command.prints(`web/${deployment}: waiting for 5, up to 60 s`);
  expect(count()).toBe(5);
  demo.deployments.report('web', deployment);
  const { code, stdout, stderr } = await command.ended;
  expect(stdout).toBe(`web/${deployment} 3 -> 5\nweb/${deployment} 5/5 ready\n`);
  expect([code, stderr]).toEqual([0, `web/${deployment}: waiting for 5, up to 60 s\n`]);
});

it('`set --wait` on a terminal shows one line that tells how far it is, and erases it', async () => {
  const command = await scaler.start(['set', `web/${deployment}=5`, '--wait=60'], { terminal: 70 });
  await command.prints('3/5 ready');
  demo.deployments.report('web', deployment, { readyReplicas: 4 });
  await command.prints('4/5 ready');
  demo.deployments.report('web', deployment);
  const { code, stdout } = await command.ended;
  const drawn = stdout.split(`\r${ESCAPE}[2K`);
  for (const line of drawn.slice(1, -1)) expect(line.length).toBeLessThan(70);
  expect(drawn.at(-1)).toBe(`web/${deployment} 5/5 ready\n`);
  expect(code).toBe(0);
});

it('Ctrl-C during `set --wait` says that the count is set, and the command that waits on: exit code 130', async () => {
  const command = await scaler.start(['set', `web/${deployment}=5`, '--wait'], { terminal: 90 });
  await command.prints('/5 ready');
  command.types('\u0003');
  const { code, stdout } = await command.ended;
  expect(stdout).toContain(
    `The count of web/${deployment} is set. To wait on: scaler wait web/${deployment} --replicas 5\n`,
  );
  expect([code, count()]).toEqual([130, 5]);
});

it.each([
  [
    'overridden',
    3,
    'REPLICAS_OVERRIDDEN',
    () => demo.deployments.scale('web', deployment, 9),
    () => `The count of web/${deployment} was set to 5, which it is no longer.`,
  ],
  [
    'stuck',
    4,
    'ROLLOUT_STUCK',
    () => demo.deployments.report('web', deployment, { readyReplicas: 4, conditions: [QUOTA] }),
    () => `To wait on: scaler wait web/${deployment} --replicas 5`,
  ],
])('`set --wait` that ends as %s is exit code %i', async (_, expected, error, act, said) => {
  const command = await scaler.start(['set', `web/${deployment}=5`, '--wait']);
  await command.prints('waiting for 5');
  await until(() => count() === 5);
  act();
  const { code, stderr } = await command.ended;
  expect(stderr).toMatch(new RegExp(`\\(${error}, request \\S+\\)\\n$`));
  expect(stderr).toContain(said());
  expect(code).toBe(expected);
});

it('a count that is no longer the expected one is exit code 6, in the words of the command line', async () => {
  const { code, stderr } = await scaler.run(['set', `web/${deployment}=5`, '--current-replicas', '9']);
  expect(stderr).toContain('is no longer what --current-replicas says: ');
  expect(code).toBe(6);
});

it('`wait` is exit code 5 if the time is up, 0 once the pods are there, and 3 if it is another count', async () => {
  demo.deployments.scale('web', deployment, 5);
  await expect.poll(async () => (await service.count('web', deployment)).body).toEqual({ replicaCount: 5 });
  const [late, other] = await Promise.all([
    scaler.run(['wait', `web/${deployment}`, '--replicas', '5', '--timeout', '1']),
    scaler.run(['wait', `web/${deployment}=4`]),
  ]);
  expect(late.stderr).toContain('(NOT_READY_IN_TIME, request ');
  expect(late.stderr).not.toContain('Location');
  expect([late.code, other.code]).toEqual([5, 3]);
  demo.deployments.report('web', deployment);
  const [there, several] = await Promise.all([
    scaler.run(['wait', `web/${deployment}`]),
    scaler.run(['wait', `web/${deployment}`, 'default/my-deployment', 'web/nope', '-o', 'name']),
  ]);
  expect(there).toMatchObject({ code: 0, stdout: `web/${deployment} 5/5 ready\n` });
  expect(several).toMatchObject({ code: 1, stdout: `demo/web/${deployment}\ndemo/default/my-deployment\n` });
});

it('`set` whose answer is cut off says that the outcome is not known, and how to see it', async () => {
  const fault = demo.faults.add({ on: 'patchScale', fault: { type: 'status', code: 504 } });
  const { code, stderr } = await scaler.run(['set', `web/${deployment}=5`]);
  fault.remove();
  expect(stderr).toContain(
    `Whether web/${deployment} was set is not known. To see it: scaler get web/${deployment}`,
  );
  expect(code).toBe(1);
});

it('`set` that finds no service says why, and not that the outcome is not known', async () => {
  const { code, stderr } = await scaler.run(['set', `web/${deployment}=5`], {
    env: { SCALER_SERVER: 'https://localhost:1' },
  });
  expect(stderr).toMatch(/^error: Nothing listens at localhost:1\. /);
  expect(code).toBe(1);
});

it('a full disk for its output neither cuts a command off nor goes unsaid: exit code 1', async () => {
  const command = await scaler.start(['set', `web/${deployment}=5`, '--wait'], { output: '/dev/full' });
  await command.prints('waiting for 5');
  demo.deployments.report('web', deployment);
  const { code, stderr } = await command.ended;
  expect(stderr.split('\n').sort()).toEqual([
    '',
    'error: the output cannot be written: ENOSPC: no space left on device, write',
    `web/${deployment}: waiting for 5, up to 60 s`,
  ]);
  expect([code, count()]).toEqual([1, 5]);
});

it('Ctrl-C during `wait` names the command that waits on, with whole names', async () => {
  demo.deployments.scale('web', deployment, 5);
  const args = ['wait', deployment, '-n', 'web', '--replicas', '5'];
  const command = await scaler.start(args, { terminal: 90 });
  await command.prints('/5 ready');
  command.types('\u0003');
  const { code, stdout } = await command.ended;
  expect(stdout).toContain(`To wait on: scaler wait web/${deployment}=5\n`);
  expect(code).toBe(130);
});
