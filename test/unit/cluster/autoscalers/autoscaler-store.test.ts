import { describe, expect, it } from 'vitest';
import type { Autoscaler } from '../../../../src/cluster/autoscalers/autoscaler.ts';
import { AutoscalerStore } from '../../../../src/cluster/autoscalers/autoscaler-store.ts';
import { autoscaler } from '../../../support/autoscaler-objects.ts';

function filled(...autoscalers: readonly Autoscaler[]) {
  let changes = 0;
  const store = new AutoscalerStore(() => {
    changes += 1;
  });
  for (const each of autoscalers) store.scope(undefined).upsert(each);
  const of = (namespace: string, deployment: string) =>
    store.of(namespace, deployment).map(({ name, max }) => `${name}:${max}`);
  return { store, of, changes: () => changes };
}

describe('the autoscalers of a Deployment', () => {
  it('are found by namespace and target, sorted by name', () => {
    const { of } = filled(
      autoscaler({ name: 'z', deployment: 'cart' }),
      autoscaler({ name: 'a', deployment: 'cart' }),
      autoscaler({ name: 'other', deployment: 'web' }),
      autoscaler({ name: 'cart', deployment: undefined }),
      autoscaler({ namespace: 'blog', name: 'b', deployment: 'cart' }),
    );
    expect(of('shop', 'cart')).toEqual(['a:3', 'z:3']);
    expect(of('blog', 'cart')).toEqual(['b:3']);
    expect(of('shop', 'unknown')).toEqual([]);
    expect(of('unknown', 'cart')).toEqual([]);
  });

  it('follow changes of the limits and of the target', () => {
    const { store, of } = filled(autoscaler({ name: 'a', deployment: 'cart' }));
    const scope = store.scope(undefined);
    scope.upsert(autoscaler({ name: 'a', deployment: 'cart', max: 7 }));
    expect(of('shop', 'cart')).toEqual(['a:7']);
    scope.upsert(autoscaler({ name: 'a', deployment: 'web' }));
    expect(of('shop', 'cart')).toEqual([]);
    expect(of('shop', 'web')).toEqual(['a:3']);
  });

  it('are gone once the autoscaler is deleted, and the others stay', () => {
    const [a, b] = [
      autoscaler({ name: 'a', deployment: 'cart' }),
      autoscaler({ name: 'b', deployment: 'cart' }),
    ];
    const { store, of } = filled(a, b);
    store.scope(undefined).remove(a);
    expect(of('shop', 'cart')).toEqual(['b:3']);
    store.scope(undefined).remove(b);
    expect(of('shop', 'cart')).toEqual([]);
    expect([...store.scope(undefined).values()]).toEqual([]);
  });

  it('of one namespace are replaced without those of the others', () => {
    const { store, of } = filled(
      autoscaler({ name: 'a', deployment: 'cart' }),
      autoscaler({ namespace: 'blog', name: 'b', deployment: 'cart' }),
    );
    store.scope('shop').replace([autoscaler({ name: 'c', deployment: 'cart' })]);
    expect(of('shop', 'cart')).toEqual(['c:3']);
    expect(of('blog', 'cart')).toEqual(['b:3']);
    expect([...store.scope('shop').values()].map(({ name }) => name)).toEqual(['c']);
    store.scope(undefined).replace([]);
    expect(of('blog', 'cart')).toEqual([]);
  });
});

it('each change of the store is told', () => {
  const { store, changes } = filled(autoscaler({ name: 'a' }));
  expect(changes()).toBe(1);
  store.scope(undefined).replace([]);
  store.scope(undefined).remove(autoscaler({ name: 'a' }));
  expect(changes()).toBe(3);
});
