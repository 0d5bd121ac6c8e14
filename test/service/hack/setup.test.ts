import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StubCommands } from '../../support/hack/stub-commands.ts';

const script = resolve(import.meta.dirname, '../../../hack/setup.sh');
const TOOLS = ['bash', 'cat', 'chmod', 'cut', 'gzip', 'mkdir', 'mktemp', 'mv', 'openssl', 'rm', 'tar'];

let root: string; // contains a space, and so do the paths of all folders in it
let commands: StubCommands; // the whole PATH, so that no program of this machine is found or changed
let bin: string; // TOOLS_BIN
let web: string; // the files that curl finds

function machine(system: string, hardware: string, user = 1000): void {
  commands.add('uname', `case $1 in -s) echo ${system} ;; -m) echo ${hardware} ;; esac`);
  commands.add('id', `echo ${user}`);
}

/** Lets curl find a file at this URL, and its SHA-256 next to it. */
function publish(url: string, content: Buffer | string, checksumSuffix: string): void {
  const file = join(web, url.replace('https://', ''));
  const sha256 = createHash('sha256').update(content).digest('hex');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  writeFileSync(`${file}${checksumSuffix}`, `${sha256}${checksumSuffix === '.sha256' ? '' : '  name'}\n`);
}

const saying = (text: string) => `#!/bin/bash\necho '${text}'\n`;

/** The files that the three hosts serve for a platform. */
function publishAll(platform: string): string[] {
  const [os, arch] = platform.split('-');
  const folder = join(root, 'archive', platform);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'helm'), saying('v4.3.1+g0'), { mode: 0o755 });
  const archive = execFileSync('tar', ['-cz', '-C', dirname(folder), platform]);
  const urls = [
    `https://kind.sigs.k8s.io/dl/v0.33.0/kind-${platform}`,
    `https://get.helm.sh/helm-v4.3.1-${platform}.tar.gz`,
    `https://dl.k8s.io/release/v1.37.2/bin/${os}/${arch}/kubectl`,
  ] as const;
  publish(urls[0], saying('kind v0.33.0 go1.26.1 linux/amd64'), '.sha256sum');
  publish(urls[1], archive, '.sha256sum');
  publish(urls[2], saying('Client Version: v1.37.2'), '.sha256');
  return [...urls];
}

function setup(...args: string[]) {
  const env = { PATH: commands.folder, HOME: root, TOOLS_BIN: bin, TMPDIR: root };
  const { status, stdout, stderr } = spawnSync('/bin/bash', [script, ...args], { env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const installed = () => (existsSync(bin) ? readdirSync(bin).sort() : []);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'a machine '));
  [bin, web] = [join(root, 'home bin'), join(root, 'web')];
  commands = new StubCommands(root);
  commands.link(TOOLS);
  commands.add(
    'curl',
    `while [ $# -gt 1 ]; do [ "$1" != -o ] || file=$2; shift; done; cat "${web}/\${1#https://}" >"$file"`,
  );
  commands.add('docker', `echo 'Docker version 28.2.2, build e6534b4'`);
  machine('Linux', 'x86_64');
});

afterEach(() => rmSync(root, { recursive: true }));

describe('setup: kind, Helm and kubectl', () => {
  it.each([
    ['Linux', 'x86_64', 'linux-amd64'],
    ['Linux', 'aarch64', 'linux-arm64'],
    ['Darwin', 'x86_64', 'darwin-amd64'],
    ['Darwin', 'arm64', 'darwin-arm64'],
  ])('are downloaded from their official hosts on %s %s', (system, hardware, platform) => {
    machine(system, hardware);
    const urls = publishAll(platform);
    const { status, output } = setup();
    expect({ status, output }).toMatchObject({ status: 0 });
    for (const url of urls) expect(commands.calls).toContain(`${url}\n`);
    expect(installed()).toEqual(['helm', 'kind', 'kubectl']);
    for (const name of installed()) accessSync(join(bin, name), constants.X_OK);
  });

  it('are found by a second run, which downloads nothing', () => {
    publishAll('linux-amd64');
    setup();
    rmSync(join(root, 'calls'));
    expect(setup()).toMatchObject({ status: 0, output: expect.stringContaining('Helm 4.3.1 is installed') });
    expect(commands.calls).not.toContain('curl');
  });

  it('are kept if they are new enough, and replaced if they are too old', () => {
    publishAll('linux-amd64');
    commands.add('kind', `echo 'kind v0.34.1 go1.27.0 linux/amd64'`);
    commands.add('helm', `echo 'v3.19.4+gdbc6d8e'`);
    commands.add('kubectl', `echo 'Client Version: v1.36.0'`);
    expect(setup()).toMatchObject({ status: 0, output: expect.stringContaining('Helm 3.19.4 is too old') });
    expect(installed()).toEqual(['helm']);
  });

  it('are not installed if the checksum does not match', () => {
    const [kind = ''] = publishAll('linux-amd64');
    appendFileSync(join(web, kind.replace('https://', '')), 'one more byte');
    const { status, output } = setup();
    expect(status).toBe(1);
    expect(output).toContain(`${kind} does not match its SHA-256`);
    expect(installed()).toEqual([]);
  });

  it('are not installed if the checksum cannot be downloaded', () => {
    const [kind = ''] = publishAll('linux-amd64');
    rmSync(join(web, `${kind.replace('https://', '')}.sha256sum`));
    const { status, output } = setup();
    expect(status).toBe(1);
    expect(output).toContain(`${kind}.sha256sum cannot be downloaded`);
    expect(installed()).toEqual([]);
  });

  it('leave no temporary file behind', () => {
    publishAll('linux-amd64');
    setup();
    expect(readdirSync(root).sort()).toEqual(['archive', 'calls', 'home bin', 'stubs', 'web']);
  });
});

