import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseClustersFile } from '../../src/fleet/clusters-file.ts';
import { RESERVED_NAMES } from '../../src/fleet/reserved-names.ts';
import { chart, template } from '../support/chart/helm.ts';

it('the service reads the clusters that the values of the example for three clusters define', async () => {
  const { stdout } = await template(join(chart, 'examples/three-clusters.yaml'));
  const configMap = parseAllDocuments(stdout).find((document) => document.get('kind') === 'ConfigMap');
  const text = String(configMap?.getIn(['data', 'clusters.yaml']));
  const kubeconfigs = '/etc/k8s-deployment-scaler/kubeconfigs';
  expect(parseClustersFile('/etc/k8s-deployment-scaler/clusters/clusters.yaml', text)).toEqual([
    { name: 'home', namespaces: [] },
    { name: 'west', kubeconfig: `${kubeconfigs}/west/kubeconfig`, namespaces: [] },
    {
      name: 'east',
      kubeconfig: `${kubeconfigs}/east/config`,
      contextName: 'production',
      namespaces: ['shop', 'payments'],
    },
  ]);
});

it('names of clusters and namespaces that look like numbers stay strings', async () => {
  const named = await template(
    join(chart, 'examples/three-clusters.yaml'),
    '--set-string',
    'clusters[1].name=1e3',
  );
  const configMap = parseAllDocuments(named.stdout).find((document) => document.get('kind') === 'ConfigMap');
  const text = String(configMap?.getIn(['data', 'clusters.yaml']));
  expect(parseClustersFile('clusters.yaml', text).map(({ name }) => name)).toEqual(['home', '1e3', 'east']);

  const values = join(import.meta.dirname, 'cases/clients.yaml');
  const numbers = ['watchNamespaces[0]=2026', 'clients[0].namespaces[0]=2026'];
  const watching = await template(values, ...numbers.flatMap((set) => ['--set-string', set]));
  const documents = parseAllDocuments(watching.stdout);
  const namespaces = documents.map((document) => document.getIn(['metadata', 'namespace']));
  expect(namespaces).not.toContain(2026);
  expect(namespaces.filter((namespace) => namespace === '2026')).toHaveLength(3);
  const deployment = documents.find((document) => document.get('kind') === 'Deployment')?.toJS();
  const { env } = deployment.spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: 'WATCH_NAMESPACES', value: '2026' });
});

it('the chart refuses exactly the cluster names that the service refuses', () => {
  const validation = readFileSync(join(chart, 'templates/validate.yaml'), 'utf8');
  const reserved = /\$reserved := splitList " " "([^"]+)"/.exec(validation)?.[1]?.split(' ');
  expect(new Set(reserved)).toEqual(RESERVED_NAMES);
});
