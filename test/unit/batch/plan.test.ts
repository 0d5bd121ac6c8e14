import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { BatchItem, BatchMode } from '../../../src/batch/batch.ts';
import {
  ChangedSinceError,
  DeploymentGoneError,
  ForeignReceiptError,
  UnknownClusterError,
} from '../../../src/batch/batch-errors.ts';
import { plan } from '../../../src/batch/plan.ts';
import { Access } from '../../../src/cluster/access/access.ts';
import {
  AccessDeniedError,
  AuthorizerUnavailableError,
  DeploymentError,
  NotSyncedError,
  RailError,
  ReplicasManagedError,
} from '../../../src/cluster/cluster-errors.ts';
import { alwaysAllow } from '../../support/authorizer.ts';
import {
  clustersOf,
  item,
  orderOf,
  receiptItem,
  ScriptedCluster,
  undone,
} from '../../support/batch-scene.ts';
import { until } from '../../support/until.ts';

const MODES = ['items', 'finish', 'restore'] as const;

/** Plans one item of a cluster with shop/web at 3. */
async function planOne(one: BatchItem, cluster: ScriptedCluster, mode: BatchMode = 'items', force = false) {
  const [planned] = await plan(orderOf([one], mode, force), clustersOf(cluster));
  return planned;
}

/** A cluster of one Deployment, shop/web with 3 replicas, and shop/db with 1. */
const cluster = () => new ScriptedCluster({ 'shop/web': 3, 'shop/db': 1 });
/** What a receipt of setting shop/web from 3 to 0 says, for the mode that has to set it still. */
const parked = (mode: BatchMode) => (mode === 'items' ? item('shop/web', 0) : receiptItem('shop/web', 3, 0));

describe('the plan of an item', () => {
  it('names the Deployment, its count, what happens to the new one, and that it can be brought back', async () => {
    const scene = cluster();
    scene.forecastsOf = () => [{ ...undone, kind: 'contested' }];
    expect(await planOne(item('shop/web', 0), scene)).toEqual({
      item: item('shop/web', 0),
      outcome: 'set',
      error: undefined,
      right: true,
      uid: 'uid',
      from: 3,
      forecasts: [{ ...undone, kind: 'contested' }],
      warnings: [],
      rail: undefined,
      restorable: true,
      changedBy: undefined,
    });
    expect(scene.begun).toEqual([]);
  });

  it('is that it stays as it is, if the Deployment has the count already', async () => {
    expect(await planOne(item('shop/web', 3), cluster())).toMatchObject({ outcome: 'unchanged', from: 3 });
  });

  it('shows nothing of a Deployment that the caller may not scale', async () => {
    const scene = cluster();
    scene.access = new Access({ ...alwaysAllow, allows: () => false });
    expect(await planOne(item('shop/web', 0), scene)).toEqual({
      item: item('shop/web', 0),
      outcome: 'refused',
      error: expect.any(AccessDeniedError),
      right: false,
      uid: undefined,
      from: undefined,
      forecasts: [],
      warnings: [],
      rail: undefined,
      restorable: false,
      changedBy: undefined,
    });
  });

  it('is not restorable if a rail, or somebody else, would not let the present count come back', async () => {
    const scene = cluster();
    scene.railOf = (_key, replicas, from) => (from === 0 && replicas === 3 ? 'at most 2' : undefined);
    expect(await planOne(item('shop/web', 0), scene)).toMatchObject({ outcome: 'set', restorable: false });
    scene.railOf = () => undefined;
    scene.forecastsOf = (_key, replicas) => (replicas === 3 ? [undone] : []);
    expect(await planOne(item('shop/web', 0), scene)).toMatchObject({ outcome: 'set', restorable: false });
    expect(await planOne(item('shop/web', 0), scene, 'items', true)).toMatchObject({ restorable: true });
  });

  it('says which autoscaler a count above 0 wakes, and nothing of one that is awake', async () => {
    const scene = cluster();
    scene.forecastsOf = (_key, replicas) =>
      replicas === 0 ? [{ ...undone, kind: 'pauses', by: 'HorizontalPodAutoscaler/web' }] : [];
    expect(await planOne(item('shop/web', 5), scene)).toMatchObject({ warnings: [] });
    scene.add('shop/web', 0);
    expect(await planOne(receiptItem('shop/web', 0, 3), scene, 'restore')).toMatchObject({
      warnings: ['this wakes HorizontalPodAutoscaler/web, which sets the count again from now on'],
    });
  });
});

