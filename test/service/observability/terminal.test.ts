import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';

/** Runs node with a terminal as its standard output. */
const TERMINAL = ['sh', '-c', 'exec script -qefc "exec $0 $*" /dev/null'];

let demo: FakeApiServer;
beforeAll(async () => {
  demo = await FakeApiServer.start();
});
afterAll(() => demo.stop());

it('on a terminal the log is for people, from the first line to the last', async () => {
  const server = await ServerProcess.start(
    demo.kubeconfig,
    { NO_COLOR: '1' },
    {},
    ['src/server.ts'],
    TERMINAL,
  );
  await until(() => server.output.includes('management listening'));
  const version = `"node":"${process.version}"`;
  expect(server.output).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: starting \{"version":"[^"]+"/);
  expect(server.output).toContain(version);
});

it('elsewhere it is JSON, and the first line names version, node and process', async () => {
  const server = await ServerProcess.start(demo.kubeconfig);
  await until(() => server.output.includes('management listening'));
  const [first = ''] = server.output.split('\n');
  expect(JSON.parse(first)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^20.*Z$/),
    pid: server.pid,
    hostname: expect.any(String),
    version: expect.any(String),
    node: process.version,
    msg: 'starting',
  });
});
