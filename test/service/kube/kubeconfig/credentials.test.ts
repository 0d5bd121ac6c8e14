import { expect, it } from 'vitest';
import { CredentialSource } from '../../../../src/kube/kubeconfig/credentials.ts';
import { kubeConfigLoader } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { folder } from '../../../support/kube/clients.ts';

it('a kubeconfig may name an exec plugin, whose token is then used', async () => {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 't' } });
  const exec = { apiVersion, command: 'echo', args: [credential], interactiveMode: 'Never' };
  const kubeconfig = folder().write(
    'config',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'one', cluster: { server: 'https://one.example.com' } }],
      users: [{ name: 'one', user: { exec } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
      'current-context': 'one',
    }),
  );
  const credentials = await new CredentialSource(kubeConfigLoader({ kubeconfig })).get();
  expect(credentials).toMatchObject({ headers: { authorization: 'Bearer t' } });
});
