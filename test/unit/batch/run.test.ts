import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ItemResult } from '../../../src/batch/batch.ts';
import { BatchEndedError, ChangedSinceError, DeploymentGoneError } from '../../../src/batch/batch-errors.ts';
import { Access } from '../../../src/cluster/access/access.ts';
import {
  AccessDeniedError,
  AuthorizerUnavailableError,
  DeploymentError,
  RailError,
  ReplicasManagedError,
  RolloutError,
} from '../../../src/cluster/cluster-errors.ts';
import {
  KubeBusyError,
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../src/kube/kube-errors.ts';
import { alwaysAllow } from '../../support/authorizer.ts';
import {
  begin,
  clustersOf,
  item,
  orderOf,
  receiptItem,
  ScriptedCluster,
  undone,
} from '../../support/batch-scene.ts';
import { deployment } from '../../support/deployment-objects.ts';

/** A cluster of shop/web with 3 replicas and shop/db with 1. */
let cluster: ScriptedCluster;

beforeEach(() => {
  vi.useFakeTimers();
  cluster = new ScriptedCluster({ 'shop/web': 3, 'shop/db': 1 });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** How many results there are of each outcome. */
function countsOf(results: readonly ItemResult[]): Record<string, number> {
  const byOutcome = Object.groupBy(results, ({ outcome }) => outcome);
  return Object.fromEntries(Object.entries(byOutcome).map(([outcome, all]) => [outcome, all.length]));
}

/** A cluster of this many Deployments, shop/web-0 and so on, with the items that set them from 1 to 5. */
function many(count: number, name = 'default') {
  const keys = Array.from({ length: count }, (_, at) => `shop/web-${at}`);
  const scene = new ScriptedCluster(Object.fromEntries(keys.map((key) => [key, 1])), name);
  return { scene, items: keys.map((key) => item(`${name}:${key}`, 5)) };
}

/** Shows the precondition of a write a state that the cache has not seen, which a rail refuses to change. */
function refusesToChangeFrom(replicas: number): ScriptedCluster['onWrite'] {
  return (key, { precondition }) => {
    const [, name = ''] = key.split('/');
    precondition?.(deployment(name, '2', { namespace: 'shop', uid: 'uid', replicas }));
    throw new RailError('rule all: protected', []);
  };
}

/** Runs the batch of one item. */
async function runOne(...parameters: Parameters<typeof begin>): Promise<ItemResult | undefined> {
  const [result] = await (await begin(...parameters)).done;
  return result;
}

describe('items', () => {
  it('are not called unchanged because of the cache if a rail refuses to change what the API server has', async () => {
    cluster.onWrite = refusesToChangeFrom(5);
    const result = await runOne(orderOf([item('shop/web', 3)]), clustersOf(cluster));
    expect(result).toMatchObject({ outcome: 'failed', from: 5, error: { code: 'RAIL' } });
  });

  it('are set under the id of the batch, with force if it has force, and tell what they replaced', async () => {
    const orders: unknown[] = [];
    cluster.onWrite = (key, { replicas, ...others }) => void orders.push({ key, replicas, ...others });
    cluster.warnings = ['mind the gap'];
    const order = orderOf([item('shop/web', 0), item('shop/db', 1)], 'items', true);
    expect(await (await begin(order, clustersOf(cluster))).done).toEqual([
      {
        item: item('shop/web', 0),
        outcome: 'set',
        error: undefined,
        uid: 'uid',
        from: 3,
        resourceVersion: '2',
        forecasts: [],
        warnings: ['mind the gap'],
        changedBy: undefined,
        rollout: undefined,
      },
      expect.objectContaining({ outcome: 'unchanged', from: 1 }),
    ]);
    expect(orders).toMatchObject([
      { key: 'shop/web', replicas: 0, force: true, batch: 'batch-1', user: 'alice' },
      { key: 'shop/db', replicas: 1, force: true, batch: 'batch-1', user: 'alice' },
    ]);
  });

  it('are set whatever the count is by then, and name the count that was really replaced', async () => {
    const between = () => cluster.add('shop/web', 7);
    const result = await runOne(orderOf([item('shop/web', 0)]), clustersOf(cluster), { between });
    expect(result).toMatchObject({ outcome: 'set', from: 7 });
  });

  it('name the count of the last try, if others changed it between two tries', async () => {
    cluster.onWrite = (_key, { precondition }) => {
      precondition?.(deployment('web', '8', { namespace: 'shop', uid: 'uid', replicas: 11 }));
      cluster.add('shop/web', 12);
    };
    expect(await runOne(orderOf([item('shop/web', 0)]), clustersOf(cluster))).toMatchObject({ from: 12 });
  });

  it('fail if their Deployment has been created again since the plan', async () => {
    const between = () => cluster.add('shop/web', 9, [], 'another');
    const result = await runOne(orderOf([item('shop/web', 0)]), clustersOf(cluster), { between });
    expect(result).toMatchObject({ outcome: 'failed', error: expect.any(DeploymentGoneError), from: 3 });
    expect(cluster.writes).toEqual([]);
  });

  it('keep the count that was replaced, if it is unknown what became of the write', async () => {
    cluster.onWrite = (_key, { precondition }) => {
      precondition?.(deployment('web', '8', { namespace: 'shop', uid: 'uid', replicas: 11 }));
      throw new DeploymentError('OUTCOME_UNKNOWN', 'shop', 'web');
    };
    expect(await runOne(orderOf([item('shop/web', 0)]), clustersOf(cluster))).toMatchObject({
      outcome: 'unknown',
      error: expect.any(DeploymentError),
      from: 11,
    });
  });

  it.each([
    ['an answer with 500', new KubeStatusError(500, '', 'etcdserver: request timed out')],
    ['an answer that is none', new KubeMalformedError('no JSON')],
    ['an end of the cluster', new Error('the client is closed')],
  ])('are unknown after %s to the write, and failed after one to the read', async (_name, error) => {
    cluster.onWrite = () => {
      throw error;
    };
    const clusters = clustersOf(cluster);
    expect(await runOne(orderOf([item('shop/web', 0)]), clusters)).toMatchObject({
      outcome: 'failed',
      error,
    });
    cluster.onWrite = (_key, { precondition }) => {
      precondition?.(deployment('web', '8', { namespace: 'shop', uid: 'uid', replicas: 3 }));
      throw error;
    };
    expect(await runOne(orderOf([item('shop/web', 0)]), clusters)).toMatchObject({
      outcome: 'unknown',
      error,
    });
  });

  it('fail one by one: the others are set', async () => {
    cluster.onWrite = (key) => {
      if (key === 'shop/web') throw new DeploymentError('ADMISSION_REFUSED', 'shop', 'web', 'at most 10');
    };
    const order = orderOf([item('shop/web', 11), item('shop/db', 2)]);
    expect(await (await begin(order, clustersOf(cluster))).done).toMatchObject([
      { outcome: 'failed', from: 3, error: { message: 'at most 10' } },
      { outcome: 'set', from: 1 },
    ]);
  });
});

describe.each(['finish', 'restore'] as const)('a receipt (%s)', (mode) => {
  const order = orderOf([receiptItem('shop/web', 3, 0)], mode);

  it('sets the count that is as expected', async () => {
    expect(await runOne(order, clustersOf(cluster))).toMatchObject({ outcome: 'set', from: 3 });
    expect(cluster.replicasOf('shop', 'web')).toBe(0);
  });

  it('takes a count that has become as wanted as done', async () => {
    const between = () => cluster.add('shop/web', 0);
    expect(await runOne(order, clustersOf(cluster), { between })).toMatchObject({
      outcome: 'unchanged',
      from: 0,
    });
  });

  it('leaves alone what others change before its write, and says who', async () => {
    const between = () => cluster.add('shop/web', 4);
    expect(await runOne(order, clustersOf(cluster), { between })).toMatchObject({
      outcome: 'leftAlone',
      error: expect.any(ChangedSinceError),
      from: 4,
      changedBy: { by: 'kubectl' },
    });
    expect(cluster.writes).toEqual([]);
  });

  it('leaves alone a Deployment that was created again', async () => {
    const between = () => cluster.add('shop/web', 3, [], 'another');
    expect(await runOne(order, clustersOf(cluster), { between })).toMatchObject({
      outcome: 'leftAlone',
      error: expect.any(DeploymentGoneError),
    });
    expect(cluster.writes).toEqual([]);
  });

  it('leaves alone a Deployment that is deleted before its write', async () => {
    cluster.onWrite = () => {
      throw new DeploymentError('NOT_FOUND', 'shop', 'web');
    };
    expect(await runOne(order, clustersOf(cluster))).toMatchObject({
      outcome: 'leftAlone',
      error: expect.any(DeploymentGoneError),
    });
  });

  it('sets a count that the cache took for changed only because it was behind', async () => {
    cluster.add('shop/web', 8);
    const between = () => cluster.add('shop/web', 3);
    expect(await runOne(order, clustersOf(cluster), { between })).toMatchObject({ outcome: 'set', from: 3 });
  });

  it('takes what is done as done, even if somebody else will undo it', async () => {
    cluster.add('shop/web', 0);
    cluster.forecastsOf = () => [undone];
    expect(await runOne(order, clustersOf(cluster))).toMatchObject({
      outcome: 'unchanged',
      error: undefined,
    });
  });

  it('says that a Deployment was changed, even if a rail would not let its count be set', async () => {
    cluster.add('shop/web', 8);
    cluster.railOf = () => 'rule production: at least 2';
    expect(await runOne(order, clustersOf(cluster))).toMatchObject({
      outcome: 'leftAlone',
      error: expect.any(ChangedSinceError),
      from: 8,
    });
  });
});

it.each([
  ['items', 'failed'],
  ['finish', 'failed'],
  ['restore', 'leftAlone'],
] as const)('%s that may not be set by the time of their write are %s', async (mode, outcome) => {
  const one = mode === 'items' ? item('shop/web', 0) : receiptItem('shop/web', 3, 0);
  const runWith = (between: () => void) => runOne(orderOf([one], mode), clustersOf(cluster), { between });
  const railed = await runWith(() => {
    cluster.railOf = () => 'rule production: at least 2';
  });
  expect(railed).toMatchObject({ outcome, error: expect.any(RailError) });
  cluster.railOf = () => undefined;
  const managed = await runWith(() => {
    cluster.forecastsOf = () => [undone];
  });
  expect(managed).toMatchObject({ outcome, error: expect.any(ReplicasManagedError) });
  cluster.forecastsOf = () => [];
  const denied = await runWith(() => {
    cluster.access = new Access({ ...alwaysAllow, allows: () => false });
  });
  expect(denied).toMatchObject({ outcome, error: expect.any(AccessDeniedError) });
  expect(cluster.writes).toEqual([]);
});

describe.each([
  ['items', 'failed'],
  ['finish', 'failed'],
  ['restore', 'leftAlone'],
] as const)('a count that was as wanted when it was planned (%s)', (mode, outcome) => {
  const order = () => orderOf([mode === 'items' ? item('shop/web', 0) : receiptItem('shop/web', 3, 0)], mode);

  beforeEach(() => cluster.add('shop/web', 0));

  it('is not called unchanged if another one is there by the time of its write, which a rail refuses', async () => {
    const between = () => {
      cluster.add('shop/web', 9);
      cluster.railOf = () => 'rule production: by at most 2';
    };
    expect(await runOne(order(), clustersOf(cluster), { between })).toMatchObject({
      outcome,
      error: expect.any(RailError),
      from: 9,
    });
  });

  it('is not called unchanged if another one is there by then, which an autoscaler would undo', async () => {
    const between = () => {
      cluster.add('shop/web', 9);
      cluster.forecastsOf = () => [undone];
    };
    expect(await runOne(order(), clustersOf(cluster), { between })).toMatchObject({
      outcome,
      error: expect.any(ReplicasManagedError),
      from: 9,
    });
  });

  it('is unchanged if it is still there, even if an autoscaler would undo it by then', async () => {
    const between = () => {
      cluster.forecastsOf = () => [undone];
    };
    expect(await runOne(order(), clustersOf(cluster), { between })).toMatchObject({
      outcome: 'unchanged',
      error: undefined,
      from: 0,
    });
  });
});

describe.each(['items', 'finish', 'restore'] as const)('a write that is tried again (%s)', (mode) => {
  const order = orderOf([mode === 'items' ? item('shop/web', 0) : receiptItem('shop/web', 3, 0)], mode);

  /** Fails the first write, which has come to `state`, after which the cluster has the count 0. */
  function failsFirst(error: Error, state: number | undefined): void {
    cluster.onWrite = (_key, { precondition }) => {
      cluster.onWrite = () => {};
      const [uid, namespace] = ['uid', 'shop'];
      if (state !== undefined) precondition?.(deployment('web', '8', { namespace, uid, replicas: state }));
      cluster.add('shop/web', 0);
      throw error;
    };
  }

  async function runToEnd(): Promise<ItemResult | undefined> {
    const running = await begin(order, clustersOf(cluster));
    await vi.advanceTimersByTimeAsync(8_000);
    return (await running.done)[0];
  }

  it('does not take its own first write for a count that was there already', async () => {
    failsFirst(new KubeStatusError(503, 'ServiceUnavailable', 'of a proxy'), 3);
    expect(await runToEnd()).toMatchObject({ outcome: 'set', error: undefined, from: 3 });
  });

  it.each([
    ['did not come to its write', new KubeStatusError(503, 'ServiceUnavailable', ''), undefined],
    ['was certainly not sent', new KubeUnreachableError(false, new Error('connect ECONNREFUSED')), 3],
  ])('takes the count for what somebody else has set if its first try %s', async (_, error, state) => {
    failsFirst(error, state);
    expect(await runToEnd()).toMatchObject({ outcome: 'unchanged', from: 0 });
  });
});

describe('the writes of a batch', () => {
  it('are 8 at a time in each cluster, and no cluster waits for another', async () => {
    const [south, north] = [many(30, 'south'), many(10, 'north')];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    south.scene.onWrite = () => gate;
    const order = orderOf([...south.items, ...north.items]);
    const running = await begin(order, clustersOf(south.scene, north.scene));
    await vi.advanceTimersByTimeAsync(0);
    expect(south.scene.begun).toHaveLength(8);
    expect(north.scene.writes).toHaveLength(10);
    open();
    expect(countsOf(await running.done)).toEqual({ set: 40 });
    expect(south.scene.mostUnderWay).toBe(8);
  });

  it('have room in the audit log before they begin, and fill it whatever becomes of them', async () => {
    const { scene, items } = many(20);
    const running = await begin(orderOf(items), clustersOf(scene));
    scene.onWrite = (key) => {
      // Items that are written by now have given back their room.
      expect(running.audit.reserved).toBeGreaterThan(0);
      if (key === 'shop/web-3') throw new DeploymentError('OUTCOME_UNKNOWN', 'shop', 'web-3');
      if (key === 'shop/web-4') throw new DeploymentError('CONFLICT', 'shop', 'web-4');
      if (key === 'shop/web-5') throw new TypeError('a mistake of ours');
    };
    const results = await running.done;
    expect(countsOf(results)).toEqual({ set: 17, unknown: 1, failed: 2 });
    const { written, noted, reserved } = running.audit;
    expect(new Set(written)).toEqual(new Set(results));
    expect({ noted, reserved }).toEqual({ noted: [], reserved: 0 });
  });

  it('end in a cluster if the log takes no more lines, and each item has a line still', async () => {
    const { scene, items } = many(20);
    const running = await begin(orderOf(items), clustersOf(scene), { room: 8 });
    const results = await running.done;
    expect(countsOf(results)).toEqual({ set: 8, notStarted: 12 });
    expect(scene.begun).toHaveLength(8);
    expect(results[19]?.error).toMatchObject({ constructor: BatchEndedError, code: 'NO_AUDIT_ROOM' });
    expect(running.audit.noted).toHaveLength(12);
  });

  it('leave out what the plan leaves alone, which has a line too', async () => {
    cluster.railOf = (key) => (key === 'shop/db' ? 'protected' : undefined);
    const order = orderOf([receiptItem('shop/web', 3, 0), receiptItem('shop/db', 1, 0)], 'restore');
    const running = await begin(order, clustersOf(cluster));
    expect(await running.done).toMatchObject([{ outcome: 'set' }, { outcome: 'leftAlone', from: 1 }]);
    expect(cluster.begun).toEqual(['shop/web']);
    expect(running.audit.noted).toMatchObject([{ item: { deployment: 'db' }, outcome: 'leftAlone' }]);
  });
});

describe('the end of a batch', () => {
  it('starts no further items once it is interrupted; those under way end as they do', async () => {
    const { scene, items } = many(30);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    // Their writes have been sent.
    scene.onWrite = async (key, { precondition }) => {
      precondition?.(deployment(key.slice(5), '1', { namespace: 'shop', uid: 'uid', replicas: 1 }));
      await gate;
      throw new DeploymentError('OUTCOME_UNKNOWN', 'shop', 'web');
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(0);
    running.ending.abort('the client has disconnected');
    open();
    const results = await running.done;
    expect(countsOf(results)).toEqual({ unknown: 8, notStarted: 22 });
    expect(results[29]?.error).toMatchObject({ code: 'INTERRUPTED', message: 'the client has disconnected' });
    expect(running.audit.noted).toHaveLength(22);
  });

  it('sends no write whose turn comes after it', async () => {
    const { scene, items } = many(8);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    scene.onWrite = () => gate;
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(0);
    running.ending.abort('this instance is shutting down');
    open();
    const results = await running.done;
    expect(countsOf(results)).toEqual({ notStarted: 8 });
    expect(scene.writes).toEqual([]);
    expect(running.audit).toMatchObject({ written: { length: 8 }, noted: [], reserved: 0 });
  });

  it('comes 5 minutes after the first item could start', async () => {
    const { scene, items } = many(30);
    // Each write takes 1 min 40 s, so the fourth of a worker would begin after 5 minutes.
    scene.onWrite = () => new Promise((resolve) => setTimeout(resolve, 100_000));
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(400_000);
    const results = await running.done;
    // The last 8 of them had been begun, but the deadline came before their turn.
    expect(countsOf(results)).toEqual({ set: 16, notStarted: 14 });
    expect(scene.begun).toHaveLength(24);
    expect(results[29]?.error).toMatchObject({ constructor: BatchEndedError, code: 'OUT_OF_TIME' });
  });
});

describe('a wait', () => {
  it('begins right after the write of its item, while others are still being written', async () => {
    const limits: unknown[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    cluster.onWrite = (key) => (key === 'shop/db' ? gate : undefined);
    cluster.onWait = (key, { limitMs }) => void limits.push({ key, limitMs });
    const order = orderOf([item('shop/web', 0), item('shop/db', 0)]);
    const running = await begin(order, clustersOf(cluster), { waitSeconds: 60 });
    await vi.advanceTimersByTimeAsync(0);
    expect(limits).toEqual([{ key: 'shop/web', limitMs: 60_000 }]);
    open();
    expect(await running.done).toMatchObject([{ rollout: { ready: true } }, { rollout: { ready: true } }]);
  });

  it('keeps no other item from being written', async () => {
    const { scene, items } = many(100);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    scene.onWait = () => gate;
    const running = await begin(orderOf(items), clustersOf(scene), { waitSeconds: 60 });
    await vi.advanceTimersByTimeAsync(0);
    expect(scene.writes).toHaveLength(100);
    // The audit line of a write does not wait for its rollout.
    expect(running.audit.written).toHaveLength(100);
    expect(running.results).toBeUndefined();
    open();
    expect(countsOf(await running.done)).toEqual({ set: 100 });
  });

  it('is made for what is set and what was so already, and for nothing else', async () => {
    cluster.onWrite = (key) => {
      if (key === 'shop/c') throw new DeploymentError('CONFLICT', 'shop', 'c');
    };
    cluster.add('shop/c', 1);
    const waits: string[] = [];
    cluster.onWait = (key) => void waits.push(key);
    const order = orderOf([item('shop/web', 0), item('shop/db', 1), item('shop/c', 5)]);
    const results = await (await begin(order, clustersOf(cluster), { waitSeconds: 60 })).done;
    expect(results.map(({ rollout }) => rollout?.ready)).toEqual([true, true, undefined]);
    expect(waits.sort()).toEqual(['shop/db', 'shop/web']);
  });

  it('tells how the rollout ended, and the item stays set', async () => {
    const stuck = new RolloutError('STUCK', { namespace: 'shop', deployment: 'web' }, 'quota');
    cluster.onWait = () => {
      throw stuck;
    };
    const result = await runOne(orderOf([item('shop/web', 9)]), clustersOf(cluster), { waitSeconds: 60 });
    expect(result).toMatchObject({ outcome: 'set', rollout: { ready: false, error: stuck } });
  });

  it('ends when the batch is interrupted', async () => {
    const interrupted = new RolloutError('INTERRUPTED', { namespace: 'shop', deployment: 'web' }, 'drain');
    cluster.onWait = (_key, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(interrupted));
      });
    const order = orderOf([item('shop/web', 9)]);
    const running = await begin(order, clustersOf(cluster), { waitSeconds: 60 });
    await vi.advanceTimersByTimeAsync(0);
    running.ending.abort('this instance is shutting down');
    expect(await running.done).toMatchObject([
      { outcome: 'set', rollout: { ready: false, error: interrupted } },
    ]);
  });
});

describe('a cluster that takes nothing at present', () => {
  const busy = new KubeStatusError(429, 'TooManyRequests', 'try again', 3);
  const silent = new KubeTimeoutError(false, 5_000);

  it('makes all its items pause for as long as it asks, and they are tried again', async () => {
    const { scene, items } = many(100);
    let refusing = true;
    scene.onWrite = () => {
      if (refusing) throw busy;
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(2_999);
    // One failure of the 8 that were under way; nothing is tried during the pause.
    expect(scene.begun).toHaveLength(8);
    refusing = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(countsOf(await running.done)).toEqual({ set: 100 });
    expect(running.audit.written).toHaveLength(100);
  });

  it.each([
    new KubeStatusError(429, 'TooManyRequests', ''),
    new KubeStatusError(503, 'ServiceUnavailable', ''),
    new KubeStatusError(401, 'Unauthorized', ''),
    new KubeUnreachableError(false, new Error('connect ECONNREFUSED')),
    new KubeTimeoutError(false, 5_000),
    new KubeCircuitOpenError(1),
    new KubeCredentialsError(new Error('no token')),
    new KubeBusyError(),
    new AuthorizerUnavailableError(new Error('no answer')),
  ])('costs no item if it takes them after a pause: $name', async (error) => {
    const { scene, items } = many(20);
    let left = 1;
    scene.onWrite = () => {
      left -= 1;
      if (left >= 0) throw error;
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(countsOf(await running.done)).toEqual({ set: 20 });
    expect(scene.begun).toHaveLength(21);
  });

  it('makes those items pause too whose writes it took in that time', async () => {
    const { scene, items } = many(100);
    scene.onWrite = async () => {
      if (scene.begun.length === 1) throw busy;
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(2_999);
    expect({ begun: scene.begun.length, set: scene.writes.length }).toEqual({ begun: 8, set: 7 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(countsOf(await running.done)).toEqual({ set: 100 });
  });

  it('is given up after 5 failures in a row: one item has failed, no other is started', async () => {
    const { scene, items } = many(100);
    const other = many(20, 'north');
    scene.onWrite = () => {
      throw silent;
    };
    const order = orderOf([...items, ...other.items]);
    const running = await begin(order, clustersOf(scene, other.scene));
    // Pauses of at most 1, 2, 4 and 8 s.
    await vi.advanceTimersByTimeAsync(15_000);
    const results = await running.done;
    expect(countsOf(results)).toEqual({ failed: 1, notStarted: 99, set: 20 });
    for (const { error, outcome } of results) if (outcome !== 'set') expect(error).toBe(silent);
    expect(scene.begun.length).toBeLessThanOrEqual(40);
    expect(running.audit.written.length + running.audit.noted.length).toBe(120);
  });

  it('is not sent the writes whose turn comes after it was given up, and they are not tried again', async () => {
    const { scene, items } = many(8);
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const thrown: unknown[] = [];
    scene.onWrite = async (key, { precondition }) => {
      if (key !== 'shop/web-7') throw silent;
      await gate;
      try {
        precondition?.(deployment('web-7', '1', { namespace: 'shop', uid: 'uid', replicas: 1 }));
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(15_000);
    open();
    const results = await running.done;
    expect(countsOf(results)).toEqual({ failed: 1, notStarted: 7 });
    for (const { error } of results) expect(error).toBe(silent);
    // The scaler tries an error of the API server again.
    expect(thrown).toEqual([expect.not.objectContaining({ code: silent.code })]);
  });

  it('is not given up while some of its items are set', async () => {
    const { scene, items } = many(20);
    let tries = 0;
    scene.onWrite = () => {
      tries += 1;
      if (tries % 4 !== 0) throw silent;
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(countsOf(await running.done)).toEqual({ set: 20 });
  });

  it.each([
    ['no time', silent],
    ['0 s', new KubeStatusError(429, 'TooManyRequests', 'try again', 0)],
  ])('pauses at least half a second each time, if it asks for %s', async (_name, error) => {
    const { scene, items } = many(1);
    const times: number[] = [];
    scene.onWrite = () => {
      times.push(performance.now());
      throw error;
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(15_000);
    await running.done;
    expect(times).toHaveLength(5);
    for (const [at, time] of times.slice(1).entries())
      expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(500);
  });

  it('pauses no longer once the batch is interrupted', async () => {
    const { scene, items } = many(20);
    scene.onWrite = () => {
      throw busy;
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(10);
    running.ending.abort('the client has disconnected');
    // No time passes.
    expect(countsOf(await running.done)).toEqual({ notStarted: 20 });
    expect(scene.begun).toHaveLength(8);
    expect(running.audit).toMatchObject({ written: { length: 8 }, noted: { length: 12 }, reserved: 0 });
  });

  it('pauses no longer than the batch lasts, whatever it asks for', async () => {
    const { scene, items } = many(20);
    scene.onWrite = () => {
      throw new KubeStatusError(429, 'TooManyRequests', 'try again', 86_400);
    };
    const running = await begin(orderOf(items), clustersOf(scene));
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    const results = await running.done;
    expect(countsOf(results)).toEqual({ notStarted: 20 });
    expect(results[0]?.error).toMatchObject({ code: 'OUT_OF_TIME' });
  });
});
