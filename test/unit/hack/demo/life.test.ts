import { describe, expect, it } from 'vitest';
import { AUTOSCALED, Life, STUCK } from '../../../../hack/demo/life.ts';
import { Deployments } from '../../../support/fake-apiserver/deployments.ts';
import { SAMPLE_DEPLOYMENTS } from '../../../support/fake-apiserver/samples.ts';
import { Store, Versions } from '../../../support/fake-apiserver/store.ts';

const LONG = 200;

function newDemo() {
  const deployments = new Deployments(new Store(1_000, new Versions()), Number.POSITIVE_INFINITY);
  for (const seed of [...SAMPLE_DEPLOYMENTS, STUCK]) deployments.create(seed);
  const life = new Life(deployments);
  const statusOf = (namespace: string, name: string) => {
    const { status } = deployments.get(namespace, name) ?? {};
    return [status?.observedGeneration, status?.replicas, status?.readyReplicas];
  };
  return { deployments, life, statusOf };
}

describe('a rollout of the demo', () => {
  it('makes all pods at once, and they become ready one by one', () => {
    const { deployments, life, statusOf } = newDemo();
    deployments.scale('default', 'my-deployment', 5);
    const seen = [];
    for (let step = 0; step < 4; step += 1) {
      life.step();
      seen.push(statusOf('default', 'my-deployment'));
    }
    expect(seen).toEqual([
      [2, 5, 3],
      [2, 5, 4],
      [2, 5, 5],
      [2, 5, 5],
    ]);
  });

  it('ends pods one by one', () => {
    const { deployments, life, statusOf } = newDemo();
    deployments.scale('default', 'my-deployment', 1);
    const seen = [];
    for (let step = 0; step < 4; step += 1) {
      life.step();
      seen.push(statusOf('default', 'my-deployment'));
    }
    expect(seen).toEqual([
      [2, 3, 3],
      [2, 2, 2],
      [2, 1, 1],
      [2, 1, 1],
    ]);
  });

  it('takes half a minute for a thousand pods, up and down', () => {
    const { deployments, life, statusOf } = newDemo();
    for (const count of [1_000, 0]) {
      const { generation } = deployments.scale('default', 'my-deployment', count);
      for (let step = 0; step < 40; step += 1) life.step();
      expect(statusOf('default', 'my-deployment')).toEqual([generation, count, count]);
    }
  });

  it('of an image that does not exist stays stuck, and says why', () => {
    const { deployments, life, statusOf } = newDemo();
    deployments.report(STUCK.namespace, STUCK.name, { observedGeneration: 0, readyReplicas: 0 });
    for (const count of [3, 6, 2]) {
      deployments.scale(STUCK.namespace, STUCK.name, count);
      for (let step = 0; step < 20; step += 1) life.step();
      expect(statusOf(STUCK.namespace, STUCK.name).slice(1)).toEqual([count, 0]);
      const { conditions } = deployments.get(STUCK.namespace, STUCK.name)?.status ?? {};
      expect(conditions).toMatchObject([{ status: 'False', reason: 'ProgressDeadlineExceeded' }]);
    }
  });
});

describe('the autoscaler of the demo', () => {
  const { namespace, name, min, max } = AUTOSCALED;

  it('moves within its bounds, and leaves the documented answers alone for 20 s', () => {
    const { deployments, life } = newDemo();
    const counts = [];
    for (let step = 0; step < LONG; step += 1) {
      life.step();
      counts.push(deployments.get(namespace, name)?.replicas ?? 0);
    }
    expect(new Set(counts)).toEqual(new Set([2, 3, 4]));
    expect(new Set(counts.slice(0, 24))).toEqual(new Set([4]));
  });

  it.each([
    [max + 4, max],
    [min - 1, min],
  ])('undoes %i within seconds', (wrong, right) => {
    const { deployments, life } = newDemo();
    deployments.scale(namespace, name, wrong);
    for (let step = 0; step < 6; step += 1) life.step();
    const { replicas, managers } = deployments.get(namespace, name) ?? {};
    expect(replicas).toBe(right);
    expect(managers?.at(-1)).toMatchObject({ manager: 'kube-controller-manager', subresource: 'scale' });
  });

  it('is off while the count is 0', () => {
    const { deployments, life } = newDemo();
    deployments.scale(namespace, name, 0);
    for (let step = 0; step < LONG; step += 1) life.step();
    expect(deployments.get(namespace, name)?.replicas).toBe(0);
  });
});

it('besides the autoscaler an operator changes one Deployment, and nobody any other', () => {
  const { deployments, life } = newDemo();
  const counts = () => new Map(deployments.list().map((record) => [record.name, record.replicas]));
  const before = counts();
  const changed = new Set<string>();
  for (let step = 0; step < LONG; step += 1) {
    life.step();
    for (const [name, count] of counts()) if (before.get(name) !== count) changed.add(name);
  }
  expect(changed).toEqual(new Set(['cart', 'gateway']));
  const { managers } = deployments.get('ingress', 'gateway') ?? {};
  expect(managers?.at(-1)?.manager).toBe('ingress-operator');
});

it('what is settled is not written again', () => {
  const { deployments, life } = newDemo();
  const versions = () => deployments.list().map(({ resourceVersion }) => resourceVersion);
  const before = versions();
  for (let step = 0; step < 20; step += 1) life.step();
  expect(versions()).toEqual(before);
});
