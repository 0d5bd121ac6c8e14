import { expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

it('an API server whose kubeconfig names no CA is trusted by NODE_EXTRA_CA_CERTS, which the chart can mount', async () => {
  const apiServer = await FakeApiServer.start();
  onTestFinished(() => apiServer.stop());
  const kubeconfig = apiServer.kubeconfig.replace(/^ *certificate-authority-data: .*\n/m, '');
  expect(kubeconfig).not.toBe(apiServer.kubeconfig);
  const extra = { NODE_EXTRA_CA_CERTS: async () => apiServer.ca };
  const server = await ServerProcess.start(kubeconfig, {}, extra);
  const client = new TestClient(await server.port(), { ca: server.authority.cert, ...server.client });
  onTestFinished(() => client.close());
  await until(async () => (await client.get('/healthz')).status === 200);
});