describe('an item that may not be set', () => {
  it.each(MODES)('%s: is refused, or in a restore left alone, by a rail', async (mode) => {
    const scene = cluster();
    scene.railOf = (_key, replicas) => (replicas === 0 ? 'rule production: never 0' : undefined);
    expect(await planOne(parked(mode), scene, mode, true)).toMatchObject({
      outcome: mode === 'restore' ? 'leftAlone' : 'refused',
      error: expect.any(RailError),
      rail: 'rule production: never 0',
      restorable: false,
    });
  });

  it.each(MODES)('%s: is refused, or in a restore left alone, if it would be undone', async (mode) => {
    const scene = cluster();
    scene.forecastsOf = () => [undone];
    expect(await planOne(parked(mode), scene, mode)).toMatchObject({
      outcome: mode === 'restore' ? 'leftAlone' : 'refused',
      error: expect.any(ReplicasManagedError),
    });
    expect(await planOne(parked(mode), scene, mode, true)).toMatchObject({ outcome: 'set' });
  });

  it.each(MODES)('%s: is refused, or in a restore left alone, without the right', async (mode) => {
    const scene = cluster();
    scene.access = new Access({ ...alwaysAllow, allows: () => false });
    expect(await planOne(parked(mode), scene, mode)).toMatchObject({
      outcome: mode === 'restore' ? 'leftAlone' : 'refused',
      error: expect.any(AccessDeniedError),
    });
  });

  it.each(MODES)('%s: is refused, or in a restore failed, if the right cannot be found out', async (mode) => {
    const scene = cluster();
    const unavailable = () => Promise.reject(new AuthorizerUnavailableError(new Error('no answer')));
    scene.access = new Access({ ...alwaysAllow, allows: unavailable });
    expect(await planOne(parked(mode), scene, mode)).toMatchObject({
      outcome: mode === 'restore' ? 'failed' : 'refused',
      error: expect.any(AuthorizerUnavailableError),
      right: undefined,
    });
  });

  it.each(MODES)('%s: is refused, or in a restore failed, while the cache is not filled', async (mode) => {
    const scene = cluster();
    scene.prospect = () => {
      throw new NotSyncedError();
    };
    expect(await planOne(parked(mode), scene, mode)).toMatchObject({
      outcome: mode === 'restore' ? 'failed' : 'refused',
      error: expect.any(NotSyncedError),
      right: true,
    });
  });

  it('is refused if it is missing, or its cluster is', async () => {
    expect(await planOne(item('shop/none', 0), cluster())).toMatchObject({
      outcome: 'refused',
      error: expect.any(DeploymentError),
    });
    expect(await planOne(item('moon:shop/web', 0), cluster())).toMatchObject({
      outcome: 'refused',
      error: expect.objectContaining({ constructor: UnknownClusterError, cluster: 'moon' }),
    });
  });

  it.each(['finish', 'restore'] as const)('%s: of a missing cluster it is as in the mode', async (mode) => {
    const items = [parked(mode), receiptItem('moon:shop/web', 3, 0)];
    expect(await plan(orderOf(items, mode), clustersOf(cluster()))).toMatchObject([
      { outcome: 'set' },
      { outcome: mode === 'restore' ? 'leftAlone' : 'refused', error: expect.any(UnknownClusterError) },
    ]);
  });
});

