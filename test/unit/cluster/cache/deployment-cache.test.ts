import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeploymentCache } from '../../../../src/cluster/cache/deployment-cache.ts';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { LabelSelector } from '../../../../src/cluster/labels/label-selector.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { holds } from '../../../support/kube/property.ts';

/** Names whose order as "namespace/name" differs from their order by namespace: "a-b/x" sorts before "a/x". */
const NAMESPACES = ['a', 'a-b', 'a-b-c', 'b', 'a0'] as const;
const NAMES = ['x', 'x-y', 'x.y', 'x0', 'w'] as const;

const anyDeployment = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    name: fc.constantFrom(...NAMES),
    uid: fc.constantFrom('1', '2'),
    version: fc.nat(99),
    replicas: fc.nat(9),
    labels: fc.constantFrom([], ['app', 'web'], ['app', 'cart', 'tier', 'web']),
  })
  .map(({ version, name, ...parts }) => deployment(name, String(version), parts));

type Step =
  | { readonly do: 'upsert' | 'remove'; readonly item: Deployment }
  | { readonly do: 'replace'; readonly namespace: string; readonly items: readonly Deployment[] }
  | { readonly do: 'list'; readonly namespace: string | undefined };

const SELECTORS = ['app', 'app!=web', '!tier', 'tier in (web)'].map((text) => LabelSelector.parse(text));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('upsert' as const, 'remove' as const), item: anyDeployment }),
  fc.record({
    do: fc.constant('replace' as const),
    namespace: fc.constantFrom(...NAMESPACES),
    items: fc.array(anyDeployment, { maxLength: 8 }),
  }),
  // Lists between the changes fill the prebuilt parts. A change that fails to drop them shows in the next list.
  fc.record({
    do: fc.constant('list' as const),
    namespace: fc.option(fc.constantFrom(...NAMESPACES), { nil: undefined }),
  }),
);

/** The simplest possible cache of Deployments. */
class NaiveCache {
  readonly #items = new Map<string, Deployment>();

  upsert(item: Deployment): void {
    this.#items.set(`${item.namespace}/${item.name}`, item);
  }
  remove(item: Deployment): void {
    this.#items.delete(`${item.namespace}/${item.name}`);
  }
  replace(items: readonly Deployment[], namespace?: string): void {
    for (const item of this.values(namespace)) this.remove(item);
    for (const item of items) this.upsert(item);
  }
  values(namespace?: string): Deployment[] {
    return [...this.#items.values()].filter(
      (item) => namespace === undefined || item.namespace === namespace,
    );
  }
  list(namespace?: string, selector?: LabelSelector): object {
    return {
      deployments: this.values(namespace)
        .filter(({ labels }) => selector === undefined || selector.matches(labels))
        .map((item) => `${item.namespace}/${item.name}`)
        .sort(),
    };
  }
}

/** Both caches, filled through the scopes of single namespaces or through the scope of all namespaces. */
class Pair {
  readonly real = new DeploymentCache();
  readonly naive = new NaiveCache();
  readonly #byNamespace: boolean;
  /** The lists of all selectors at each version of the labels. */
  readonly #selections = new Map<number, object>();

  constructor(byNamespace: boolean) {
    this.#byNamespace = byNamespace;
  }

  take(step: Step): void {
    if (step.do === 'list') this.real.listAnswer(step.namespace === undefined ? undefined : [step.namespace]);
    else if (step.do === 'replace') this.#replace(step.namespace, step.items);
    else {
      this.real.scope(this.#byNamespace ? step.item.namespace : undefined)[step.do](step.item);
      this.naive[step.do](step.item);
    }
  }

  #replace(namespace: string, items: readonly Deployment[]): void {
    const scope = this.#byNamespace ? namespace : undefined;
    const own = this.#byNamespace ? items.map((item) => ({ ...item, namespace })) : items;
    this.real.scope(scope).replace(own);
    this.naive.replace(own, scope);
  }

