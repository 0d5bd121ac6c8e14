import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StubCommands } from '../../support/hack/stub-commands.ts';

const repository = resolve(import.meta.dirname, '../../..');
/** Programs of the machine that the scripts may use; all others must be stubs. */
const TOOLS = 'bash cat chmod dirname env find ln mkdir mktemp mv rm sed sleep tr'.split(' ');

let root: string; // contains a space
let commands: StubCommands; // the whole PATH, so that no program of this machine is found or changed

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lint test '));
  commands = new StubCommands(root);
  commands.link(TOOLS);
  commands.add('uname', 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
  user(1000);
});
afterEach(() => rmSync(root, { recursive: true }));

/** Sets the user id that the scripts see. */
function user(id: number): void {
  commands.add('id', `echo ${id}`);
}

/** A program that creates a program which succeeds. */
const creating = (file: string) => `printf '#!/bin/sh\\n' >"${file}"; chmod 755 "${file}"`;

/** A Debian whose packages and Go modules can be installed. */
function installable(): void {
  commands.add(
    'apt-get',
    `case " $* " in *' install '*) ${creating(join(commands.folder, 'shellcheck'))} ;; esac`,
  );
  // The argument after -o is the file to build.
  commands.add('go', `while [ "$1" != -o ]; do shift; done; ${creating('$2')}`);
}

function run(script: string, ...args: string[]) {
  const env = { PATH: commands.folder, HOME: root, XDG_CACHE_HOME: join(root, 'cache') };
  const { status, stdout, stderr } = spawnSync(join(repository, script), args, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function calls(name: string): string[] {
  return commands.calls.split('\n').filter((line) => line.startsWith(`${name} `));
}

describe('hack/lint.sh', () => {
  it('names what is missing and how to get it, and installs nothing', () => {
    user(0);
    installable();
    const { status, stderr } = run('hack/lint.sh');
    expect(status).toBe(1);
    expect(stderr).toContain('error: missing: shellcheck actionlint\n');
    expect(stderr).toContain('hack/lint-tools.sh');
    expect([...calls('apt-get'), ...calls('go')]).toEqual([]);
  });

  it('names only what is missing', () => {
    commands.add('shellcheck');
    const { status, stderr } = run('hack/lint.sh');
    expect(status).toBe(1);
    expect(stderr).toContain('error: missing: actionlint\n');
  });

  it('checks every script and every workflow', () => {
    commands.add('shellcheck');
    commands.add('actionlint');
    expect(run('hack/lint.sh')).toMatchObject({ status: 0, stderr: '' });
    const scripts = readdirSync(join(repository, 'hack'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.sh'))
      .map((name) => `hack/${name}`);
    const checked = calls('shellcheck')[0]?.split(' ');
    expect(checked).toEqual(expect.arrayContaining([...scripts, '.ci/run', '.ci/e2e.sh']));
    const workflows = readdirSync(join(repository, '.github/workflows')).map(
      (name) => `.github/workflows/${name}`,
    );
    expect(calls('actionlint')[0]?.split(' ')).toEqual(expect.arrayContaining(workflows));
  });

  it.each(['shellcheck', 'actionlint'])('fails if %s finds a fault', (name) => {
    commands.add('shellcheck');
    commands.add('actionlint');
    commands.add(name, 'exit 1');
    expect(run('hack/lint.sh').status).not.toBe(0);
  });
});

describe('hack/lint-tools.sh', () => {
  it('installs what is missing once, and hack/lint.sh finds it', () => {
    user(0);
    installable();
    const first = run('hack/lint-tools.sh');
    expect(first).toMatchObject({ status: 0, stdout: run('hack/lint-tools.sh', '--folder').stdout });
    expect(readdirSync(first.stdout.trim()).sort()).toEqual(['actionlint', 'shellcheck']);
    const installations = [...calls('apt-get'), ...calls('go')];
    expect(installations).toHaveLength(3);
    expect(run('hack/lint-tools.sh')).toEqual({ ...first, stderr: '' });
    expect([...calls('apt-get'), ...calls('go')]).toEqual(installations);
    expect(run('hack/lint.sh')).toMatchObject({ status: 0, stderr: '' });
  });

  it('takes what is in PATH and installs nothing', () => {
    user(0);
    installable();
    commands.add('shellcheck');
    commands.add('actionlint');
    expect(run('hack/lint-tools.sh')).toMatchObject({ status: 0, stderr: '' });
    expect([...calls('apt-get'), ...calls('go')]).toEqual([]);
  });

  it('asks for shellcheck if it may not install packages', () => {
    installable();
    const { status, stderr } = run('hack/lint-tools.sh');
    expect(status).toBe(1);
    expect(stderr).toContain('https://www.shellcheck.net');
    expect(calls('apt-get')).toEqual([]);
  });

  it('asks for actionlint or Go if it has neither', () => {
    commands.add('shellcheck');
    const { status, stderr } = run('hack/lint-tools.sh');
    expect(status).toBe(1);
    expect(stderr).toContain('Install Go 1.26');
  });
});
