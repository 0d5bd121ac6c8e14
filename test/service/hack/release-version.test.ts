import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const repository = resolve(import.meta.dirname, '../../..');
const CHART = 'charts/k8s-deployment-scaler/Chart.yaml';
const SCRIPT = 'hack/release-version.sh';

let folder: string; // a copy of the files that name the version; its path contains a space

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release version '));
  for (const file of ['package.json', CHART, SCRIPT]) cpSync(join(repository, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true }));

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
}

function setVersions(version: string, chart = version, app = chart): void {
  edit('package.json', (text) => text.replace(/"version": ".*"/, `"version": "${version}"`));
  edit(CHART, (text) =>
    text.replace(/^version: .*$/m, `version: ${chart}`).replace(/^appVersion: .*$/m, `appVersion: ${app}`),
  );
}

function releaseVersion(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(join(folder, SCRIPT), args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('hack/release-version.sh', () => {
  it('prints the version of the repository as it is', () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    expect(releaseVersion(`v${version}`)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`version=${version}\n`),
    });
  });

  it.each([
    ['1.2.3', 'full'],
    ['10.0.0', 'full'],
    ['1.2.3-rc.1', 'pre-release'],
    ['1.2.3-alpha', 'pre-release'],
  ])('takes %s for a %s release', (version, kind) => {
    setVersions(version);
    expect(releaseVersion(`v${version}`)).toEqual({
      status: 0,
      stdout: `version=${version}\nkind=${kind}\n`,
      stderr: '',
    });
  });

  it('takes a chart whose versions are in quotes', () => {
    setVersions('1.2.3', '"1.2.3"');
    expect(releaseVersion('v1.2.3')).toMatchObject({ status: 0 });
  });

  it.each([
    ['package.json', ['1.2.4', '1.2.3', '1.2.3'], 'version in package.json is "1.2.4"'],
    ['version of the chart', ['1.2.3', '1.2.4', '1.2.3'], `version in ${CHART} is "1.2.4"`],
    ['appVersion of the chart', ['1.2.3', '1.2.3', '1.2.3-rc.1'], `appVersion in ${CHART} is "1.2.3-rc.1"`],
  ])('refuses a tag that differs from the %s', (_what, [service = '', chart, app], message) => {
    setVersions(service, chart, app);
    expect(releaseVersion('v1.2.3')).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: the tag v1.2.3 does not match:\n  ${message}\n`,
    });
  });

  it('names every file that does not match', () => {
    setVersions('1.0.0');
    const { stderr } = releaseVersion('v2.0.0');
    for (const name of ['version in package.json', `version in ${CHART}`, `appVersion in ${CHART}`])
      expect(stderr).toContain(`  ${name} is "1.0.0"\n`);
  });

  it.each(['1.2.3', 'v1.2', 'v1.2.3+4', 'v01.2.3', 'v1.2.3 ', 'latest'])('refuses the tag "%s"', (tag) => {
    setVersions(tag.replace(/^v/, ''));
    expect(releaseVersion(tag)).toMatchObject({ status: 1, stdout: '' });
  });

  it('needs one tag', () => {
    expect(releaseVersion()).toMatchObject({ status: 2 });
    expect(releaseVersion('v1.2.3', 'v1.2.4')).toMatchObject({ status: 2 });
  });
});

describe('the release workflow', () => {
  interface Job {
    readonly uses?: string;
    readonly needs?: string | readonly string[];
    readonly permissions?: Readonly<Record<string, string>>;
    readonly steps?: readonly { readonly run?: string; readonly with?: { readonly tags?: string } }[];
  }
  const workflow = (name: string) => parse(readFileSync(join(repository, '.github/workflows', name), 'utf8'));
  const jobs: Readonly<Record<string, Job>> = workflow('release.yml').jobs;
  const needed = (name: string): string[] =>
    [jobs[name]?.needs ?? []].flat().flatMap((each) => [each, ...needed(each)]);

  it('publishes nothing before ci is green and the versions match', () => {
    expect(jobs.ci?.uses).toBe('./.github/workflows/ci.yml');
    expect(workflow('ci.yml').on).toHaveProperty('workflow_call');
    expect(jobs.version?.steps?.some(({ run }) => run?.includes(SCRIPT))).toBe(true);
    const publishing = Object.keys(jobs).filter((name) => jobs[name]?.permissions?.packages === 'write');
    expect(publishing).toEqual(['image', 'chart']);
    for (const name of publishing) expect(needed(name)).toEqual(expect.arrayContaining(['ci', 'version']));
  });

  it('moves the tag latest for a full release only', () => {
    const tags = jobs.image?.steps?.flatMap((step) => step.with?.tags?.trim().split('\n') ?? []);
    expect(tags?.filter((tag) => tag.includes('latest'))).toEqual([
      expect.stringMatching(/^\$\{\{ needs\.version\.outputs\.kind == 'full' && format\(.*\) \|\| '' \}\}$/),
    ]);
  });
});
