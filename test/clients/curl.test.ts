import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificatesFolder } from '../support/clients/certificates.ts';
import { run } from '../support/clients/command.ts';
import { documentedCode, documentedCommands } from '../support/clients/documented-code.ts';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** As `make run CLUSTERS=2` serves them. */
let demos: readonly [FakeApiServer, FakeApiServer];
let service: TestService;
let folder: string;

beforeEach(async () => {
  demos = [await FakeApiServer.start(), await FakeApiServer.start()];
  for (const { autoscalers } of demos)
    autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  const kubeconfig = { demo1: demos[0].kubeconfig, demo2: demos[1].kubeconfig };
  service = await (await TestService.start({ kubeconfig })).synced();
  await until(async () =>
    JSON.stringify((await service.get('/deployments/shop/cart')).body).includes('HorizontalPod'),
  );
  folder = await certificatesFolder(service);
});
afterEach(async () => {
  await service.stop();
  for (const demo of demos) await demo.stop();
  await rm(folder, { recursive: true });
});

function bash(lines: string) {
  const script = lines.replaceAll('localhost:8443', `localhost:${service.port}`);
  return run(['bash', '-e', '-o', 'pipefail', '-c', script], { cwd: folder, limitMs: 110_000 });
}

/** An answer without what differs from run to run. */
function steady(answer: string): string {
  return answer
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"N"')
    .replaceAll(/^id: \d+$/gm, 'id: N');
}

it('the curl commands of docs/how-to/languages.md read a count and set it if the ETag still matches', async () => {
  const preconditions: (string | undefined)[] = [];
  service.app.server.on('request', ({ method, headers }) => {
    if (method === 'POST') preconditions.push(headers['if-match']);
  });
  const { etag } = (await service.count('default', 'my-deployment')).headers;
  expect(await bash(await documentedCode('curl'))).toEqual({
    exitCode: 0,
    stdout: '{"replicaCount":3}\n{"replicaCount":5}\n',
    stderr: '',
  });
  expect(preconditions).toEqual([etag]);
  expect(demos[0].deployments.get('default', 'my-deployment')?.replicas).toBe(5);
});

describe.each(['README.md', 'docs/reference/api.md'])('%s', (document) => {
  it('shows curl lines with the answers that the service gives', async () => {
    const commands = await documentedCommands(document);
    expect(commands).not.toEqual([]);
    for (const { command, output } of commands) {
      const line = command.replace('curl', 'curl -sS');
      // A stream does not end, so only its first lines are read.
      const stream = `exec 3< <(exec ${line}); head -n ${output.split('\n').length} <&3; kill $!`;
      const answer = await bash(command.startsWith('curl -N ') ? stream : line);
      const expected = { command, exitCode: 0, stdout: steady(output), stderr: '' };
      expect({ command, ...answer, stdout: steady(answer.stdout).trimEnd() }).toEqual(expected);
    }
  });
});
