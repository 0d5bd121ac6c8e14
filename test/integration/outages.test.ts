import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { deployment } from '../support/integration/contract-bodies.ts';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { at, KubeRequests } from '../support/kube-requests.ts';
import { logTo } from '../support/log-to.ts';
import { PATIENT_WRITES, TestService } from '../support/service.ts';
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
  service = await TestService.start({
    kubeconfig,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
    // Lines while an outage lasts, to count how often it was looked at.
    timing: { health: { stillMs: 2_000 }, eventMs: PATIENT_WRITES.eventMs },
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

/** Forgets the lines of an outage that a slow start or a slow machine has caused, once it is over. */
async function readyAgain(): Promise<void> {
  await until(() => service.cluster.state === 'ready');
  lines = [];
}

const told = (text: string) => lines.filter(({ msg }) => msg === text);

/** Resolves after this number of looks at an outage, in all of which the state was `unreachable`. */
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
  await readyAgain();
  await plane.pauseApiserver();
  await until(() => service.cluster.state === 'unreachable');
  await unreachableThroughout(2);
  await plane.resumeApiserver();
  await until(() => service.cluster.state === 'ready');
  expect([told('cluster unreachable').length, told('cluster reachable again').length]).toEqual([1, 1]);
});

it('an etcd that hangs makes the cluster unreachable once, and each write that lands is answered as unknown and has its Event', {
  timeout: 600_000,
}, async () => {
  // About half of the writes are made once etcd goes on. Those of a round in which none was made show nothing.
  let landed: readonly string[] = [];
  for (let round = 1; landed.length === 0; round += 1) {
    const names = NAMES.map((name) => `${name}-of-${round}`);
    for (const name of names) await kube.post(COLLECTION, deployment(name, BEFORE));
    for (const name of names) await until(async () => (await service.count('default', name)).status === 200);
    await readyAgain();
    await plane.pauseEtcd();
    // All are answered while etcd stands still, so that none can be told as made.
    const writes = names.map(async (name) => await service.scale('default', name, WANTED));
    const [answers] = await Promise.all([
      Promise.all(writes),
      until(() => service.cluster.state === 'unreachable').then(() => unreachableThroughout(5)),
    ]);
    await plane.resumeEtcd();
    await until(() => service.cluster.state === 'ready');
    expect([told('cluster unreachable').length, told('cluster reachable again').length]).toEqual([1, 1]);
    expect(answers.filter(({ status }) => status < 500)).toEqual([]);

    const counts = await Promise.all(names.map((name) => kube.get(`${COLLECTION}/${name}/scale`)));
    const isMade = names.map((_, index) => at(counts[index]?.body, 'spec.replicas') === WANTED);
    landed = names.filter((_, index) => isMade[index]);
    const codes = answers.filter((_, index) => isMade[index]).map(({ body }) => at(body, 'code'));
    expect(codes).toEqual(landed.map(() => 'OUTCOME_UNKNOWN'));
  }
  for (const name of landed)
    await until(async () => {
      const selector = `involvedObject.name=${name},reason=Scaled`;
      const events = await kube.get(`/api/v1/namespaces/default/events?fieldSelector=${selector}`);
      return String(at(events.body, 'items.0.message')).includes(
        `scaled from ${BEFORE} to ${WANTED}, probably for client`,
      );
    });
});
