import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeploymentCache } from '../../../../src/cluster/cache/deployment-cache.ts';
import { DeploymentError, RolloutError } from '../../../../src/cluster/cluster-errors.ts';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { CountHistory } from '../../../../src/cluster/ownership/count-history.ts';
import type { PodTrouble } from '../../../../src/cluster/rollout/pod-troubles.ts';
import { RolloutWaits, type WaitTarget } from '../../../../src/cluster/waits/rollout-waits.ts';
import { Informer } from '../../../../src/kube/reflector/informer.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

/** Waits for Deployments that the test puts into the cache, with the times of production. */
const LIMIT_MS = 60_000;
const TROUBLE_MS = 5_000;
const QUOTA = 'FailedCreate: exceeded quota';

let cache: DeploymentCache;
let history: CountHistory;
let waits: RolloutWaits;
let outage: string | undefined;
let version: number;
let pods: FakePods;

/** Looks at pods as the test says. */
class FakePods {
  trouble: PodTrouble | undefined;
  missingRight: string | undefined;
  readonly looks = new Set<() => void>();
  readonly counts: number[] = [];

  watch(_deployment: Deployment, onLook: () => void) {
    this.looks.add(onLook);
    const pods = this;
    return {
      get trouble() {
        return pods.trouble;
      },
      get missingRight() {
        return pods.missingRight;
      },
      available: (count: number) => void pods.counts.push(count),
      stop: () => void pods.looks.delete(onLook),
    };
  }