  expectSame(): void {
    const selections = SELECTORS.map((selector) => this.naive.list(undefined, selector));
    const known = this.#selections.get(this.real.labelsVersion) ?? selections;
    expect(selections).toEqual(known);
    this.#selections.set(this.real.labelsVersion, known);
    expect(this.real.size).toBe(this.naive.values().length);
    for (const namespace of [undefined, ...NAMESPACES, 'never']) {
      const shown = namespace === undefined ? undefined : [namespace];
      const list = this.naive.list(namespace);
      expect(JSON.parse(this.real.listAnswer(shown).toString())).toEqual(list);
      const selected = this.real.select(shown);
      expect({ deployments: selected.map((each) => `${each.namespace}/${each.name}`) }).toEqual(list);
      for (const item of selected) expect(this.real.get(item.namespace, item.name)).toBe(item);
      const items = [...this.real.scope(namespace).values()];
      expect(new Set(items)).toEqual(new Set(this.naive.values(namespace)));
      for (const item of items) expect(this.real.get(item.namespace, item.name)).toBe(item);
    }
  }
}

const BUSY = { namespace: 'busy' };

describe('the cache of Deployments', () => {
  it.each([
    { filledBy: 'one informer of all namespaces', byNamespace: false },
    { filledBy: 'an informer of each namespace', byNamespace: true },
  ])(
    'filled by $filledBy answers like a plain map after any changes, sorted by namespace/name',
    async ({ byNamespace }) => {
      await holds(
        fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
          const pair = new Pair(byNamespace);
          for (const step of steps) {
            pair.take(step);
            pair.expectSame();
          }
        }),
      );
    },
  );
});

describe('the answer to a list', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const cacheOf = (...items: readonly Deployment[]) => {
    const cache = new DeploymentCache();
    cache.scope().replace(items);
    return cache;
  };

  it('is exactly the JSON of the contract', () => {
    const cache = cacheOf(deployment('b', '1'), deployment('a', '2'));
    expect(cache.listAnswer().toString()).toBe('{"deployments":["default/a","default/b"]}');
    expect(cache.listAnswer(['default']).toString()).toBe('{"deployments":["default/a","default/b"]}');
  });

  it('of some namespaces contains only their Deployments, sorted by namespace/name, in any order of the namespaces', () => {
    const items = ['a-b', 'a', 'c'].map((namespace) => ({ ...deployment('x', '1'), namespace }));
    const cache = cacheOf(...items);
    expect(cache.listAnswer(['a', 'none', 'a-b']).toString()).toBe('{"deployments":["a-b/x","a/x"]}');
  });

  it('is an empty list for an empty cache and for an unknown namespace', () => {
    expect(new DeploymentCache().listAnswer().toString()).toBe('{"deployments":[]}');
    expect(cacheOf(deployment('a', '1')).listAnswer(['none']).toString()).toBe('{"deployments":[]}');
  });

  it('of all namespaces is the same buffer until a Deployment is added or removed', () => {
    const cache = cacheOf(deployment('a', '1'), deployment('b', '2'));
    const answer = cache.listAnswer();
    cache.scope().upsert(deployment('a', '3', { replicas: 5 }));
    expect(cache.listAnswer()).toBe(answer);
    cache.scope().upsert(deployment('c', '4'));
    expect(cache.listAnswer()).not.toBe(answer);
  });

  it.each([
    ['added', (cache: DeploymentCache) => cache.scope().upsert(deployment('c', '9', BUSY)), ['a', 'b', 'c']],
    ['removed', (cache: DeploymentCache) => cache.scope().remove(deployment('a', '9', BUSY)), ['b']],
    ['changed', (cache: DeploymentCache) => cache.scope().upsert(deployment('a', '9', BUSY)), []],
  ])(
    'is rebuilt from the names of one of 1,000 namespaces if a Deployment in it is %s',
    (_, change, built) => {
      const namespaces = Array.from({ length: 999 }, (_, index) => ({ namespace: `still-${index}` }));
      const items = [BUSY, ...namespaces].flatMap((parts) => [
        deployment('a', '1', parts),
        deployment('b', '2', parts),
      ]);
      const cache = cacheOf(...items);
      cache.listAnswer();
      const stringify = vi.spyOn(JSON, 'stringify');
      change(cache);
      cache.listAnswer();
      cache.listAnswer([BUSY.namespace]);
      expect(stringify.mock.calls.map(([name]) => name)).toEqual(built.map((name) => `busy/${name}`));
    },
  );
});

