import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CommandLine } from '../../support/cli/command-line.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const LABELS = { labels: { tier: 'batch' } };

let blue: FakeApiServer;
let green: FakeApiServer;
let service: TestService;
let scaler: CommandLine;
/** Each test has a namespace with the Deployments mailer (2) and report (5). */
let namespace = '';
let made = 0;

beforeAll(async () => {
  [blue, green] = await Promise.all([
    FakeApiServer.start({ rolloutDelayMs: 1 }),
    FakeApiServer.start({ rolloutDelayMs: 1 }),
  ]);
  blue.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  service = await TestService.start({
    kubeconfig: { blue: blue.kubeconfig, green: green.kubeconfig },
    timing: PATIENT_WRITES,
  });
  await service.synced();
  await service.autoscalersKnown('shop');
  scaler = await CommandLine.of(service);
});
afterAll(async () => {
  await scaler.stop();
  await service.stop();
  await Promise.all([blue.stop(), green.stop()]);
});
beforeEach(async () => {
  made += 1;
  namespace = `night-${made}`;
  for (const cluster of [blue, green]) {
    cluster.deployments.create({ namespace, name: 'mailer', replicas: 2, marks: LABELS });
    cluster.deployments.create({ namespace, name: 'report', replicas: 5, marks: LABELS });
  }
  for (const cluster of ['blue', 'green']) {
    await until(
      async () => (await service.get(`/${cluster}/deployments/${namespace}/report`)).status === 200,
    );
  }
});

/** The counts of mailer and report. */
function counts(cluster = blue): (number | undefined)[] {
  return ['mailer', 'report'].map((name) => cluster.deployments.get(namespace, name)?.replicas);
}

/** The file that a command says to restore. */
function receiptIn(output: string): string {
  return /^receipt: (\S+)$/m.exec(output)?.[1] ?? '';
}

async function kept(): Promise<string[]> {
  return readdir(join(scaler.folder, 'state', 'k8s-deployment-scaler', 'receipts')).catch(() => []);
}

