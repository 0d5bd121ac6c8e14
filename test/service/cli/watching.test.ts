import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CommandLine, type RunningCommand } from '../../support/cli/command-line.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { defaultDecisionTimes } from '../../support/limits.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

const RESOURCES = ['deployments', 'deployments/scale'];

let blue: FakeApiServer;
let green: FakeApiServer;
let service: TestService;
let scaler: CommandLine;

beforeAll(async () => {
  [blue, green] = await Promise.all([
    FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY }),
    FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY }),
  ]);
  for (const { roles } of [blue, green]) {
    roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources: RESOURCES });
  }
  service = await TestService.start({
    kubeconfig: { blue: blue.kubeconfig, green: green.kubeconfig },
    authorization: 'SubjectAccessReview',
    limits: { maxStreamsPerClient: 3 },
    timing: PATIENT_WRITES,
  });
  await service.synced();
  scaler = await CommandLine.of(service);
});
afterAll(async () => {
  await scaler.stop();
  await service.stop();
  await Promise.all([blue.stop(), green.stop()]);
});

it('`watch` tells what happens in all clusters: counts, by whom, pods, and who overrides whom, until Ctrl-C', async () => {
  const watch = await scaler.start(['watch']);
  await watch.prints('Watching all clusters; Ctrl-C ends it.');
  await service.post('/replica-count?namespace=shop&deployment=cart', { replicas: 5 });
  await watch.prints(/^\S+Z blue\/shop\/cart 4 -> 5 by \S+; 4\/5 ready, progressing$/m);
  blue.deployments.report('shop', 'cart');
  await watch.prints(/^\S+Z blue\/shop\/cart 5; 5\/5 ready, stable$/m);
  blue.deployments.scale('shop', 'cart', 2);
  await watch.prints(/^\S+Z blue\/shop\/cart overridden by kubectl: 5 -> 2$/m);
  green.deployments.scale('ingress', 'gateway', 7);
  await watch.prints(/^\S+Z green\/ingress\/gateway 2 -> 7 by kubectl; 2\/7 ready, progressing$/m);
  green.deployments.delete('ingress', 'gateway');
  await watch.prints(/^\S+Z green\/ingress\/gateway deleted$/m);
  watch.signal('SIGINT');
  const { code, stderr } = await watch.ended;
  expect([code, stderr]).toEqual([130, 'Watching all clusters; Ctrl-C ends it.\n']);
});

it('`watch -o json` prints one object a line, and with --cluster and -n only what they name', async () => {
  const watch = await scaler.start(['watch', '-o', 'json', '--cluster', 'green', '-n', 'payments']);
  await watch.prints('Watching namespace payments of green');
  green.deployments.scale('shop', 'cart', 9);
  green.deployments.scale('payments', 'ledger', 9);
  await watch.prints('"ledger"');
  watch.signal('SIGTERM');
  const { code, stdout } = await watch.ended;
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    {
      event: 'ready',
      cluster: 'green',
      at: expect.any(String),
      data: { resourceVersion: expect.any(String) },
    },
    {
      event: 'changed',
      cluster: 'green',
      at: expect.any(String),
      data: expect.objectContaining({ deployment: 'ledger', replicas: 9 }),
    },
  ]);
  expect(code).toBe(143);
});

it('`watch` ends quietly once nobody reads it, as with `| head`', async () => {
  const watch = await scaler.start(['watch', '-o', 'name', '-n', 'monitoring']);
  await watch.prints('Watching');
  watch.closeOutput();
  // It learns that by writing.
  blue.deployments.scale('monitoring', 'grafana', 10);
  expect(await watch.ended).toMatchObject({
    code: 0,
    stderr: 'Watching namespace monitoring of all clusters; Ctrl-C ends it.\n',
  });
});

it('`watch` without the right to list says so: exit code 6', async () => {
  const as = await service.authority.issue({ commonName: 'nobody', usages: ['clientAuth'] });
  const { code, stderr } = await scaler.run(['watch', '--cluster', 'blue', '-n', 'shop'], { as });
  expect(stderr).toContain('(FORBIDDEN, request ');
  expect(code).toBe(6);
});

