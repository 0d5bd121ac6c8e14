import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { deployment } from '../support/integration/contract-bodies.ts';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { at, KubeRequests } from '../support/kube-requests.ts';
import { logTo } from '../support/log-to.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** A real API server that stands still, or whose etcd does, with the probes of production. */
const COLLECTION = '/apis/apps/v1/namespaces/default/deployments';
const NAMES = Array.from({ length: 8 }, (_, index) => `web-${index}`);
const BEFORE = 1;
const WANTED = 5;
let plane: KubeApiserver;
let kube: KubeRequests;
let service: TestService;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  plane = await startKubeApiserver();
  const { url, ca, admin, kubeconfig } = plane;
  kube = new KubeRequests({ url, ca, cert: admin.cert, key: admin.key });
  for (const name of NAMES) await kube.post(COLLECTION, deployment(name, BEFORE));
  service = await TestService.start({
    kubeconfig,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
    // Lines while an outage lasts, to count how often it was looked at.
    timing: { health: { stillMs: 2_000 } },
  });
  await service.synced();
});
afterEach(() => {
  lines = [];
});
afterAll(async () => {
  await service?.stop();
  await kube?.close();
  await plane?.stop();
});

const told = (text: string) => lines.filter(({ msg }) => msg === text);

/** Resolves after so many looks at an outage, in all of which the state was `unreachable`. */
async function unreachableThroughout(looks: number): Promise<void> {
  const states = new Set<string>();
  await until(() => {
    states.add(service.cluster.state);
    return told('cluster still unreachable').length >= looks;
  });
  expect([...states]).toEqual(['unreachable']);
}

it('a frozen API server is unreachable without any request, until it goes on', {
  timeout: 240_000,
}, async () => {
  await plane.pauseApiserver();
  await until(() => service.cluster.state === 'unreachable');
  await unreachableThroughout(2);
  await plane.resumeApiserver();
  await until(() => service.cluster.state === 'ready');
  expect([told('cluster unreachable').length, told('cluster reachable again').length]).toEqual([1, 1]);
});

it('an etcd that hangs makes the cluster unreachable once, and each write that lands is answered as unknown', {
  timeout: 400_000,
}, async () => {
  await plane.pauseEtcd();
  const writes = NAMES.map(async (name) => ({ name, answer: await service.scale('default', name, WANTED) }));
  await until(() => service.cluster.state === 'unreachable');
  await unreachableThroughout(5);
  await plane.resumeEtcd();
  await until(() => service.cluster.state === 'ready');
  expect([told('cluster unreachable').length, told('cluster reachable again').length]).toEqual([1, 1]);

  for (const { name, answer } of await Promise.all(writes)) {
    const code = answer.status === 200 ? 'made' : at(answer.body, 'code');
    const { body } = await kube.get(`${COLLECTION}/${name}/scale`);
    const landed = at(body, 'spec.replicas') === WANTED;
    process.stderr.write(`${name}: ${answer.status} ${code}, ${landed ? 'landed' : 'did not land'}\n`);
    if (!landed) continue;
    expect(['made', 'OUTCOME_UNKNOWN']).toContain(code);
    const selector = `involvedObject.name=${name},reason=Scaled`;
    await until(async () => {
      const events = await kube.get(`/api/v1/namespaces/default/events?fieldSelector=${selector}`);
      return at(events.body, 'items.0.message') === `client scaled from ${BEFORE} to ${WANTED}`;
    });
  }
});