describe('setup: a dry run', () => {
  it('prints the whole plan and changes nothing', () => {
    rmSync(join(commands.folder, 'docker'));
    commands.add('apt-get');
    commands.add('sudo');
    const { status, output } = setup('--dry-run');
    expect(status).toBe(0);
    expect(output).toContain(`kind: https://kind.sigs.k8s.io/dl/v0.33.0/kind-linux-amd64 -> ${bin}/kind`);
    expect(output).toContain('helm: https://get.helm.sh/');
    expect(output).toContain('kubectl: https://dl.k8s.io/');
    expect(output).toContain('+ sudo apt-get install -y docker.io');
    expect(commands.calls).not.toMatch(/curl|sudo|apt-get/);
    expect(installed()).toEqual([]);
  });
});

describe('setup: Docker', () => {
  beforeEach(() => {
    publishAll('linux-amd64');
    publishAll('darwin-arm64');
    rmSync(join(commands.folder, 'docker'));
  });

  it('is installed by the package manager on Linux, without sudo for root', () => {
    machine('Linux', 'x86_64', 0);
    commands.add(
      'apt-get',
      `echo '#!/bin/bash' >"${commands.folder}/docker"; chmod 755 "${commands.folder}/docker"`,
    );
    expect(setup()).toMatchObject({ status: 0 });
    expect(commands.calls).toContain('apt-get install -y docker.io');
  });

  it('is installed with sudo on Linux for other users', () => {
    commands.add(
      'dnf',
      `echo '#!/bin/bash' >"${commands.folder}/docker"; chmod 755 "${commands.folder}/docker"`,
    );
    commands.add('sudo', '"$@"');
    expect(setup()).toMatchObject({ status: 0 });
    expect(commands.calls).toContain('sudo dnf install -y moby-engine');
  });

  it('is installed with Colima by Homebrew on macOS', () => {
    machine('Darwin', 'arm64');
    commands.add('brew');
    commands.add(
      'colima',
      `echo '#!/bin/bash' >"${commands.folder}/docker"; chmod 755 "${commands.folder}/docker"`,
    );
    expect(setup()).toMatchObject({ status: 0 });
    expect(commands.calls).toContain('brew install colima docker\ncolima start');
  });

  it.each([
    ['Linux', 'x86_64', 'https://docs.docker.com/engine/install'],
    ['Darwin', 'arm64', 'Docker Desktop'],
  ])('is left to the user, after the other steps, if %s has no package manager', (system, hardware, says) => {
    machine(system, hardware);
    expect(setup()).toMatchObject({ status: 1, output: expect.stringContaining(says) });
    expect(installed()).toEqual(['helm', 'kind', 'kubectl']);
  });

  it('is reported if it does not answer', () => {
    commands.add('docker', `[ "$1" = --version ] && echo 'Docker version 28.2.2, build e6534b4'`);
    expect(setup()).toMatchObject({ status: 1, output: expect.stringContaining('Docker does not answer') });
    expect(installed()).toEqual(['helm', 'kind', 'kubectl']);
  });
});

describe('an impossible setup is refused before it changes anything', () => {
  it.each([
    ['FreeBSD', 'amd64', 'FreeBSD is not supported'],
    ['Linux', 'riscv64', 'riscv64 is not supported'],
  ])('on %s %s', (system, hardware, says) => {
    machine(system, hardware);
    expect(setup()).toMatchObject({ status: 1, output: expect.stringContaining(says) });
    expect(commands.calls).not.toContain('curl');
  });

  it('without openssl, which verifies the downloads', () => {
    rmSync(join(commands.folder, 'openssl'));
    expect(setup()).toMatchObject({
      status: 1,
      output: expect.stringContaining('openssl is not in the PATH'),
    });
    expect(commands.calls).not.toContain('curl');
  });

  it('with an unknown option', () => {
    expect(setup('--dryrun')).toMatchObject({
      status: 2,
      output: expect.stringContaining('unknown option --dryrun'),
    });
    expect(commands.calls).toBe('');
  });
});