it('`watch` connects again when its connection is old, and misses nothing', async () => {
  const aged = await TestService.start({
    kubeconfig: blue.kubeconfig,
    limits: { maxConnectionAgeSeconds: 0.05 },
    timing: PATIENT_WRITES,
  });
  onTestFinished(() => aged.stop());
  await aged.synced();
  const watch = await scaler.start(['watch', '-n', 'shop'], {
    as: await aged.authority.issue({ commonName: 'client', usages: ['clientAuth'] }),
    env: { SCALER_SERVER: `https://localhost:${aged.port}`, SCALER_CA: await caOf(aged) },
  });
  await watch.prints('The service ended the stream (age); connecting again\n');
  blue.deployments.scale('shop', 'catalog', 7);
  await watch.prints(/^\S+Z default\/shop\/catalog 5 -> 7 by kubectl; /m);
  await watch.prints('Connected again.');
  watch.signal('SIGINT');
  expect((await watch.ended).code).toBe(130);
});

describe('`watch` of a user whose rights change', () => {
  let changing: TestService;
  let where: Readonly<Record<string, string>>;

  beforeAll(async () => {
    changing = await TestService.start({
      kubeconfig: { blue: blue.kubeconfig, green: green.kubeconfig },
      authorization: 'SubjectAccessReview',
      decisionTimes: { ...defaultDecisionTimes, deniedSeconds: 0 },
      timing: { ...PATIENT_WRITES, access: { listRights: { holdsMs: 50, retryMs: 20 } } },
    });
    await changing.synced();
    where = { SCALER_SERVER: `https://localhost:${changing.port}`, SCALER_CA: await caOf(changing) };
  });
  afterAll(() => changing.stop());

  const list = (user: string) => ({ users: [user], verbs: ['get', 'list'], resources: ['deployments'] });

  async function watchOf(user: string, ...args: readonly string[]): Promise<RunningCommand> {
    const as = await changing.authority.issue({ commonName: user, usages: ['clientAuth'] });
    return scaler.start(['watch', ...args], { as, env: where });
  }

  it('reads the states again when it may see more or less, and prints what differs', async () => {
    blue.roles.allow({ ...list('bob'), namespaces: ['shop'] });
    const watch = await watchOf('bob', '--cluster', 'blue');
    await watch.prints('Watching blue');
    blue.roles.allow({ ...list('bob'), namespaces: ['ingress'] });
    blue.deployments.scale('ingress', 'gateway', 3);
    await watch.prints('may be missing: reading the states again.');
    await watch.prints(/^\S+Z blue\/ingress\/gateway 3; /m);
    blue.roles.withdraw({ ...list('bob'), namespaces: ['ingress'] });
    await watch.prints(/^\S+Z blue\/ingress\/gateway deleted, or you may no longer list it$/m);
    watch.signal('SIGINT');
    expect((await watch.ended).code).toBe(130);
  });

  it('goes on with the other clusters when one of them refuses', async () => {
    for (const { roles } of [blue, green]) roles.allow(list('carol'));
    const watch = await watchOf('carol');
    await watch.prints('Watching all clusters');
    blue.roles.withdraw(list('carol'));
    await watch.prints('The service ended the stream (rights); connecting again\nConnected again.');
    green.deployments.scale('shop', 'catalog', 8);
    await watch.prints(/^\S+Z green\/shop\/catalog 5 -> 8 by kubectl; /m);
    expect(watch.stdout).not.toContain('deleted');
    green.roles.withdraw(list('carol'));
    const { code, stderr } = await watch.ended;
    expect(stderr).toContain('(FORBIDDEN, request ');
    expect(code).toBe(6);
  });
});

/** The file of the CA that signs the certificate of another service. */
async function caOf({ authority, port }: TestService): Promise<string> {
  const file = join(scaler.folder, `ca-of-${port}.pem`);
  await writeFile(file, authority.cert);
  return file;
}
