import { describe, expect, it } from 'vitest';
import { Access } from '../../../../src/cluster/access/access.ts';
import type { ResourceAttributes } from '../../../../src/cluster/access/authorizer.ts';
import { GuardedCluster } from '../../../../src/cluster/access/guarded-cluster.ts';
import { AccessDeniedError, NotSyncedError } from '../../../../src/cluster/cluster-errors.ts';
import { decidedBy } from '../../../support/authorizer.ts';
import { MemoryCluster } from '../../../support/build-app.ts';

const CALLER = { user: 'alice', groups: ['team'] };
/** Members that need no right: they say nothing about Deployments, or only of one that the caller has read. */
const OPEN = [
  'name',
  'stateOf',
  'changesOf',
  'state',
  'authorizer',
  'isHealthy',
  'checkHealth',
  'countWrite',
  'constructor',
];

const ROLLOUT = {
  namespace: 'shop',
  deployment: 'cart',
  replicas: 3,
  uid: undefined,
  resourceVersion: undefined,
};
const LIMITS = { limitMs: 1_000, signal: new AbortController().signal };

/** A cluster that records its calls and the access reviews in their order. */
function scene(allows: (attributes: ResourceAttributes) => boolean) {
  const calls: string[] = [];
  const memory = new MemoryCluster({ 'shop/cart': 3, 'default/web': 1 });
  const cluster = new Proxy(memory, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      calls.push(String(key));
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const access = new Access(
    decidedBy((attributes) => {
      calls.push(`may ${attributes.verb}`);
      return allows(attributes);
    }),
  );
  return { calls, memory, guarded: new GuardedCluster(cluster, access, CALLER) };
}

describe('a guarded cluster', () => {
  it('checks the rights of the caller in every member that reads, lists or writes', () => {
    const members = Object.getOwnPropertyNames(GuardedCluster.prototype);
    expect(members.filter((member) => !OPEN.includes(member))).toEqual([
      'knownDeployment',
      'deployment',
      'knownList',
      'list',
      'knownStates',
      'states',
      'select',
      'events',
      'toScale',
      'limits',
      'rollout',
    ]);
  });

  it.each<[string, (cluster: GuardedCluster) => Promise<unknown>]>([
    ['a count', (cluster) => cluster.deployment('shop', 'cart')],
    ['a fresh count', (cluster) => cluster.deployment('shop', 'cart', { maxAgeSeconds: 0 })],
    ['the list of a namespace', (cluster) => cluster.list('shop')],
    ['a fresh list of a namespace', (cluster) => cluster.list('shop', { maxAgeSeconds: 0 })],
    ['the events of a namespace', (cluster) => cluster.events('shop')],
    ['a Deployment to scale', (cluster) => cluster.toScale('shop', 'cart')],
    ['the Deployments of a namespace', (cluster) => cluster.select('shop')],
    ['the limits of a count', (cluster) => cluster.limits('shop', 'cart')],
    ['a rollout', (cluster) => cluster.rollout(ROLLOUT, LIMITS)],
  ])('refuses %s to a caller without rights, and touches no Deployment', async (_what, ask) => {
    const { calls, guarded } = scene(() => false);
    await expect(ask(guarded)).rejects.toThrow(AccessDeniedError);
    expect(calls.filter((call) => !call.startsWith('may '))).toEqual([]);
  });

  it.each<[string, (cluster: GuardedCluster) => Promise<unknown>]>([
    ['a count', (cluster) => cluster.deployment('shop', 'cart')],
    ['the list of all', (cluster) => cluster.list()],
    ['the events of all', (cluster) => cluster.events()],
    ['a Deployment to scale', (cluster) => cluster.toScale('shop', 'cart')],
    ['the Deployments of all', (cluster) => cluster.select()],
    ['the limits of a count', (cluster) => cluster.limits('shop', 'cart')],
    ['a rollout', (cluster) => cluster.rollout(ROLLOUT, LIMITS)],
  ])('checks the rights before it reads %s', async (_what, ask) => {
    const { calls, guarded } = scene(() => true);
    await ask(guarded);
    expect(calls[0]).toMatch(/^may /);
  });

  it('lists only the namespaces in which the caller may list', async () => {
    const { guarded } = scene(({ namespace }) => namespace === 'shop');
    for (const freshness of [undefined, { maxAgeSeconds: 0 }]) {
      const { value } = await guarded.list(undefined, freshness);
      expect(String(value)).toBe('{"deployments":["shop/cart"]}');
    }
  });

  it('hides a namespace from a fresh list if the cache does not know it yet and the caller may not list it', async () => {
    const { guarded, memory } = scene(({ namespace }) => namespace === 'shop');
    const secret = new MemoryCluster({ 'shop/cart': 3, 'secret/web': 1 });
    memory.isOlderThan = () => true;
    memory.freshNames = (user, namespace) => secret.freshNames(user, namespace);
    const { value } = await guarded.list(undefined, { maxAgeSeconds: 0 });
    expect(String(value)).toBe('{"deployments":["shop/cart"]}');
  });

  it('refuses a list of all namespaces to a caller who may list none, once the namespaces are known', async () => {
    const { guarded, memory } = scene(() => false);
    await expect(guarded.list()).rejects.toThrow('alice may not list deployments in any namespace');
    memory.synced = false;
    await expect(guarded.list()).rejects.toThrow(NotSyncedError);
  });

  it('passes the name of the caller to a write', async () => {
    const { guarded, memory } = scene(() => true);
    const target = await guarded.toScale('shop', 'cart');
    expect(target.replicas).toBe(3);
    await target.scale({ replicas: 5 });
    expect(memory.writes).toEqual(['shop/cart=5 by alice']);
  });
});
