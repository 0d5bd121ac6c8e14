import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificatesFolder } from '../support/clients/certificates.ts';
import { run } from '../support/clients/command.ts';
import { readmeSnippet } from '../support/clients/readme.ts';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../support/service.ts';

let demo: FakeApiServer;
let service: TestService;
let folder: string;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
  folder = await certificatesFolder(service);
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
  await rm(folder, { recursive: true });
});

it('the curl commands of the README read a count and set it if the ETag still matches', async () => {
  const preconditions: (string | undefined)[] = [];
  service.app.server.on('request', ({ method, headers }) => {
    if (method === 'POST') preconditions.push(headers['if-match']);
  });
  const { etag } = (await service.count('default', 'my-deployment')).headers;
  const lines = (await readmeSnippet('sh')).replaceAll('localhost:8443', `localhost:${service.port}`);
  const script = ['-e', '-o', 'pipefail', '-c', lines];
  expect(await run(['bash', ...script], { cwd: folder, limitMs: 30_000 })).toEqual({
    exitCode: 0,
    stdout: '{"replicaCount":3}\n{"replicaCount":5}\n',
    stderr: '',
  });
  expect(preconditions).toEqual([etag]);
  expect(demo.deployments.get('default', 'my-deployment')?.replicas).toBe(5);
});