describe.each(['finish', 'restore'] as const)('the plan of a receipt (%s)', (mode) => {
  it('is to set what is still as expected, and to take what is as wanted as done', async () => {
    const scene = cluster();
    const items = [receiptItem('shop/web', 3, 0), receiptItem('shop/db', 0, 1)];
    expect(await plan(orderOf(items, mode), clustersOf(scene))).toMatchObject([
      { outcome: 'set', from: 3 },
      { outcome: 'unchanged', from: 1 },
    ]);
  });

  it('is to leave alone what has been changed since, and to say by whom', async () => {
    expect(await planOne(receiptItem('shop/web', 5, 0), cluster(), mode)).toMatchObject({
      outcome: 'leftAlone',
      error: expect.objectContaining({ constructor: ChangedSinceError, message: 'kubectl set it to 3' }),
      from: 3,
      changedBy: { by: 'kubectl' },
      restorable: false,
    });
  });

  it('is to leave alone what is gone or another Deployment by now, and shows nothing of that', async () => {
    const items = [
      receiptItem('shop/web', 3, 0),
      receiptItem('shop/none', 3, 0),
      receiptItem('shop/db', 1, 0, 'another'),
    ];
    const gone = { outcome: 'leftAlone', error: expect.any(DeploymentGoneError), uid: undefined };
    expect(await plan(orderOf(items, mode), clustersOf(cluster()))).toMatchObject([
      { outcome: 'set' },
      gone,
      { ...gone, from: undefined, forecasts: [] },
    ]);
  });

  it('takes what is done as done, even if somebody else will undo it', async () => {
    const scene = cluster();
    scene.forecastsOf = () => [undone];
    expect(await planOne(receiptItem('shop/web', 0, 3), scene, mode)).toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('is an error if none of its Deployments is there', async () => {
    const items = [
      receiptItem('shop/web', 3, 0, 'another'),
      receiptItem('shop/none', 3, 0),
      receiptItem('moon:shop/web', 3, 0),
    ];
    await expect(plan(orderOf(items, mode), clustersOf(cluster()))).rejects.toThrow(ForeignReceiptError);
  });

  it('is none if it is not known whether one is there', async () => {
    const scene = cluster();
    const allows = (_: unknown, { namespace }: { namespace?: string }) => namespace === 'shop';
    scene.access = new Access({ ...alwaysAllow, allows });
    const items = [receiptItem('shop/web', 3, 0, 'another'), receiptItem('other/web', 3, 0)];
    expect(await plan(orderOf(items, mode), clustersOf(scene))).toHaveLength(2);
  });
});

it('a plan keeps the order of its items over clusters', async () => {
  const clusters = clustersOf(cluster(), new ScriptedCluster({ 'shop/web': 7 }, 'north'));
  const items = [item('shop/web', 0), item('north:shop/web', 0), item('shop/db', 0)];
  expect((await plan(orderOf(items), clusters)).map(({ from }) => from)).toEqual([3, 7, 1]);
});

it('a plan asks for 8 rights at a time in each cluster', async () => {
  const counts = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`space-${at}/web`, 1]));
  const scene = new ScriptedCluster(counts);
  const answers: ((allowed: boolean) => void)[] = [];
  let most = 0;
  const allows = () =>
    new Promise<boolean>((resolve) => {
      answers.push(resolve);
      most = Math.max(most, answers.length);
    });
  scene.access = new Access({ ...alwaysAllow, allows });
  const items = Object.keys(counts).map((key) => item(key, 0));
  let ended = false;
  const planned = plan(orderOf(items), clustersOf(scene)).finally(() => {
    ended = true;
  });
  await until(() => {
    // The others have begun as far as they may.
    answers.shift()?.(true);
    return ended;
  });
  expect(await planned).toHaveLength(30);
  expect(most).toBe(8);
});

it('a plan takes the rights that it has not found out within 20 s as not known', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const counts = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`space-${at}/web`, 1]));
  const scene = new ScriptedCluster(counts);
  const allows = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 1_000));
  scene.access = new Access({ ...alwaysAllow, allows });
  const planned = plan(orderOf(Object.keys(counts).map((key) => item(key, 0))), clustersOf(scene));
  await vi.advanceTimersByTimeAsync(20_000);
  const outcomes = Object.groupBy(await planned, ({ outcome }) => outcome);
  expect(outcomes).toMatchObject({ set: { length: 160 }, refused: { length: 40 } });
  expect(outcomes.refused?.[0]).toMatchObject({
    error: expect.any(AuthorizerUnavailableError),
    right: undefined,
  });
});

it('a plan of many items lets the event loop turn, so that other requests are served', async () => {
  const counts = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`shop/web-${at}`, 1]));
  const scene = new ScriptedCluster(counts);
  scene.railOf = () => {
    const endsAt = performance.now() + 0.5;
    while (performance.now() < endsAt);
    return undefined;
  };
  let turns = 0;
  let ended = false;
  const turn = () => {
    turns += 1;
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  await plan(orderOf(Object.keys(counts).map((key) => item(key, 0))), clustersOf(scene));
  ended = true;
  // Each item takes 1 ms, and at most 3 ms and 8 items are in one turn.
  expect(turns).toBeGreaterThan(20);
});
