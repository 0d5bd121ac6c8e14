import { expect, it } from 'vitest';
import { TooManyItemsError } from '../../../src/batch/batch-errors.ts';
import { select } from '../../../src/batch/select.ts';
import { Access } from '../../../src/cluster/access/access.ts';
import { AccessDeniedError, CacheRefusedError } from '../../../src/cluster/cluster-errors.ts';
import { LabelSelector } from '../../../src/cluster/labels/label-selector.ts';
import { alwaysAllow } from '../../support/authorizer.ts';
import { MemoryCluster } from '../../support/build-app.ts';

const alice = { user: 'alice', groups: [] };
const batch = LabelSelector.parse('tier=batch');

it('a selection takes what its labels match, by cluster, namespace and name', async () => {
  const [south, north] = [new MemoryCluster({}, 'south'), new MemoryCluster({}, 'north')];
  for (const key of ['shop/b', 'shop/a', 'mail/c']) south.add(key, 3, ['tier', 'batch']);
  south.add('shop/other', 3, ['tier', 'web']);
  north.add('shop/a', 2, ['tier', 'batch']);
  const items = await select([south.as(alice), north.as(alice)], { selector: batch, replicas: 0 });
  expect(items.map(({ cluster, namespace, deployment }) => `${cluster} ${namespace}/${deployment}`)).toEqual([
    'south mail/c',
    'south shop/a',
    'south shop/b',
    'north shop/a',
  ]);
  expect(items[0]).toEqual({
    cluster: 'south',
    namespace: 'mail',
    deployment: 'c',
    replicas: 0,
    expected: undefined,
  });
});

it('a selection of a namespace takes nothing of another one', async () => {
  const cluster = new MemoryCluster({ 'shop/a': 1, 'mail/a': 1 });
  expect(await select([cluster.as(alice)], { namespace: 'shop', replicas: 0 })).toMatchObject([
    { namespace: 'shop', deployment: 'a' },
  ]);
});

it('a selection of 1,000 Deployments in all clusters is a batch; of 1,001 it says how many they are', async () => {
  const counts = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`shop/web-${at}`, 1]));
  const [south, north] = [new MemoryCluster(counts(400), 'south'), new MemoryCluster(counts(600), 'north')];
  const clusters = [south.as(alice), north.as(alice)];
  expect(await select(clusters, { namespace: 'shop', replicas: 0 })).toHaveLength(1_000);
  north.add('shop/one-more', 1);
  await expect(select(clusters, { namespace: 'shop', replicas: 0 })).rejects.toThrow(
    expect.objectContaining({ constructor: TooManyItemsError, hits: 1_001 }),
  );
});

it('a selection fails as a whole if the caller may not list in one of the clusters', async () => {
  const [south, north] = [new MemoryCluster(undefined, 'south'), new MemoryCluster(undefined, 'north')];
  north.access = new Access({ ...alwaysAllow, allows: () => false, known: () => false });
  const selection = select([south.as(alice), north.as(alice)], { namespace: 'default', replicas: 0 });
  await expect(selection).rejects.toThrow(AccessDeniedError);
});

it('a selection of all namespaces fails if one of them is not known, rather than leaving it out', async () => {
  const cluster = new MemoryCluster();
  cluster.reading = { ...cluster.reading, unavailable: ['mail'] };
  await expect(select([cluster.as(alice)], { selector: batch, replicas: 0 })).rejects.toThrow(
    expect.objectContaining({ constructor: CacheRefusedError, namespace: 'mail' }),
  );
});
