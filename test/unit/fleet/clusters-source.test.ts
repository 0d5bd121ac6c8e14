import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { clustersSource, readClusters, readSpec } from '../../../src/fleet/clusters-source.ts';

const CLUSTER = { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'Zmlyc3Q=' };

/** The spec of a cluster whose kubeconfig has this cluster and this user. */
function specWith(cluster: object, user: object = { token: 't' }) {
  const folder = mkdtempSync(join(tmpdir(), 'clusters-source-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return readSpec({ name: 'a', kubeconfig, contextName: undefined, namespaces: [] }, false);
}

it.each([
  ['URL', { server: 'https://10.0.0.2:6443' }],
  ['proxy', { 'proxy-url': 'http://bastion:3128' }],
  ['CA', { 'certificate-authority-data': 'c2Vjb25kIA==' }],
  ['name in its certificate', { 'tls-server-name': 'north.example.com' }],
])('a kubeconfig with another %s points to another cluster', (_, change) => {
  expect(specWith({ ...CLUSTER, ...change }).spec.server).not.toEqual(specWith(CLUSTER).spec.server);
});

it('a kubeconfig with other credentials points to the same cluster', () => {
  expect(specWith(CLUSTER, { token: 'other' }).spec.server).toEqual(specWith(CLUSTER).spec.server);
});

it('a kubeconfig that is not usable leaves the API server of its cluster undefined, and says why', () => {
  const insecure = specWith({ server: CLUSTER.server, 'insecure-skip-tls-verify': true });
  expect(insecure.spec.server).toBeUndefined();
  expect(insecure.refusal).toMatch(
    /kubeconfig:1: clusters\[0\]\.cluster\.insecure-skip-tls-verify disables TLS/,
  );
  const missing = { name: 'a', kubeconfig: '/no/such/file', contextName: undefined, namespaces: [] };
  expect(readSpec(missing, false)).toEqual({
    spec: { ...missing, server: undefined },
    refusal: 'there is no kubeconfig: /no/such/file',
    warning: undefined,
  });
});

it('a kubeconfig whose credentials are not sent says so', () => {
  const server = 'http://127.0.0.1:8001';
  expect(specWith({ server }).warning).toMatch('the credentials in the kubeconfig are not sent');
  expect(specWith({ server }, {}).warning).toBeUndefined();
  expect(specWith(CLUSTER).warning).toBeUndefined();
});

it.each([
  ['CLUSTERS_FILE', { CLUSTERS_FILE: 'a', CLUSTERS: 'b', KUBECONFIG: 'c' }],
  ['CLUSTERS', { CLUSTERS: 'b', KUBECONFIG: 'c' }],
  ['KUBECONFIG', { KUBECONFIG: 'c' }],
  ['the service account of the pod', {}],
])('%s is the source of the clusters if it has the highest precedence of those set', (from, variables) => {
  expect(clustersSource({ ...variables, CLUSTER_NAME: 'default' }, true, []).from).toBe(from);
});

it('clusters are parsed from the content that was read, even if the file has changed since', () => {
  const source = clustersSource({ CLUSTERS_FILE: '/no/such/file', CLUSTER_NAME: 'default' }, false, []);
  const text = JSON.stringify({ clusters: [{ name: 'a', context: '/a' }] });
  expect(readClusters(source, () => text).map(({ name }) => name)).toEqual(['a']);
  expect(() => readClusters(source, () => undefined)).toThrow('cannot be read');
});
