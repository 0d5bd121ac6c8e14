import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseClustersFile, RESERVED_NAMES } from '../../src/clusters/clusters-file.ts';
import { chart, template } from './helpers/helm.ts';

it('the service reads of the example for three clusters what its values say', async () => {
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

it('the chart refuses just the names of clusters that the service refuses', () => {
  const validation = readFileSync(join(chart, 'templates/validate.yaml'), 'utf8');
  const reserved = /\$reserved := splitList " " "([^"]+)"/.exec(validation)?.[1]?.split(' ');
  expect(new Set(reserved)).toEqual(RESERVED_NAMES);
});
