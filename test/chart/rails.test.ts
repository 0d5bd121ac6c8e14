import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { RailRule } from '../../src/cluster/rails/rule.ts';
import { parseRails } from '../../src/fleet/rails-file.ts';
import { chart, template } from '../support/chart/helm.ts';

const inCases = (name: string) => join(import.meta.dirname, 'cases', `${name}.yaml`);

/** The rules that the service reads from what these values render to. */
async function rulesOf(file: string, ...args: readonly string[]): Promise<readonly RailRule[]> {
  const { stdout, stderr } = await template(file, ...args);
  expect(stderr).toBe('');
  const documents = parseAllDocuments(stdout);
  const configMap = documents.find((document) => document.hasIn(['data', 'rails.yaml']));
  return parseRails('rails.yaml', String(configMap?.getIn(['data', 'rails.yaml'])));
}

/** The places that a set of rules protects, as `cluster/namespace`. */
const protectedPlaces = (rules: readonly RailRule[]) =>
  rules
    .filter((rule) => rule.protected !== undefined && rule.name.startsWith('chart default'))
    .flatMap(({ clusters, namespaces }) =>
      clusters.flatMap((cluster) => namespaces.map((namespace) => `${cluster}/${namespace}`)),
    );

it('by default nobody changes counts in kube-system and in the namespace of the release, or sets more than 1,000', async () => {
  const rules = await rulesOf(inCases('defaults'));
  expect(protectedPlaces(rules)).toEqual(['default/kube-system', 'default/k8s-deployment-scaler']);
  const everywhere = rules.filter(
    ({ clusters, namespaces, selector }) =>
      clusters.length + namespaces.length === 0 && selector === undefined,
  );
  expect(everywhere).toMatchObject([{ max: 1000 }]);
  expect(rules).toHaveLength(2);
});

it('the default rules protect the cluster of the chart only, by its name', async () => {
  expect(protectedPlaces(await rulesOf(inCases('defaults'), '--set', 'clusterName=prod'))).toEqual([
    'prod/kube-system',
    'prod/k8s-deployment-scaler',
  ]);
  expect(protectedPlaces(await rulesOf(join(chart, 'examples/three-clusters.yaml')))).toEqual([
    'home/kube-system',
    'home/k8s-deployment-scaler',
  ]);
  const others = await rulesOf(inCases('other-clusters-only'));
  expect(protectedPlaces(others)).toEqual([]);
  expect(others).toMatchObject([{ max: 1000 }]);
});

it('a release in kube-system is installed, and protects it once', async () => {
  const rules = await rulesOf(inCases('defaults'), '--namespace', 'kube-system');
  expect(protectedPlaces(rules)).toEqual(['default/kube-system']);
});

it('the service reads the rules in the values as they are written, after those of the chart', async () => {
  const rules = await rulesOf(inCases('rails'));
  expect(rules.map(({ name }) => name)).toEqual([
    'chart default system',
    'chart default max',
    'shop 1.0',
    '1e3',
    'payments',
  ]);
  expect(rules.slice(2)).toMatchObject([
    {
      clusters: ['home'],
      namespaces: ['shop', '1e3'],
      selector: { text: 'tier in (batch, web),!keep' },
      min: 2,
      max: 10_000_000,
      maxStep: { percent: 50 },
      allowZero: true,
      protected: undefined,
    },
    { clusters: [], namespaces: [], selector: undefined, min: undefined, allowZero: false },
    {
      namespaces: ['payments'],
      maxStep: { replicas: 3 },
      protected: 'audit until "January" <ask #payments>',
    },
  ]);
});

it('without the default rules there are those of the values, or none', async () => {
  expect(await rulesOf(inCases('no-rails'))).toEqual([]);
  const rules = await rulesOf(inCases('rails'), '--set', 'rails.defaults=false');
  expect(rules.map(({ name }) => name)).toEqual(['shop 1.0', '1e3', 'payments']);
});