  look(trouble: PodTrouble | undefined): void {
    this.trouble = trouble;
    for (const onLook of this.looks) onLook();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  cache = new DeploymentCache();
  history = new CountHistory({ overridden: () => {}, contested: () => {}, landed: () => {} }, 0);
  outage = undefined;
  version = 1;
  pods = new FakePods();
  waits = new RolloutWaits({
    find: (namespace, name) => {
      const found = cache.get(namespace, name);
      if (found === undefined) throw new DeploymentError('NOT_FOUND', namespace, name);
      return found;
    },
    history,
    outage: () => outage,
    pods,
  });
});
afterEach(() => {
  expect([waits.size, pods.looks.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
});

/** A state of the Deployment: 3 replicas are asked for, 1 is available. */
function state(parts: Partial<Deployment> & { readonly available?: number; readonly trouble?: string } = {}) {
  const { available = 1, trouble, ...others } = parts;
  version += 1;
  const replicas = others.replicas ?? 3;
  const status = { observed: true, current: replicas, updated: replicas, ready: available, paused: false };
  return deployment('cart', `${version}`, {
    replicas,
    status: { ...status, available, trouble },
    ...others,
  });
}

/** Puts a state into the cache and tells the handlers of it, as the informer does. */
function show(item: Deployment): void {
  const previous = cache.get(item.namespace, item.name);
  cache.scope().upsert(item);
  if (previous === undefined) return;
  history.updated(item, previous);
  waits.updated(item);
}

function remove(): void {
  const item = cache.get('default', 'cart');
  if (item === undefined) throw new Error('there is none');
  cache.scope().remove(item);
  waits.deleted(item);
}

interface Begun {
  readonly interruption: AbortController;
  /** What it has ended with: the available replicas, or the code and the message of the error. */
  outcome: string | undefined;
}

/** An informer that never starts. */
function informer() {
  return new Informer<Deployment>({
    api: {
      call: () => Promise.reject(),
      watch: () => Promise.reject(),
      reloadCredentials() {},
    },
    path: '/',
    reduce: () => state(),
    store: cache.scope(),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

function wait(parts: Partial<WaitTarget> = {}, limitMs = LIMIT_MS): Begun {
  const target = {
    namespace: 'default',
    deployment: 'cart',
    replicas: 3,
    uid: 'uid-of-cart',
    resourceVersion: undefined,
    ...parts,
  };
  const begun: Begun = { interruption: new AbortController(), outcome: undefined };
  waits.wait(target, { limitMs, signal: begun.interruption.signal }, informer()).then(
    ({ status }) => {
      begun.outcome = `ready ${status.available}`;
    },
    (error: unknown) => {
      begun.outcome = error instanceof RolloutError ? `${error.code} ${error.message}` : String(error);
    },
  );
  return begun;
}

async function begun(parts?: Partial<WaitTarget>, limitMs?: number): Promise<Begun> {
  const wanted = wait(parts, limitMs);
  await flush();
  expect(wanted.outcome).toBeUndefined();
  return wanted;
}

async function outcomeOf(wanted: Begun): Promise<string | undefined> {
  await flush();
  return wanted.outcome;
}

describe('a wait', () => {
  it('ends for all who wait for the Deployment, and for nobody else', async () => {
    show(state());
    show({ ...state(), name: 'other', uid: 'uid-of-other' });
    const [one, two] = [await begun(), await begun()];
    const other = await begun({ deployment: 'other', uid: 'uid-of-other' });
    expect(waits.size).toBe(3);
    show(state({ available: 3 }));
    expect([await outcomeOf(one), await outcomeOf(two), await outcomeOf(other)]).toEqual([
      'ready 3',
      'ready 3',
      undefined,
    ]);
    expect(waits.size).toBe(1);
    other.interruption.abort('the client has disconnected');
    expect(await outcomeOf(other)).toBe('INTERRUPTED the client has disconnected');
  });

  it('sees a count that somebody sets and takes back at once, and says whose it was', async () => {
    show(state());
    const wanted = await begun();
    const by = (manager: string) => [
      { manager, operation: 'Update' as const, viaScale: true, ownsCount: true, at: 0 },
    ];
    show(state({ replicas: 7, writers: by('kubectl') }));
    show(state({ replicas: 3, available: 3, writers: by('patcher') }));
    expect(await outcomeOf(wanted)).toBe('OVERRIDDEN kubectl set it to 7');
  });

  it('names the owner of a count that was set before the service saw it, or nobody', async () => {
    const writers = [
      { manager: 'helm', operation: 'Apply' as const, viaScale: false, ownsCount: true, at: 0 },
    ];
    show(state({ replicas: 5, writers }));
    expect(await outcomeOf(wait())).toBe('OVERRIDDEN helm set it to 5');
    show(state({ replicas: 5, writers: [] }));
    expect(await outcomeOf(wait())).toBe('OVERRIDDEN somebody set it to 5');
  });

  it('is for one Deployment, not for its name', async () => {
    show(state());
    const wanted = await begun();
    remove();
    show(state({ uid: 'uid-of-another', available: 3 }));
    expect(await outcomeOf(wanted)).toBe('GONE it was deleted');
    expect(await outcomeOf(wait())).toBe('GONE it was deleted');
    expect(await outcomeOf(wait({ uid: undefined }))).toBe('ready 3');
    remove();
    expect(await outcomeOf(wait())).toBe('GONE it was deleted');
    expect(await outcomeOf(wait({ uid: undefined }))).toContain('NOT_FOUND');
  });

  it('judges nothing before the cache has seen the version, and takes the time for that from its own', async () => {
    show(state({ replicas: 5 }));
    const wanted = await begun({ resourceVersion: '1000' });
    show(state({ available: 3 }));
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    expect(wanted.outcome).toBeUndefined();
    outage = 'the API server cannot be reached';
    await vi.advanceTimersByTimeAsync(1);
    expect(wanted.outcome).toBe(
      'LATE the API server cannot be reached: this service has not seen resourceVersion 1000 yet',
    );
  });

  it('ends without a trace at every stage if it is interrupted or the waits stop', async () => {
    show(state());
    const behind = [await begun({ resourceVersion: '1000' }), await begun({ resourceVersion: '1000' })];
    behind[0]?.interruption.abort('the client has disconnected');
    expect(await outcomeOf(behind[0] ?? wait())).toBe('INTERRUPTED the client has disconnected');
    behind[1]?.interruption.abort('it is over');
    const judged = await begun();
    waits.stop();
    expect(await outcomeOf(judged)).toBe('INTERRUPTED the service no longer serves this cluster');
    expect(await outcomeOf(wait())).toBe('INTERRUPTED the service no longer serves this cluster');
    // Nothing would show it that version any more.
    const removed = wait({ resourceVersion: '1000' });
    expect(await outcomeOf(removed)).toBe('INTERRUPTED the service no longer serves this cluster');
    const aborted = wait();
    aborted.interruption.abort('early');
    expect(await outcomeOf(aborted)).toContain('INTERRUPTED');
  });
});

describe('the trouble that a Deployment reports', () => {
  it('ends waits after 5 s by the clock of the service', async () => {
    show(state({ trouble: QUOTA }));
    const wanted = await begun();
    await vi.advanceTimersByTimeAsync(TROUBLE_MS - 1);
    expect(wanted.outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(wanted.outcome).toBe(`STUCK ${QUOTA}`);
  });

  it('counts from the last time that more replicas became available', async () => {
    show(state({ trouble: QUOTA }));
    const wanted = await begun();
    await vi.advanceTimersByTimeAsync(TROUBLE_MS - 1);
    show(state({ available: 2, trouble: QUOTA }));
    await vi.advanceTimersByTimeAsync(TROUBLE_MS - 1);
    // Fewer, and then as many as before, are not growth.
    show(state({ available: 1, trouble: QUOTA }));
    show(state({ available: 2, trouble: QUOTA }));
    expect(await outcomeOf(wanted)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(wanted.outcome).toBe(`STUCK ${QUOTA}`);
  });

  it('counts again from zero after it has ended, or the spec has changed', async () => {
    show(state({ trouble: QUOTA }));
    const wanted = await begun();
    for (const between of [
      state(),
      state({ status: { ...state({ trouble: QUOTA }).status, observed: false } }),
    ]) {
      await vi.advanceTimersByTimeAsync(TROUBLE_MS - 1);
      show(between);
      show(state({ trouble: QUOTA }));
    }
    await vi.advanceTimersByTimeAsync(TROUBLE_MS - 1);
    expect(wanted.outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(wanted.outcome).toBe(`STUCK ${QUOTA}`);
  });

  it('does not count while no pod is asked for', async () => {
    show(state({ replicas: 0, available: 0, status: { ...state({ trouble: QUOTA }).status, current: 2 } }));
    const wanted = await begun({ replicas: 0 });
    expect(pods.looks.size).toBe(0);
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    expect(wanted.outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(wanted.outcome).toContain('LATE');
  });
});

describe('the trouble of pods', () => {
  const PULL = 'pod cart-1: ImagePullBackOff';

  it('ends all waits once it will not pass, and is told when the time is up', async () => {
    show(state());
    const [one, two, short] = [await begun(), await begun(), await begun({}, 1_000)];
    expect(pods.looks.size).toBe(1);
    pods.look({ message: PULL, stuck: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect([one.outcome, short.outcome]).toEqual([undefined, `LATE ${PULL}`]);
    show(state({ available: 2 }));
    expect(pods.counts).toEqual([2]);
    pods.look({ message: PULL, stuck: true });
    expect([await outcomeOf(one), await outcomeOf(two)]).toEqual([`STUCK ${PULL}`, `STUCK ${PULL}`]);
  });

  it('stands beside that of the Deployment', async () => {
    show(state({ trouble: QUOTA }));
    const wanted = await begun();
    pods.look({ message: PULL, stuck: false });
    await vi.advanceTimersByTimeAsync(TROUBLE_MS);
    expect(wanted.outcome).toBe(`STUCK ${QUOTA}; ${PULL}`);
  });

  it('is replaced by the right that would tell it, after what the status says', async () => {
    show(state());
    pods.missingRight = 'the service may not list pods';
    const wanted = await begun();
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    expect(wanted.outcome).toBe('LATE 1 of 3 replicas are available; the service may not list pods');
  });
});
