import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchedAutoscalers } from '../../../src/cluster/autoscalers/autoscalers.ts';
import type { ReflectorTiming } from '../../../src/kube/reflector/reflector.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { metricLines } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

/** The timing of production, except that optional collections are tried again soon, and given up soon. */
const TIMING: ReflectorTiming = {
  pageSilenceMs: 15_000,
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  pagesMs: 60 * 60_000,
  silenceMs: { least: 90_000, most: 120_000 },
  optionalRetryMs: { least: 100, most: 200 },
  refusalMs: 500,
};
const BOTH = { horizontalPodAutoscalers: true, scaledObjects: true };
const HPAS = { users: [SERVICE_USER.name], verbs: ['*'], resources: ['horizontalpodautoscalers'] };
const RIGHT = 'list and watch horizontalpodautoscalers.autoscaling';
const hpa = { namespace: 'shop', name: 'cart' };
const scaledObject = { kind: 'ScaledObject', namespace: 'shop', name: 'queue', deployment: 'cart' } as const;

let demo: FakeApiServer;
let service: TestService;
let log: string[];

beforeEach(async () => {
  demo = await FakeApiServer.start();
  log = [];
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

interface Options {
  readonly autoscalers?: WatchedAutoscalers;
  readonly namespaces?: readonly string[];
  readonly timing?: ReflectorTiming;
}

async function start({ autoscalers = BOTH, timing = TIMING, ...options }: Options = {}): Promise<void> {
  const logStream = logTo((line) => void log.push(line));
  const { kubeconfig } = demo;
  service = await TestService.start({
    kubeconfig,
    timing: { reflector: timing },
    autoscalers,
    logStream,
    ...options,
  });
  await service.synced();
}

const known = (namespace = 'shop') => service.cluster.autoscalers.unknown(namespace).length === 0;
const ofCart = () =>
  service.cluster.autoscalers.of('shop', 'cart').map(({ kind, name, max }) => `${kind}/${name}: ${max}`);
const linesWith = (...texts: string[]) => log.filter((line) => texts.every((text) => line.includes(text)));

/** The value of one metric per resource. */
async function perResource(name: string): Promise<Record<string, number>> {
  const lines = (await metricLines(service)).filter((line) => line.startsWith(`${name}{`));
  return Object.fromEntries(
    lines.map((line) => [/resource="([^"]*)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]),
  );
}

describe('the autoscalers of a Deployment', () => {
  it('are known before and after they are added, changed and deleted', async () => {
    demo.autoscalers.add(hpa);
    await start();
    await service.autoscalersKnown('shop');
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/cart: 10']);
    demo.autoscalers.add({ ...scaledObject, spec: { maxReplicaCount: 5 } });
    await until(() => ofCart().length === 2);
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/cart: 10', 'ScaledObject/queue: 5']);
    demo.autoscalers.update({ ...hpa, spec: { maxReplicas: 7 } });
    await until(() => ofCart()[0] === 'HorizontalPodAutoscaler/cart: 7');
    demo.autoscalers.delete(hpa);
    demo.autoscalers.delete(scaledObject);
    await until(() => ofCart().length === 0);
    expect(await perResource('scaler_cache_synced')).toEqual({
      deployments: 1,
      horizontalpodautoscalers: 1,
      scaledobjects: 1,
    });
  });

  it('of many are read in pages, if the API server sends no initial events', async () => {
    demo.initialEvents = 'refused';
    for (let i = 0; i < 250; i += 1) demo.autoscalers.add({ ...hpa, name: `cart-${i}`, deployment: 'cart' });
    await start();
    await service.autoscalersKnown('shop');
    expect(ofCart()).toHaveLength(250);
    expect(demo.requests.count('listAutoscalers')).toBe(4);
  });

  it('follow an API server that has lost its etcd', async () => {
    demo.autoscalers.add(hpa);
    await start();
    await until(() => ofCart().length === 1);
    await demo.refuseConnections();
    // A refused connection of its own lets a mirror ask for the position of the API server: its watch was too short.
    await until(() => linesWith('ECONNREFUSED').some((line) => line.includes('/horizontalpodautoscalers')));
    await demo.restart({ empty: true });
    await until(() => ofCart().length === 0);
    demo.autoscalers.add(hpa);
    await until(() => ofCart().length === 1);
  });

  it('are watched without polling', async () => {
    await start();
    await service.autoscalersKnown('shop');
    const requests = () => demo.requests.count('listAutoscalers') + demo.requests.count('watchAutoscalers');
    const before = requests();
    demo.autoscalers.add(hpa);
    await until(() => ofCart().length === 1);
    expect(requests()).toBe(before);
  });
});

