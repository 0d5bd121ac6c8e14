import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StubCommands } from '../../support/hack/stub-commands.ts';

const repository = resolve(import.meta.dirname, '../../..');
const NAME = 'k8s-deployment-scaler';

let folder: string; // a copy of the files that make needs; its path contains a space
let commands: StubCommands; // first in the PATH of the recipes

function make(...args: string[]) {
  const env = { ...process.env, TOOLS_BIN: commands.folder, MAKEFLAGS: '', KUBECONFIG: undefined };
  const { status, stdout, stderr } = spawnSync('make', args, { cwd: folder, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** The recorded calls that change something. */
function calls(): string[] {
  const lines = commands.calls.split('\n');
  return lines.filter((line) => !/^$|^docker (version|images|image inspect)|^kind get/.test(line));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'a repository '));
  commands = new StubCommands(folder);
  for (const path of ['Makefile', 'hack/generate-certs.sh', 'hack/deploy']) {
    cpSync(join(repository, path), join(folder, path), { recursive: true });
  }
  commands.add('docker', `[ "$1" != images ] || echo 0123456789ab`);
  for (const tool of ['kind', 'helm', 'kubectl']) commands.add(tool);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('make', () => {
  it('lists every target with a line of help', () => {
    const targets = readFileSync(join(repository, 'Makefile'), 'utf8').match(/(?<=^\.PHONY: ).+$/gm) ?? [];
    const { output } = make();
    for (const target of targets) expect(output).toMatch(new RegExp(`^  ${target} +\\S`, 'm'));
  });

  it('builds everything up to a forwarded port with `make all`, in this order', () => {
    expect(make('all')).toMatchObject({ status: 0 });
    const context = `--context kind-${NAME}`;
    const expected = [
      new RegExp(`^docker build --build-arg VERSION=\\S+ --tag ${NAME}:latest .$`),
      new RegExp(`^kind delete cluster --name ${NAME}$`),
      new RegExp(
        `^kind create cluster --name ${NAME} --image kindest/node:\\S+@sha256:[0-9a-f]{64} --wait 3m$`,
      ),
      new RegExp(`^kind load docker-image ${NAME}:latest --name ${NAME}$`),
      new RegExp(`^kubectl ${context} create namespace ${NAME} `),
      new RegExp(`^kubectl ${context} create secret generic ${NAME}-tls --namespace ${NAME} `),
      new RegExp(`^kubectl ${context} apply -f hack/deploy/samples.yaml$`),
      new RegExp(
        `^helm --kube-context kind-${NAME} upgrade --install ${NAME} charts/${NAME} --namespace ${NAME} `,
      ),
      new RegExp(`^kubectl ${context} port-forward --namespace ${NAME} service/${NAME} 8443:https$`),
    ];
    const made = calls().filter((line) => !line.endsWith('apply -f -'));
    expect(made).toEqual(expected.map((line) => expect.stringMatching(line)));
  });

  it('prints all these commands with `make -n all`, and runs none', () => {
    const { output } = make('-n', 'all');
    for (const command of [
      'docker build',
      'hack/generate-certs.sh',
      'kind delete',
      'kind create',
      'kind load',
    ]) {
      expect(output).toContain(command);
    }
    for (const command of ['create secret', 'helm', 'port-forward']) expect(output).toContain(command);
    expect(calls()).toEqual([]);
  });

  it('copies only the key of the server into the cluster', () => {
    make('generate-certs', 'deploy');
    const secret = calls().find((line) => line.includes('create secret')) ?? '';
    const files = [...secret.matchAll(/--from-file=(\S+)=(\S+)/g)].map(([, key, file]) => [key, file]);
    expect(files).toEqual([
      ['tls.crt', 'certs/server-cert.pem'],
      ['tls.key', 'certs/server-key.pem'],
      ['ca.crt', 'certs/ca-cert.pem'],
    ]);
  });

  it('deploys the CRL of ./certs too, if there is one, so that revoked clients stay out', () => {
    const deployed = () => {
      make('deploy');
      return calls().filter((line) => /crl/.test(line));
    };
    execFileSync('mkdir', [join(folder, 'certs')]);
    expect(deployed()).toEqual([]);
    writeFileSync(join(folder, 'certs/crl.pem'), '');
    expect(deployed()).toEqual([
      expect.stringMatching(/^kubectl .* create secret .*--from-file=crl.pem=certs\/crl.pem /),
      expect.stringMatching(/^helm .* --set tls.crl=true /),
    ]);
  });

  it('keeps an existing kind cluster', () => {
    commands.add('kind', `[ "$1" != get ] || echo ${NAME}`);
    expect(make('kind-create')).toMatchObject({ status: 0 });
    expect(calls()).toEqual([]);
  });

  it('removes certificates, cluster and image with `make teardown`', () => {
    execFileSync('mkdir', [join(folder, 'certs')]);
    expect(make('teardown')).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'certs'))).toBe(false);
    expect(calls()).toEqual([`kind delete cluster --name ${NAME}`, `docker rmi ${NAME}:latest`]);
  });

  it('tears down without an error even if nothing exists and Docker is missing', () => {
    commands.add('docker', 'exit 1');
    const { status, output } = make('teardown');
    expect(status).toBe(0);
    expect(output).toContain('there is no cluster to delete');
    expect(output).toContain('there is no image to delete');
    expect(calls()).toEqual([]);
  });

  it('refuses end-to-end tests unless a cluster is named', () => {
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}');
    expect(make('e2e')).toMatchObject({ status: 2, output: expect.stringContaining('set KUBECONFIG') });
  });
});
