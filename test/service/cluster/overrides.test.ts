import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

const STATE = '/deployments/shop/cart';
const OVERRIDDEN = 'a count that was set through the service was changed by somebody else within 5 minutes';
const HPA = { manager: 'kube-controller-manager', subresource: 'scale' } as const;

/** One replica of the service, and its log. */
interface Replica {
  readonly service: TestService;
  readonly lines: Record<string, unknown>[];
}

let demo: FakeApiServer;
let one: Replica;
let two: Replica;

beforeEach(async () => {
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [{ namespace: 'shop', name: 'cart', replicas: 3 }],
  });
  [one, two] = await Promise.all([start(), start()]);
});
afterEach(async () => {
  await Promise.all([one.service.stop(), two.service.stop()]);
  await demo.stop();
});

async function start(): Promise<Replica> {
  const lines: Record<string, unknown>[] = [];
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const service = await TestService.start({ kubeconfig: demo.kubeconfig, logStream });
  return { service: await service.synced(), lines };
}

async function stateOf({ service }: Replica): Promise<unknown> {
  return (await service.get(STATE)).body;
}

/** Resolves once the replica shows this count. */
const shows = (replica: Replica, replicas: number) =>
  until(async () => at(await stateOf(replica), 'replicas') === replicas);
const warningsOf = ({ lines }: Replica) => lines.filter(({ msg }) => msg === OVERRIDDEN);

const overridesOf = ({ service }: Replica) => measured(service, 'scaler_overrides_total{cluster="default"}');

describe('a change by somebody else after a write of the service', () => {
  it.each([
    ['an HPA, which owns the count then', 4, HPA, 'kube-controller-manager'],
    ['a scale to 0, after which nobody owns it', 0, HPA, 'unknown'],
    ['an apply that takes it by force', 4, { manager: 'helm', operation: 'Apply' as const }, 'helm'],
  ])('is an override: %s', async (_, replicas, writer, by) => {
    await one.service.scale('shop', 'cart', 8);
    demo.deployments.scale('shop', 'cart', replicas, writer);
    for (const replica of [one, two]) {
      await shows(replica, replicas);
      const state = await stateOf(replica);
      expect(state).toMatchObject({
        overridden: { by, from: 8, to: replicas, at: at(state, 'lastChange.at') },
        lastChange: { from: 8, to: replicas, manager: by },
      });
      expect(warningsOf(replica)).toMatchObject([
        { level: 'warn', namespace: 'shop', deployment: 'cart', from: 8, to: replicas },
      ]);
      expect(await overridesOf(replica)).toBe(1);
    }
  });

  it('is one also after a 0 of the service, and after a count that followed it', async () => {
    await one.service.scale('shop', 'cart', 0);
    demo.deployments.scale('shop', 'cart', 2, HPA);
    await shows(two, 2);
    expect(await stateOf(two)).toMatchObject({
      overridden: { by: 'kube-controller-manager', from: 0, to: 2 },
    });
    await one.service.scale('shop', 'cart', 6);
    await shows(two, 6);
    expect(await stateOf(two)).not.toHaveProperty('overridden');
    demo.deployments.scale('shop', 'cart', 2, HPA);
    await shows(two, 2);
    expect(await overridesOf(two)).toBe(2);
  });

  it('is one also if it happened while the API server could not be reached', async () => {
    await one.service.scale('shop', 'cart', 8);
    await demo.refuseConnections();
    demo.deployments.scale('shop', 'cart', 4, HPA);
    await demo.restart();
    await shows(one, 4);
    expect(await stateOf(one)).toMatchObject({
      overridden: { by: 'kube-controller-manager', from: 8, to: 4 },
    });
    expect(await overridesOf(one)).toBe(1);
  });

  it('is not one by another replica of the service, nor before any write', async () => {
    demo.deployments.scale('shop', 'cart', 4, HPA);
    await one.service.scale('shop', 'cart', 8);
    await two.service.scale('shop', 'cart', 9);
    for (const replica of [one, two]) {
      await shows(replica, 9);
      expect(await stateOf(replica)).not.toHaveProperty('overridden');
      expect(warningsOf(replica)).toEqual([]);
      expect(await overridesOf(replica)).toBe(0);
    }
  });
});

describe('the last change', () => {
  it('names the user on the replica that wrote, and the service on the other', async () => {
    await one.service.scale('shop', 'cart', 8);
    await shows(two, 8);
    const expected = { at: expect.any(String), from: 3, to: 8, manager: 'k8s-deployment-scaler' };
    expect(at(await stateOf(one), 'lastChange')).toEqual({ ...expected, user: 'client' });
    expect(at(await stateOf(two), 'lastChange')).toEqual(expected);
  });

  it('does not name the user of a later write of the present count', async () => {
    demo.deployments.scale('shop', 'cart', 4, HPA);
    await shows(one, 4);
    const before = await stateOf(one);
    expect(await one.service.scale('shop', 'cart', 4)).toMatchObject({ status: 200 });
    expect(await stateOf(one)).toEqual(before);
    expect(before).not.toHaveProperty('lastChange.user');
  });

  it('before the start of the service has no time', async () => {
    await one.service.scale('shop', 'cart', 8);
    const three = await start();
    try {
      expect(at(await stateOf(three), 'lastChange')).toEqual({ to: 8, manager: 'k8s-deployment-scaler' });
    } finally {
      await three.service.stop();
    }
  });
});