describe('without the right to read HPAs', () => {
  it('everything else works, and the log names the right once', async () => {
    demo.roles.withdraw(HPAS);
    await start();
    await until(() => demo.requests.count('watchAutoscalers') + demo.requests.count('listAutoscalers') > 4);
    expect(service.cluster.state).toBe('ready');
    expect(await service.get('/healthz')).toMatchObject({ status: 200 });
    expect(await service.scale('shop', 'cart', 6)).toMatchObject({ status: 200 });
    expect(await service.count('shop', 'cart')).toMatchObject({ body: { replicaCount: 6 } });
    expect(service.cluster.autoscalers.unknown('shop')).toEqual([
      `the service may not ${RIGHT} cluster-wide, so the HorizontalPodAutoscalers are not known`,
    ]);
    expect(linesWith('lacks a right', `${RIGHT} cluster-wide`)).toHaveLength(1);
    expect(linesWith('"level":"error"')).toEqual([]);
    expect(await perResource('scaler_cache_synced')).toMatchObject({
      deployments: 1,
      horizontalpodautoscalers: 0,
    });
  });

  it('the right is tried again only after about a minute', async () => {
    demo.roles.withdraw(HPAS);
    await start({ timing: { ...TIMING, optionalRetryMs: { least: 45_000, most: 75_000 } } });
    await until(() => linesWith('lacks a right', RIGHT).length === 1);
    const { length } = demo.requests.recent();
    expect(await service.scale('shop', 'cart', 6)).toMatchObject({ status: 200 });
    const later = demo.requests.recent().slice(length);
    expect(later.map(({ kind }) => kind).filter((kind) => kind.endsWith('Autoscalers'))).toEqual([]);
  });

  it('the right is used once it is granted', async () => {
    demo.autoscalers.add(hpa);
    const grant = demo.roles.withdraw(HPAS);
    await start();
    await until(() => linesWith('lacks a right', RIGHT).length === 1);
    grant();
    await service.autoscalersKnown('shop');
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/cart: 10']);
    expect(linesWith('has the right now', `${RIGHT} cluster-wide`)).toHaveLength(1);
  });

  it('in one namespace, the HPAs of the other namespaces are known', async () => {
    demo.autoscalers.add(hpa);
    demo.roles.withdraw({ ...HPAS, namespaces: ['payments'] });
    await start({ namespaces: ['shop', 'payments'] });
    await until(() => known('shop') && service.cluster.autoscalers.unknown('payments').length === 1);
    expect(linesWith(`${RIGHT} in the namespace \\"payments\\"`)).toHaveLength(1);
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/cart: 10']);
    expect(service.cluster.autoscalers.unknown('payments')).toEqual([
      `the service may not ${RIGHT} in the namespace "payments", so the HorizontalPodAutoscalers are not known`,
    ]);
    expect(service.cluster.state).toBe('ready');
    expect((await service.get('/deployments')).headers).not.toHaveProperty('x-unavailable-namespaces');
  });
});

it('a right that is withdrawn leaves the last state, which is called old', async () => {
  demo.autoscalers.add(hpa);
  await start();
  await service.autoscalersKnown('shop');
  demo.roles.withdraw(HPAS);
  // A watch that is open goes on, as at a real API server.
  demo.dropConnections();
  await until(() => linesWith('lacks a right', RIGHT).length === 1);
  expect(service.cluster.autoscalers.unknown('shop')).toEqual([
    `the service may not ${RIGHT} cluster-wide, so what it knows of the HorizontalPodAutoscalers is old`,
  ]);
  expect(ofCart()).toEqual(['HorizontalPodAutoscaler/cart: 10']);
  await until(() => service.cluster.state === 'ready');
});

describe('without the API of ScaledObjects', () => {
  it('there are none, until KEDA is installed', async () => {
    demo.autoscalers.servesScaledObjects = false;
    await start();
    await service.autoscalersKnown('shop');
    await until(() => demo.requests.count('listAutoscalers') > 4);
    expect(linesWith('does not serve', 'keda.sh/v1alpha1')).toHaveLength(1);
    expect(linesWith('"level":"warn"')).toEqual([]);
    demo.autoscalers.servesScaledObjects = true;
    demo.autoscalers.add(scaledObject);
    await until(() => ofCart().length === 1);
    expect(ofCart()).toEqual(['ScaledObject/queue: 100']);
  });

  it('which is removed later, they are gone', async () => {
    demo.autoscalers.add(scaledObject);
    await start();
    await until(() => ofCart().length === 1);
    demo.autoscalers.servesScaledObjects = false;
    await until(() => ofCart().length === 0);
    expect(known()).toBe(true);
  });
});

it('autoscalers that are switched off are neither requested nor measured', async () => {
  await start({ autoscalers: { horizontalPodAutoscalers: false, scaledObjects: false } });
  expect(await perResource('scaler_cache_synced')).toEqual({ deployments: 1 });
  expect(demo.requests.count('listAutoscalers') + demo.requests.count('watchAutoscalers')).toBe(0);
});