it('`park` takes what is selected in two clusters to zero, keeps a receipt for the user alone, and names the command that takes it back', async () => {
  const parked = await scaler.run([
    'park',
    '-l',
    'tier=batch',
    '-n',
    namespace,
    '--cluster',
    'blue',
    '--cluster',
    'green',
    '--yes',
  ]);
  expect(parked.stdout).toMatch(new RegExp(`^blue +${namespace} +mailer +2 -> 0 +set +- +-$`, 'm'));
  expect([parked.code, counts(blue), counts(green)]).toEqual([0, [0, 0], [0, 0]]);
  const file = receiptIn(parked.stderr);
  expect(parked.stdout).toContain(`4 set\nTo take it back: scaler restore ${file}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  const list = await scaler.run(['restore', '-o', 'name']);
  expect(list.stdout).toContain(`${file}\n`);
  const restored = await scaler.run(['restore', file, '--wait']);
  expect(restored.stdout).toMatch(new RegExp(`^green +${namespace} +report +0 -> 5 +set +ready +-$`, 'm'));
  expect([restored.code, counts(blue), counts(green)]).toEqual([0, [2, 5], [2, 5]]);
  expect(existsSync(file)).toBe(false);
});

it('what a selector selects is not set unasked: without a terminal it takes --yes, and of several clusters their names', async () => {
  const unasked = await scaler.run(['park', '-n', namespace, '--cluster', 'blue']);
  expect(unasked.stderr).toContain('add --yes to set what is selected, or --dry-run');
  const where = await scaler.run(['park', '-n', namespace, '--yes']);
  expect(where.stderr).toContain(
    'in which clusters? The service has blue, green: add --cluster blue --cluster green',
  );
  const which = await scaler.run(['park', '--yes']);
  expect(which.stderr).toContain('which Deployments?');
  expect([unasked.code, where.code, which.code, counts()]).toEqual([2, 2, 2, [2, 5]]);
});

it('a terminal shows the plan and asks; n changes nothing, y sets it and shows only what differs from the plan', async () => {
  const args = ['set', '-n', namespace, '--cluster', 'blue', '--replicas', '1'];
  const declined = await scaler.start(args, { terminal: 100 });
  await declined.prints('Set 2 Deployments? [y/N]');
  declined.types('n\n');
  expect(await declined.ended).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('nothing was changed'),
  });
  expect(counts()).toEqual([2, 5]);

  const agreed = await scaler.start(args, { terminal: 100 });
  await agreed.prints('Set 2 Deployments? [y/N]');
  agreed.types('y\n');
  const { code, stdout } = await agreed.ended;
  expect(stdout.split('mailer')).toHaveLength(2);
  expect(stdout).toContain('2 set\nTo take it back: scaler restore /');
  expect([code, counts()]).toEqual([0, [1, 1]]);
});

it('Ctrl-C at the question changes nothing: exit code 130', async () => {
  const command = await scaler.start(['park', '-n', namespace, '--cluster', 'blue'], { terminal: 100 });
  await command.prints('[y/N]');
  command.types('\u0003');
  expect((await command.ended).code).toBe(130);
  expect(counts()).toEqual([2, 5]);
});

it('`list -o name` pipes into `park -`, which takes the names of several clusters', async () => {
  const { stdout: input } = await scaler.run(['list', '-n', namespace, '-o', 'name']);
  const { code, stdout } = await scaler.run(['park', '-', '-o', 'json'], { input });
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ dryRun: false, counts: { set: 4 }, receiptFile: expect.any(String) });
  expect(answer.items.map(({ cluster }: { cluster: string }) => cluster)).toEqual([
    'blue',
    'blue',
    'green',
    'green',
  ]);
  expect([code, counts(blue), counts(green)]).toEqual([0, [0, 0], [0, 0]]);
});

it('one refused Deployment keeps all from being set where nobody can be asked; with --yes the others are set: exit code 6', async () => {
  const args = ['set', `blue/${namespace}/mailer=1`, 'blue/shop/cart=9'];
  const none = await scaler.run(args);
  expect(none.stdout).toMatch(
    /^blue +shop +cart +4 -> 9 +refused: REPLICAS_MANAGED +- +undone by HPA\/cart$/m,
  );
  expect(none.stderr).toMatch(/warning: blue\/shop\/cart: .* add --force \(REPLICAS_MANAGED\)\n/);
  expect(none.stderr).toContain(
    'Nothing was changed, because some are refused. To set the others, add --yes.',
  );
  expect([none.code, counts()]).toEqual([6, [2, 5]]);
  // The names would be taken for those of Deployments that were set.
  const names = await scaler.run([...args, '-o', 'name']);
  expect(names.stdout).toBe('');
  expect(names.stderr).toMatch(/warning: blue\/shop\/cart: .*\(REPLICAS_MANAGED\)\nNothing was changed/);
  const others = await scaler.run([...args, '--yes']);
  expect(others.stdout).toContain('1 set, 1 refused\n');
  expect([others.code, counts()]).toEqual([6, [1, 5]]);
});

it('`plan` changes nothing and keeps its receipt in a new file, with which `restore --finish` does it', async () => {
  const file = join(scaler.folder, `${namespace}.json`);
  const args = ['plan', `blue/${namespace}/mailer=4`, `${namespace}/report=6`, '--out', file];
  const plan = await scaler.run(args);
  expect(plan.stdout).toMatch(/mailer +2 -> 4 +set/);
  expect(plan.stdout).toContain('2 to set. Nothing was changed.\n');
  expect(plan.stderr).toBe(`To do it: scaler restore --finish ${file}\n`);
  expect([plan.code, counts()]).toEqual([0, [2, 5]]);
  const again = await scaler.run(args);
  expect(again.stderr).toMatch(
    /the receipt cannot be kept: EEXIST: .* Name another file, or remove this one\n$/,
  );
  expect(again.code).toBe(1);

  const done = await scaler.run(['restore', '--finish', file]);
  expect([done.code, counts()]).toEqual([0, [4, 6]]);
  // It belongs to the user.
  expect(existsSync(file)).toBe(true);
});

it('a batch that Ctrl-C cuts off says how to finish it and how to take it back, and both work', async () => {
  const held = blue.faults.add({ on: 'patchScale', fault: { type: 'cut', how: 'silence' }, skip: 1 });
  const command = await scaler.start(['park', `blue/${namespace}/mailer`, `blue/${namespace}/report`]);
  await command.prints('receipt: ');
  await until(() => held.hits > 0 && counts().includes(0));
  command.signal('SIGINT');
  const { code, stderr } = await command.ended;
  held.remove();
  blue.dropConnections('reset');
  const file = receiptIn(stderr);
  expect(stderr).toContain(
    `It was cut off: each Deployment is as before or as asked.\nTo finish it:    scaler restore --finish ${file}\nTo take it back: scaler restore ${file}\n`,
  );
  expect(code).toBe(130);
  const finished = await scaler.run(['restore', '--finish', file]);
  expect([finished.code, counts()]).toEqual([0, [0, 0]]);
  const restored = await scaler.run(['restore', file]);
  expect([restored.code, counts()]).toEqual([0, [2, 5]]);
});

it('items that fail are exit code 1, and the way on is said', async () => {
  const fault = green.faults.add({
    on: 'patchScale',
    fault: { type: 'deny', by: 'policy', message: 'not now' },
  });
  const { code, stdout, stderr } = await scaler.run([
    'park',
    `blue/${namespace}/mailer`,
    `green/${namespace}/mailer`,
  ]);
  fault.remove();
  expect(stdout).toMatch(/^green .* failed: ADMISSION_REFUSED/m);
  expect(stderr).toContain('1 Deployment may not be as asked.\nTo finish it:    scaler restore --finish ');
  expect(code).toBe(1);
});

it('`restore` leaves alone what somebody has changed since, and names them; that is not a failure', async () => {
  const parked = await scaler.run(['park', `blue/${namespace}/mailer`, `blue/${namespace}/report`]);
  blue.deployments.scale(namespace, 'mailer', 7);
  await until(async () => JSON.stringify((await service.count(namespace, 'mailer')).body).includes('7'));
  const { code, stdout, stderr } = await scaler.run(['restore', receiptIn(parked.stderr)]);
  expect(stdout).toMatch(/leftAlone: CHANGED_SINCE/);
  expect(stderr).toMatch(/mailer: .*kubectl.*\(CHANGED_SINCE\)/);
  expect([code, counts()]).toEqual([0, [7, 5]]);
});

it('`restore --finish` leaves such a one alone too, but then not all is as asked: exit code 6', async () => {
  const file = join(scaler.folder, `${namespace}-late.json`);
  await scaler.run(['plan', `blue/${namespace}/mailer=0`, `blue/${namespace}/report=0`, '--out', file]);
  blue.deployments.scale(namespace, 'mailer', 7);
  await until(async () => JSON.stringify((await service.count(namespace, 'mailer')).body).includes('7'));
  const { code, stdout } = await scaler.run(['restore', '--finish', file]);
  expect(stdout).toMatch(/mailer .* leftAlone: CHANGED_SINCE/);
  expect([code, counts()]).toEqual([6, [7, 0]]);
});

it('`restore --last` takes the newest receipt, and without one or with a broken one it says so', async () => {
  const before = await kept();
  await scaler.run(['park', `blue/${namespace}/mailer`]);
  const last = await scaler.run(['restore', '--last', '--dry-run']);
  expect(last.stdout).toMatch(/mailer +0 -> 2 +set/);
  expect([last.code, counts()]).toEqual([0, [0, 5]]);
  await scaler.run(['restore', '--last']);
  expect([counts(), await kept()]).toEqual([[2, 5], before]);

  const broken = join(scaler.folder, 'broken.json');
  await writeFile(broken, '{"items": []}');
  const [none, notOne, missing] = await Promise.all([
    scaler.run(['restore', '--last'], { env: { XDG_STATE_HOME: join(scaler.folder, 'empty') } }),
    scaler.run(['restore', broken]),
    scaler.run(['restore', join(scaler.folder, 'missing.json')]),
  ]);
  expect(none.stderr).toContain('no receipt is kept in ');
  expect(notOne.stderr).toContain('broken.json is not a receipt');
  expect(missing.stderr).toContain('the receipt cannot be read: ENOENT');
  expect([none.code, notOne.code, missing.code]).toEqual([2, 2, 2]);
});

it('`restore` lists the kept receipts by names that fit a terminal, and takes them', async () => {
  const parked = await scaler.run(['park', `blue/${namespace}/mailer`, `blue/${namespace}/report`]);
  const name = basename(receiptIn(parked.stderr));
  const { stdout } = await scaler.run(['restore'], { terminal: 80 });
  expect(stdout).toMatch(/^AGE +DEPLOYMENTS +WHICH +RECEIPT$/m);
  expect(stdout).toMatch(new RegExp(` 2 .* ${name.replaceAll('.', '\\.')}$`, 'm'));
  const restored = await scaler.run(['restore', name]);
  expect([restored.code, counts()]).toEqual([0, [2, 5]]);
  expect(await kept()).not.toContain(name);
});

it('a receipt that was edited is refused by the service, and nothing is changed', async () => {
  const file = join(scaler.folder, `${namespace}-edited.json`);
  await scaler.run(['plan', `blue/${namespace}/mailer=4`, '--out', file]);
  await writeFile(file, (await readFile(file, 'utf8')).replace('"asked":4', '"asked":400'));
  const { code, stderr } = await scaler.run(['restore', '--finish', file]);
  expect(stderr).toContain(`Nothing was changed. The receipt is kept: ${file}\n`);
  expect(stderr).toContain('(RECEIPT_INVALID, request ');
  expect([code, counts()]).toEqual([1, [2, 5]]);
});

it('`set -` with nothing on standard input sets nothing, although -n and --yes would let it set a namespace', async () => {
  const args = ['set', '-', '-n', namespace, '--cluster', 'blue', '--replicas', '0', '--yes'];
  const { code, stderr } = await scaler.run(args, { input: '\n' });
  expect(stderr).toBe('error: standard input names no Deployment: nothing was changed\n');
  expect([code, counts()]).toEqual([2, [2, 5]]);
});

it('a terminal whose stdout goes elsewhere shows the plan and asks, and stdout has the result alone', async () => {
  const output = join(scaler.folder, `${namespace}-out.json`);
  const args = ['park', '-n', namespace, '--cluster', 'blue', '-o', 'json'];
  const command = await scaler.start(args, { terminal: 100, output });
  await command.prints('Set 2 Deployments? [y/N]');
  expect(command.stdout).toMatch(/mailer +2 -> 0 +set/);
  command.types('y\n');
  expect((await command.ended).code).toBe(0);
  expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({ dryRun: false, counts: { set: 2 } });
});

it('a batch that is refused before its first write leaves no receipt for `restore --last`', async () => {
  const before = await kept();
  const args = ['set', `blue/${namespace}/mailer=9`, `blue/${namespace}/report=9`];
  const command = await scaler.start(args, { terminal: 100 });
  await command.prints('Set 2 Deployments? [y/N]');
  blue.autoscalers.add({ namespace, name: 'mailer', spec: { minReplicas: 2, maxReplicas: 4 } });
  await until(async () => (await scaler.run([...args, '--dry-run'])).code === 6);
  command.types('y\n');
  const { code, stdout } = await command.ended;
  expect(stdout).toContain('Nothing was changed. The receipt is removed.\n');
  expect([code, counts(), await kept()]).toEqual([6, [2, 5], before]);
});

it('the new receipt is kept whatever its name says, and the one that makes room for it is named', async () => {
  const state = join(scaler.folder, `${namespace}-state`);
  const folder = join(state, 'k8s-deployment-scaler', 'receipts');
  await mkdir(folder, { recursive: true });
  // As of a service whose clock is ahead.
  const names = Array.from({ length: 200 }, (_, at) => `2999-${1000 + at}.json`);
  await Promise.all(names.map((name) => writeFile(join(folder, name), '{}')));
  const { code, stderr } = await scaler.run(['park', `blue/${namespace}/mailer`], {
    env: { XDG_STATE_HOME: state },
  });
  const file = receiptIn(stderr);
  expect(stderr).toContain(
    `200 receipts are kept, so the oldest was removed: ${join(folder, '2999-1000.json')}\n`,
  );
  expect([code, existsSync(file), await readdir(folder)]).toEqual([
    0,
    true,
    expect.objectContaining({ length: 200 }),
  ]);
});
