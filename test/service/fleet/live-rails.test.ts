import { expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ClustersServer } from '../../support/fleet/clusters-server.ts';
import { replaceFile } from '../../support/replace-file.ts';
import { until } from '../../support/until.ts';

/** Rules of a real process that change while it runs. */

async function demo(): Promise<FakeApiServer> {
  const deployments = [{ namespace: 'default', name: 'my-deployment', replicas: 3 }];
  const server = await FakeApiServer.start({ deployments });
  onTestFinished(() => server.stop());
  return server;
}

const APPLIED = 'the rules of the rails file are in force';
const refused = { status: 422, body: { code: 'RAIL' } };

it('the rules of the rails file hold, change with it, and stay while it is broken', async () => {
  const [home, west] = await Promise.all([demo(), demo()]);
  const server = await ClustersServer.start(
    { home: home.kubeconfig, west: west.kubeconfig },
    { READY_CLUSTERS: 'all' },
    { RAILS_FILE: async () => 'rules:\n  - {name: five, max: 5}\n' },
  );
  const write = (text: string) => replaceFile(server.process.file('RAILS_FILE'), text);
  await server.process.ready();
  await until(() => server.logged(APPLIED) === 1);
  expect(await server.write('home', 6)).toMatchObject(refused);
  expect(await server.write('west', 6)).toMatchObject(refused);
  expect(await server.write('home', 5)).toMatchObject({ status: 200 });

  await write('rules:\n  - {name: home, clusters: [home], max: 9}\n');
  await until(() => server.logged(APPLIED) === 2);
  expect(await server.write('home', 10)).toMatchObject(refused);
  expect(await server.write('west', 10)).toMatchObject({ status: 200 });

  await write('rules:\n  - {name: home, clusters: [home], maxx: 90}\n');
  await until(() => server.logged('refused the new rails file') === 1);
  expect(server.logged('RAILS_FILE:2: rules[0].maxx is not a known field')).toBe(1);
  expect(await server.write('home', 10)).toMatchObject(refused);
  expect(await server.write('home', 9)).toMatchObject({ status: 200 });
});

it('a process whose rails file is broken does not start, and says in which line', async () => {
  const home = await demo();
  const server = await ClustersServer.start(
    { home: home.kubeconfig },
    {},
    { RAILS_FILE: async () => 'rules:\n  - name: five\n    max: many\n' },
  );
  expect(await server.process.exited()).toBe(1);
  expect(server.process.output).toContain('RAILS_FILE:3: rules[0].max must be integer');
});
