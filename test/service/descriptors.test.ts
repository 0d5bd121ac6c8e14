import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ExecScript, printing } from '../support/kube/exec-script.ts';
import { newSet, TlsFolder } from '../support/tls/tls-folder.ts';
import { until } from '../support/until.ts';

it('a process that runs out of file descriptors keeps running, and its reads, watches, plugins and listeners recover', async () => {
  const { path } = await TlsFolder.plain(await newSet());
  const plugin = new ExecScript(printing({ token: 'secret' }));
  await writeFile(join(path, 'clusters.yaml'), 'clusters: [{name: a, context: kubeconfig}]');
  const apiVersion = 'client.authentication.k8s.io/v1';
  const exec = { apiVersion, command: plugin.path, interactiveMode: 'Never' };
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server: 'https://localhost:1' } }],
    users: [{ name: 'u', user: { exec } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(join(path, 'kubeconfig'), JSON.stringify(kubeconfig));

  const script = join(import.meta.dirname, '../support/out-of-descriptors.ts');
  const command = 'ulimit -n 100 && exec "$0" "$@"';
  const child = spawn('/bin/sh', ['-c', command, process.execPath, script, path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const printed = async (word: string) => {
    await until(() => output.includes(word) || child.exitCode !== null);
    expect(output).toContain(word);
  };

  await printed('exhausted');
  const port = Number(/exhausted (\d+)/.exec(output)?.[1]);
  const probe = () =>
    new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.0\r\n\r\n'));
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
    });
  let answered = 0;
  const probes = Array.from({ length: 20 }, async () => {
    const answer = await probe();
    if (answer !== '') answered += 1;
  });
  await printed('suffered');
  // Some connections may get a descriptor that a read or a spawn has just released.
  expect(answered).toBeLessThan(probes.length);
  child.stdin.end();
  await printed('recovered');
  // libuv keeps one spare descriptor to accept and close connections that it cannot serve. If another thread has taken
  // it, the connections wait until descriptors are free again.
  await Promise.all(probes);
  expect(await probe()).toMatch(/^HTTP\/1\.1 200 /);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