describe('the list of one namespace', () => {
  const namespaces = Array.from({ length: 100 }, (_, index) => `ns-${index}`);

  it('is one buffer until a Deployment is added or removed, even if many other namespaces are listed in between', () => {
    const cache = new DeploymentCache();
    const scope = cache.scope();
    for (const namespace of namespaces) scope.upsert(deployment('x', '1', { namespace }));
    const lists = namespaces.map((namespace) => cache.listAnswer([namespace]));
    for (const [index, namespace] of namespaces.entries())
      expect(cache.listAnswer([namespace])).toBe(lists[index]);
    scope.upsert(deployment('y', '2', { namespace: 'ns-0' }));
    expect(String(cache.listAnswer(['ns-0']))).toBe('{"deployments":["ns-0/x","ns-0/y"]}');
    expect(cache.listAnswer(['ns-1'])).toBe(lists[1]);
    scope.remove(deployment('x', '3', { namespace: 'ns-0' }));
    expect(String(cache.listAnswer(['ns-0']))).toBe('{"deployments":["ns-0/y"]}');
  });

  it('is one buffer for all namespaces without Deployments', () => {
    const cache = new DeploymentCache();
    expect(cache.listAnswer(['a'])).toBe(cache.listAnswer(['b']));
  });
});

describe('lists of the same namespaces', () => {
  it('are one buffer for all callers until a Deployment is added or removed', () => {
    const cache = new DeploymentCache();
    const scope = cache.scope();
    for (const namespace of NAMESPACES) scope.upsert(deployment('x', '1', { namespace }));
    const list = cache.listAnswer(['a', 'b']);
    expect(cache.listAnswer(['a', 'b'])).toBe(list);
    scope.upsert(deployment('x', '2', { namespace: 'a', replicas: 5 }));
    expect(cache.listAnswer(['a', 'b'])).toBe(list);
    scope.upsert(deployment('y', '3', { namespace: 'a' }));
    expect(String(cache.listAnswer(['a', 'b']))).toBe('{"deployments":["a/x","a/y","b/x"]}');
    expect(String(list)).toBe('{"deployments":["a/x","b/x"]}');
  });
});

describe('the version of the labels', () => {
  let cache: DeploymentCache;
  const upsert = (name: string, parts: Partial<Deployment> = {}) =>
    cache.scope().upsert(deployment(name, '9', parts));
  beforeEach(() => {
    cache = new DeploymentCache();
    upsert('a', { labels: ['app', 'web'] });
  });

  it.each([
    { change: 'is added', make: () => upsert('b') },
    { change: 'gets another label', make: () => upsert('a', { labels: ['app', 'web', 'tier', ''] }) },
    { change: 'is removed', make: () => cache.scope().remove(deployment('a', '9')) },
    { change: 'is in a new list', make: () => cache.scope().replace([]) },
  ])('is another one if a Deployment $change', ({ make }) => {
    const before = cache.labelsVersion;
    make();
    expect(cache.labelsVersion).not.toBe(before);
  });

  it('is the same if counts and versions change', () => {
    const before = cache.labelsVersion;
    cache.scope().upsert(deployment('a', '10', { labels: ['app', 'web'], replicas: 7, generation: 8 }));
    expect(cache.labelsVersion).toBe(before);
  });
});
