import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StubCommands } from '../../support/hack/stub-commands.ts';

const script = resolve(import.meta.dirname, '../../../hack/test-env.sh');
const TOOLS = 'awk bash chmod cp cut dirname gzip ln mkdir mktemp mv openssl rm sed sleep tar tr'.split(' ');
const ARCHIVED = ['etcd', 'kube-apiserver', 'kubectl'];
const ALL = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];

let root: string; // contains a space
let commands: StubCommands; // the whole PATH
let web: string; // the files that curl finds
let folder: string; // the folder in the cache

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'test env-'));
  commands = new StubCommands(root);
  commands.link(TOOLS);
  commands.add('uname', 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
  web = join(root, 'web');
  commands.add(
    'curl',
    `while [ $# -gt 0 ]; do case $1 in -o) out=$2; shift ;; https://*) url=\${1#https://} ;; esac; shift; done
[ -e "${web}/$url" ] && cp "${web}/$url" "$out"`,
  );
  folder = join(root, 'cache/k8s-deployment-scaler/envtest-1.37.2-linux-amd64');
});
afterEach(() => rmSync(root, { recursive: true }));

/** A script in place of a binary, which says this version. */
const binary = (version: string) => `#!/bin/bash\necho Kubernetes ${version}\n`;

function add(names: readonly string[], to: string, version: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of names) writeFileSync(join(to, name), binary(version), { mode: 0o755 });
}

/** Lets curl find a file and its checksum. */
function publish(url: string, content: Buffer | string, algorithm: 'sha256' | 'sha512', name = ''): void {
  const file = join(web, url);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  const sum = createHash(algorithm).update(content).digest('hex');
  writeFileSync(`${file}.${algorithm}`, name === '' ? sum : `${sum}  ${name}\n`);
}

function publishArchive(): void {
  const name = 'envtest-v1.37.0-linux-amd64.tar.gz';
  add(ARCHIVED, join(root, 'archive/controller-tools/envtest'), 'v1.37.0');
  const archive = execFileSync('tar', ['-cz', '-C', join(root, 'archive'), 'controller-tools']);
  const base = 'github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v1.37.0';
  publish(`${base}/${name}`, archive, 'sha512', name);
}

function publishControllerManager(version: string): void {
  const url = `dl.k8s.io/release/${version}/bin/linux/amd64/kube-controller-manager`;
  publish(url, binary(version), 'sha256');
}

/** A go that builds what -o names. */
function addGo(): void {
  commands.add('go', `while [ "$1" != -o ]; do shift; done\necho built >"$2"; chmod 755 "$2"`);
}

function run(environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: commands.folder, HOME: root, XDG_CACHE_HOME: join(root, 'cache'), ...environment };
  const { status, stdout, stderr } = spawnSync('bash', [script], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('a folder in the cache without kube-controller-manager', () => {
  beforeEach(() => add(ARCHIVED, folder, 'v1.37.2'));

  it('gets the release of the version of its kube-apiserver, and keeps its other files', () => {
    publishControllerManager('v1.37.2');
    const inodes = ARCHIVED.map((name) => statSync(join(folder, name)).ino);
    expect(run()).toMatchObject({ status: 0, stdout: `${folder}\n` });
    expect(readdirSync(folder).sort()).toEqual(ALL);
    expect(read('kube-controller-manager')).toBe(binary('v1.37.2'));
    expect(ARCHIVED.map((name) => statSync(join(folder, name)).ino)).toEqual(inodes);
  });

  it('gets one that is built, and nothing else is built, without a network', () => {
    addGo();
    expect(run()).toMatchObject({ status: 0, stdout: `${folder}\n` });
    expect(read('kube-controller-manager')).toBe('built\n');
    expect(read('kube-apiserver')).toBe(binary('v1.37.2'));
    expect(commands.calls.match(/^go .*/gm)).toEqual([
      expect.stringContaining('cmd/kube-controller-manager'),
    ]);
  });

  it('gets one that is built if the download does not match its checksum', () => {
    addGo();
    publishControllerManager('v1.37.2');
    const sum = join(web, 'dl.k8s.io/release/v1.37.2/bin/linux/amd64/kube-controller-manager.sha256');
    writeFileSync(sum, '0'.repeat(64));
    expect(run()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('does not match its checksum'),
    });
    expect(readdirSync(folder).sort()).toEqual(ALL);
    expect(read('kube-controller-manager')).toBe('built\n');
  });

  it('stays as it is without a network and without Go', () => {
    expect(run()).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Install Go') });
    expect(readdirSync(folder).sort()).toEqual(ARCHIVED);
  });
});

it('without a folder in the cache, the archive of envtest and the release of its version are downloaded', () => {
  publishArchive();
  publishControllerManager('v1.37.0');
  expect(run()).toMatchObject({ status: 0, stdout: `${folder}\n` });
  expect(readdirSync(folder).sort()).toEqual(ALL);
  expect(ALL.map((name) => read(name))).toEqual(ALL.map(() => binary('v1.37.0')));
});

it('without a network, all of them are built', () => {
  addGo();
  expect(run()).toMatchObject({ status: 0, stdout: `${folder}\n` });
  expect(ALL.map((name) => read(name))).toEqual(ALL.map(() => 'built\n'));
});

describe('KUBEBUILDER_ASSETS', () => {
  it('is printed if the folder has all binaries', () => {
    const assets = join(root, 'assets');
    add(ALL, assets, 'v1.37.1');
    expect(run({ KUBEBUILDER_ASSETS: assets })).toEqual({ status: 0, stdout: `${assets}\n`, stderr: '' });
    expect(existsSync(folder)).toBe(false);
  });

  it('is refused if the folder lacks kube-controller-manager', () => {
    const assets = join(root, 'assets');
    add(ARCHIVED, assets, 'v1.37.1');
    const { status, stderr } = run({ KUBEBUILDER_ASSETS: assets });
    expect(status).toBe(1);
    expect(stderr).toContain('kube-controller-manager');
  });
});
