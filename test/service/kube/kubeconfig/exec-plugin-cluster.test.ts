import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../../support/fake-apiserver/fake-apiserver.ts';
import { ExecScript, printing } from '../../../support/kube/exec-script.ts';
import { logTo } from '../../../support/log-to.ts';
import { TestService } from '../../../support/service.ts';
import { until } from '../../../support/until.ts';

/** The service with clusters whose kubeconfig names a credential plugin. */
let demo: FakeApiServer;
let lines: string[];

beforeEach(async () => {
  demo = await FakeApiServer.start();
  onTestFinished(() => demo.stop());
  lines = [];
});

/** A kubeconfig of the demo cluster, as JSON, which is also YAML. */
function kubeconfigOf(script: ExecScript): string {
  const cluster = { server: demo.url, 'certificate-authority-data': Buffer.from(demo.ca).toString('base64') };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: script.path,
    interactiveMode: 'Never',
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster }],
    users: [{ name: 'user', user: { exec } }],
    contexts: [{ name: 'context', context: { cluster: 'demo', user: 'user' } }],
    'current-context': 'context',
  });
}

async function serve(kubeconfig: Record<string, string>): Promise<TestService> {
  const logStream = logTo((line) => void lines.push(line));
  const service = await TestService.start({ kubeconfig, logStream });
  onTestFinished(() => service.stop());
  return service;
}

const states = async (service: TestService) => (await service.get('/clusters')).body;
const plugged = (state: string) => ({ name: 'plugged', default: true, state, authorizer: 'available' });
const plain = { name: 'plain', default: false, state: 'ready', authorizer: 'available' };
const count = 'replica-count?namespace=default&deployment=my-deployment';

describe('a cluster whose plugin fails', () => {
  it.each([
    ['fails', 'echo no such profile >&2; exit 3', 'ended with status 3: no such profile'],
    ['prints garbage', 'echo hello', 'did not print JSON'],
  ])(
    'because it %s is unreachable, with the reason in the log, and the others keep working',
    async (_, text, reason) => {
      const script = new ExecScript(text);
      const service = await serve({ plugged: kubeconfigOf(script), plain: demo.kubeconfig });
      await until(async () => {
        const clusters = [plugged('unreachable'), plain];
        return JSON.stringify(await states(service)) === JSON.stringify({ clusters });
      });
      expect(lines.filter((line) => line.includes(`exec plugin ${script.path}: ${reason}`))).not.toEqual([]);
      expect(await service.get(`/${count}`)).toMatchObject({
        status: 503,
        body: { code: 'CACHE_NOT_SYNCED' },
      });
      expect(await service.get(`/plain/${count}`)).toMatchObject({ status: 200, body: { replicaCount: 3 } });
      const write = await service.post(`/${count}`, { replicas: 4 });
      expect(write).toMatchObject({ status: 503, body: { code: 'KUBERNETES_UNAVAILABLE' } });
      expect(JSON.stringify(write.body)).not.toContain('plugin');
      expect((await service.post(`/plain/${count}`, { replicas: 4 })).status).toBe(200);

      script.becomes(printing({ token: demo.token }));
      await until(async () => (await service.get(`/${count}`)).status === 200);
      expect((await service.post(`/${count}`, { replicas: 5 })).status).toBe(200);
    },
  );

  it('because it hangs delays neither the other clusters nor the end of the service', async () => {
    const script = new ExecScript('echo $$ >>"$FOLDER/pids"; sleep 1000');
    const service = await TestService.start({
      kubeconfig: { plugged: kubeconfigOf(script), plain: demo.kubeconfig },
    });
    const pids = await script.pids(1);
    await until(async () => (await service.get(`/plain/${count}`)).status === 200);
    expect(await states(service)).toEqual({ clusters: [plugged('syncing'), plain] });
    await service.stop();
    await script.gone(pids);
    expect(script.runs).toBe(1);
  });
});

describe('a cluster whose plugin succeeds', () => {
  it('gets requests with the token, and with the next token as soon as the first one is refused', async () => {
    const script = new ExecScript(printing({ token: demo.token }));
    const service = await (await serve({ plugged: kubeconfigOf(script) })).synced();
    // A watch that connects while the token changes would be refused too, and would run the plugin once more.
    await service.autoscalersKnown('default');
    expect((await service.post(`/${count}`, { replicas: 4 })).status).toBe(200);
    expect(script.runs).toBe(1);

    script.becomes(printing({ token: demo.rotateToken() }));
    expect((await service.post(`/${count}`, { replicas: 5 })).status).toBe(200);
    expect(script.runs).toBe(2);
    demo.dropConnections();
    await until(() => demo.openWatches > 0);
    demo.deployments.scale('default', 'my-deployment', 6);
    await until(async () => JSON.stringify((await service.get(`/${count}`)).body) === '{"replicaCount":6}');
    expect(script.runs).toBe(2);
  });

  it('gets requests with the client certificate', async () => {
    const { cert, key } = demo.clientCertificate;
    const script = new ExecScript(printing({ clientCertificateData: cert, clientKeyData: key }));
    const service = await (await serve({ plugged: kubeconfigOf(script) })).synced();
    // A watch that connects while the token changes would be refused too, and would run the plugin once more.
    await service.autoscalersKnown('default');
    expect((await service.post(`/${count}`, { replicas: 4 })).status).toBe(200);
  });
});
