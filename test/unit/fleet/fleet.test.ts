import { describe, expect, it } from 'vitest';
import { type ClusterSpec, Fleet, type FleetMember, type ReadyPolicy } from '../../../src/fleet/fleet.ts';

/** A cluster that records its calls. */
class Member implements FleetMember {
  wasReady = false;
  life = 'made';
  readonly spec: ClusterSpec;
  constructor(spec: ClusterSpec) {
    this.spec = spec;
  }
  start(): void {
    this.life += ' started';
  }
  async stop(): Promise<void> {
    this.life += ' stopped';
  }
}

const server = (url: string) => ({ url, proxyUrl: undefined, serverName: undefined, ca: undefined });
const spec = (name: string, more: Partial<ClusterSpec> = {}): ClusterSpec => ({
  name,
  kubeconfig: `/${name}`,
  contextName: undefined,
  namespaces: [],
  server: server(`https://${name}`),
  ...more,
});

function fleetOf(names: readonly string[], readyPolicy: ReadyPolicy = 'default') {
  const fleet = new Fleet({
    specs: names.map((name) => spec(name)),
    readyPolicy,
    create: (each) => new Member(each),
  });
  const member = (name: string) => {
    const found = fleet.get(name);
    if (found === undefined) throw new Error(`no cluster ${name}`);
    return found;
  };
  return { fleet, member };
}

describe('a fleet', () => {
  it('has the first cluster as its default and finds the others by name', () => {
    const { fleet, member } = fleetOf(['a', 'b']);
    expect(fleet.default).toBe(member('a'));
    expect(fleet.clusters.map(([name]) => name)).toEqual(['a', 'b']);
    expect(fleet.get('c')).toBeUndefined();
  });

  it('starts and stops all clusters', async () => {
    const { fleet, member } = fleetOf(['a', 'b']);
    fleet.start();
    await fleet.stop();
    expect([member('a').life, member('b').life]).toEqual(['made started stopped', 'made started stopped']);
  });

  it('does not start a cluster that is added after the fleet was stopped', async () => {
    const { fleet, member } = fleetOf(['a']);
    fleet.start();
    const stopped = fleet.stop();
    fleet.update([spec('a'), spec('b')]);
    await stopped;
    expect(member('b').life).toBe('made');
  });

  it('adds, replaces and removes clusters without touching the others', async () => {
    const { fleet, member } = fleetOf(['a', 'b', 'c']);
    fleet.start();
    const [a, b, c] = [member('a'), member('b'), member('c')];
    const change = fleet.update([spec('d'), spec('a'), spec('b', { server: server('https://elsewhere') })]);
    expect(change).toEqual({ added: ['d'], replaced: ['b'], removed: ['c'] });
    expect(fleet.default).toBe(member('d'));
    expect(member('a')).toBe(a);
    expect(a.life).toBe('made started');
    expect(b.life).toBe('made started stopped');
    expect(c.life).toBe('made started stopped');
    expect(member('b').life).toBe('made started');
    expect(fleet.clusters.map(([name]) => name)).toEqual(['d', 'a', 'b']);
    await fleet.stop();
  });

  it.each<[string, Partial<ClusterSpec>]>([
    ['context', { contextName: 'other' }],
    ['kubeconfig', { kubeconfig: '/other' }],
    ['namespaces', { namespaces: ['team-a'] }],
    ['server', { server: server('https://other') }],
  ])('replaces a cluster if its %s changes', (_, more) => {
    const { fleet } = fleetOf(['a']);
    expect(fleet.update([spec('a', more)]).replaced).toEqual(['a']);
  });

  it('tells listeners that clusters have changed, and only then', () => {
    const { fleet } = fleetOf(['a', 'b']);
    let told = 0;
    const unsubscribe = fleet.onChange(() => {
      told += 1;
    });
    fleet.update([spec('a'), spec('b')]);
    expect(told).toBe(0);
    fleet.update([spec('a'), spec('b'), spec('c')]);
    fleet.update([spec('a', { namespaces: ['team-a'] }), spec('b'), spec('c')]);
    fleet.update([spec('a', { namespaces: ['team-a'] })]);
    expect(told).toBe(3);
    unsubscribe();
    fleet.update([spec('a')]);
    expect(told).toBe(3);
  });

  it('tells listeners that another cluster is the default, and remembers it', () => {
    const { fleet, member } = fleetOf(['a', 'b', 'c']);
    const told: unknown[] = [];
    fleet.onChange(() => told.push(fleet.default));
    fleet.update([spec('a'), spec('c'), spec('b')]);
    expect(told).toEqual([]);
    expect(fleet.defaultHasChanged).toBe(false);
    fleet.update([spec('b'), spec('a'), spec('c')]);
    expect(told).toEqual([member('b')]);
    fleet.update([spec('a'), spec('b'), spec('c')]);
    expect(told).toEqual([member('b'), member('a')]);
    expect(fleet.defaultHasChanged).toBe(true);
  });

  it('has another default too once the default was replaced', () => {
    const { fleet } = fleetOf(['a', 'b']);
    fleet.update([spec('a'), spec('b', { contextName: 'other' })]);
    expect(fleet.defaultHasChanged).toBe(false);
    fleet.update([spec('a', { contextName: 'other' }), spec('b')]);
    expect(fleet.defaultHasChanged).toBe(true);
  });

  it('changes nothing if the specs are the same', () => {
    const { fleet, member } = fleetOf(['a', 'b']);
    const a = member('a');
    expect(fleet.update([spec('a'), spec('b')])).toEqual({ added: [], replaced: [], removed: [] });
    expect(member('a')).toBe(a);
  });
});

describe('a fleet is ready', () => {
  it.each<[ReadyPolicy, string, readonly string[]]>([
    ['default', 'the default cluster', ['a']],
    ['any', 'any cluster', ['b']],
    ['all', 'every cluster', ['a', 'b']],
  ])('under the policy %s once %s has been ready', (policy, _, needed) => {
    const { fleet, member } = fleetOf(['a', 'b'], policy);
    for (const name of needed) {
      expect(fleet.ready).toBe(false);
      member(name).wasReady = true;
    }
    expect(fleet.ready).toBe(true);
  });

  it('under the policy default only if the default cluster itself has been ready', () => {
    const { fleet, member } = fleetOf(['a', 'b']);
    member('b').wasReady = true;
    expect(fleet.ready).toBe(false);
  });

  it('for good once it was ready, even if a cluster is added that has not been ready', () => {
    const { fleet, member } = fleetOf(['a'], 'all');
    member('a').wasReady = true;
    expect(fleet.ready).toBe(true);
    fleet.update([spec('b'), spec('a')]);
    expect(fleet.ready).toBe(true);
  });
});
