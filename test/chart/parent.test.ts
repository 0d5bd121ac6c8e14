import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { chart, HELMS, type Helm, render, template, tool } from '../support/chart/helm.ts';
import { valueRows } from '../support/chart/values-table.ts';

const name = 'k8s-deployment-scaler';
const noIds = { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } };

let parent: string; // a chart with this chart as a dependency that has a condition

beforeAll(async () => {
  await tool('helm');
  parent = await mkdtemp(join(tmpdir(), 'parent chart '));
  await mkdir(join(parent, 'charts'));
  await cp(chart, join(parent, 'charts', name), { recursive: true });
  const dependency = { name, version: '*', condition: `${name}.enabled` };
  const metadata = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] };
  await writeFile(join(parent, 'Chart.yaml'), JSON.stringify(metadata));
}, 600_000);

beforeEach(() => writeFile(join(parent, 'values.yaml'), '{}'));

afterAll(() => rm(parent, { recursive: true }));

/** Writes values for this chart into a values file of the parent, and returns its path. */
async function write(file: string, values: unknown): Promise<string> {
  await writeFile(join(parent, file), JSON.stringify({ [name]: values }));
  return join(parent, file);
}

/** The objects of the parent. */
async function objects(helm: Helm, ...args: readonly string[]) {
  const { stderr, stdout } = await render(helm, name, parent, '--namespace', name, ...args);
  expect(stderr).toBe('');
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

/** The security contexts of the pods of the service and of the test. */
async function securityContexts(helm: Helm, ...args: readonly string[]) {
  const all = await objects(helm, ...args);
  const ofKind = (kind: string) => all.find((object) => object.kind === kind);
  return [ofKind('Deployment').spec.template.spec.securityContext, ofKind('Pod').spec.securityContext];
}

describe.each(HELMS)('a parent chart in %s', (helm) => {
  it('installs this chart, or does not, by its condition', async () => {
    const { stdout } = await template(join(import.meta.dirname, 'cases/defaults.yaml'));
    const alone = parseAllDocuments(stdout).map((document) => document.toJS());
    await write('values.yaml', { enabled: true });
    expect(await objects(helm)).toEqual(alone);
    expect(await objects(helm, '--set', `${name}.enabled=false`)).toEqual([]);
  });

  it('lets the platform assign user and groups, with "" in its values and null in a values file', async () => {
    const assigned = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    expect(await securityContexts(helm, '--values', await write('ids.yaml', noIds))).toEqual([
      assigned,
      assigned,
    ]);
    await write('values.yaml', { podSecurityContext: { runAsUser: '', runAsGroup: '', fsGroup: '' } });
    expect(await securityContexts(helm)).toEqual([assigned, assigned]);
  });
});

it('null in the values of a parent removes a default with Helm 3, but not with Helm 4, as README.md says', async () => {
  await write('values.yaml', noIds);
  const ids = (contexts: { runAsUser?: number }[]) => contexts.map(({ runAsUser }) => runAsUser);
  expect(ids(await securityContexts('helm3'))).toEqual([undefined, undefined]);
  expect(ids(await securityContexts('helm'))).toEqual([65532, 65532]);
});

describe('null for a value', () => {
  const nullAt = (paths: readonly string[]) => paths.flatMap((path) => ['--set', `${path}=null`]);
  const removable = /^(podSecurityContext|resources|test\.resources)\b/;
  const rows = async () => valueRows(await readFile(join(chart, 'values.yaml'), 'utf8'));
  const empty = ['""', '[]', '{}'];
  const defaults = join(import.meta.dirname, 'cases/defaults.yaml');

  it('changes nothing if the default is empty', async () => {
    const paths = (await rows()).filter(({ value }) => empty.includes(value)).map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(20);
    const nulled = await template(defaults, ...nullAt(paths));
    expect(nulled).toEqual(await template(defaults));
  });

  it('is refused by name if the value is needed', async () => {
    const needed = (await rows()).filter(
      ({ path, value }) => !empty.includes(value) && !removable.test(path),
    );
    expect(needed.length).toBeGreaterThan(20);
    const { stdout, stderr } = await template(defaults, ...nullAt(needed.map(({ path }) => path)));
    expect(stdout).toBe('');
    for (const { path } of needed) {
      const [, parentPath = '', key = ''] = /^(?:(.+)\.)?([^.]+)$/.exec(path) ?? [];
      const at = parentPath === '' ? '' : `/${parentPath.replaceAll('.', '/')}`;
      expect(stderr).toMatch(new RegExp(`at '${at}': missing propert(y|ies) .*'${key}'`));
    }
  });
});
