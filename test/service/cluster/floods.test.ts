import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.ts';
import { AuthorizerUnavailableError, FreshnessError } from '../../../src/cluster/cluster-errors.ts';
import { KubeBusyError } from '../../../src/kube/kube-errors.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { defaultDecisionTimes } from '../../support/limits.ts';
import { RARE_PROBES } from '../../support/service.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** One user sends as many requests as possible to a slow API server, and another user must not notice. */
const FLOOD = 1_000;
/** A review is given up after this time, and the next one takes its place. */
const FIRST_TIMEOUT_MS = 2_000;
/** By then all calls have timed out, and further ones may be refused without being sent. */
const ALL_TIMED_OUT_MS = 10_000;
let folder: string;
let demo: FakeApiServer;
let cluster: Cluster;

async function start(): Promise<void> {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  demo.roles.allow({ users: ['alice'], verbs: ['*'], resources: ['*'] });
  folder = await mkdtemp(join(tmpdir(), 'floods-test-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, demo.kubeconfig);
  cluster = new Cluster({
    name: 'demo',
    namespaces: [],
    authorization: defaultDecisionTimes,
    autoscalers: { horizontalPodAutoscalers: false, scaledObjects: false },
    onConflict: 'refuse-certain',
    rails: { current: [] },
    journalBytes: 2 ** 20,
    log: new RecordingLogger(),
    kubeconfig,
    timing: { health: RARE_PROBES },
  });
  cluster.start();
  // It has asked for a review of its own by then.
  await until(() => cluster.wasReady);
  demo.requests.clear();
}

async function stop(): Promise<void> {
  await cluster.stop();
  await demo.stop();
  await rm(folder, { recursive: true });
}

/** Runs the scene again if it fails after a pause of this process, which uses up the time of the other user's calls. */
function scene(play: () => Promise<void>): Promise<void> {
  return undisturbed(FIRST_TIMEOUT_MS / 4, async () => {
    await start();
    try {
      await play();
    } finally {
      await stop();
    }
  });
}

function delay(on: 'review' | 'get' | 'patchScale', delayMs: number): void {
  demo.faults.add({ on, fault: { type: 'call', action: () => {} }, delayMs });
}

/** Starts all calls at once. Resolves with their results and errors. */
function flood(one: (index: number) => unknown): Promise<unknown[]> {
  return Promise.all(
    Array.from({ length: FLOOD }, async (_, index) => {
      try {
        return await one(index);
      } catch (error) {
        return error;
      }
    }),
  );
}

const alice = { user: 'alice', groups: [] };
const flooder = { user: 'flooder', groups: ['strangers'] };

describe('a user who floods the service', { timeout: 300_000 }, () => {
  it('with access reviews takes no turns from another user, and is refused', () =>
    scene(async () => {
      delay('review', 150);
      const flooded = flood((index) => cluster.as(flooder).list(`ns-${index}`));
      for (const namespace of ['a', 'b', 'c', 'd']) {
        await cluster.as(alice).toScale(namespace, 'cart');
      }
      const refused = (await flooded).filter((each) => each instanceof AuthorizerUnavailableError);
      expect(refused).not.toHaveLength(0);
    }));

  it('with direct reads takes no turns from another user, and is refused', () =>
    scene(async () => {
      delay('get', 40);
      const fresh = (user: string, name: string) =>
        cluster.freshDeployment(user, 'shop', name, { maxAgeSeconds: 0 });
      const flooded = flood((index) => fresh('flooder', `d-${index}`));
      for (let times = 0; times < 5; times += 1)
        expect((await fresh('alice', 'cart')).value).toMatchObject({ replicas: 4 });
      expect((await flooded).filter((each) => each instanceof FreshnessError)).not.toHaveLength(0);
    }));

  it('with direct reads of one Deployment does not keep another user from reading it', () =>
    scene(async () => {
      delay('get', 40);
      const fresh = (user: string, name: string) =>
        cluster.freshDeployment(user, 'shop', name, { maxAgeSeconds: 0 });
      const flooded = flood((index) => fresh('flooder', index < FLOOD / 2 ? `d-${index}` : 'cart'));
      for (let times = 0; times < 5; times += 1)
        expect((await fresh('alice', 'cart')).value).toMatchObject({ replicas: 4 });
      await flooded;
    }));

  it('with writes takes no turns from another user, and is refused', () =>
    scene(async () => {
      delay('patchScale', 1_000);
      const write = (user: string, replicas: number) =>
        cluster.scale({ namespace: 'shop', deployment: 'cart', replicas, user });
      const flooded = flood((index) => write('flooder', 100 + index));
      for (const replicas of [5, 6]) expect(await write('alice', replicas)).toMatchObject({ replicas });
      expect((await flooded).filter((each) => each instanceof KubeBusyError)).not.toHaveLength(0);
    }));

  it('with one kind of call leaves turns for the other kinds', () =>
    scene(async () => {
      for (const on of ['review', 'get', 'patchScale'] as const)
        demo.faults.add({ on, fault: { type: 'cut', how: 'silence' } });
      const startedAt = performance.now();
      const sent = (kind: 'review' | 'get' | 'patchScale') => demo.requests.count(kind);
      const all = [
        flood((index) => cluster.freshDeployment('flooder', 'shop', `d-${index}`, { maxAgeSeconds: 0 })),
        // Of a Deployment in the cache: the others are read first, because rails may hold for them.
        flood((index) =>
          cluster.scale({ namespace: 'shop', deployment: 'cart', replicas: 100 + index, user: 'flooder' }),
        ),
      ];
      // The flooder has at most as many calls under way as places. Others take their turns when the first time out.
      const [reviews, directReads, writes] = [5, 4, 8];
      await until(() => sent('get') >= directReads && sent('patchScale') >= writes, ALL_TIMED_OUT_MS);
      // Reviews come last because they time out first. Afterwards the other calls would be refused without being sent.
      all.push(flood((index) => cluster.as(flooder).list(`ns-${index}`)));
      await until(() => sent('review') >= reviews, ALL_TIMED_OUT_MS);
      if (performance.now() - startedAt < FIRST_TIMEOUT_MS)
        expect([sent('review'), sent('get'), sent('patchScale')]).toEqual([reviews, directReads, writes]);
      demo.faults.clear();
      // If the first have timed out already, further calls are refused at once until the watch shows that the API server
      // answers. Calls that time out later, and began before that, no longer count.
      const { resourceVersion } = demo.deployments.touch('shop', 'cart');
      await until(() => cluster.deployment('shop', 'cart').resourceVersion === String(resourceVersion));
      await cluster.as(alice).toScale('shop', 'cart');
      expect(
        await cluster.scale({ namespace: 'shop', deployment: 'cart', replicas: 7, user: 'alice' }),
      ).toMatchObject({
        replicas: 7,
      });
      await cluster.stop();
      await Promise.all(all);
    }));
});

describe('lists that are read from the API server', () => {
  beforeEach(start);
  afterEach(stop);

  const fresh = async (user: string, namespace?: string, shown?: readonly string[]) => {
    const endsAt = performance.now() + 5_000;
    return (await cluster.freshNames(user, namespace, { maxAgeSeconds: 0 }, endsAt)).reading(shown);
  };

  it('share the buffers of the cache if they are equal', async () => {
    const { namespaces } = cluster;
    expect(namespaces.length).toBeGreaterThan(2);
    for (const namespace of [undefined, ...namespaces, 'none']) {
      const { value } = await fresh('alice', namespace);
      expect(value).toBe(cluster.list(namespace).value);
      expect((await fresh('bob', namespace)).value).toBe(value);
    }
    const some = namespaces.slice(1);
    expect((await fresh('alice', undefined, some)).value).toBe(cluster.list(undefined, some).value);
  });

  it('share one buffer for all callers that see the same list, even if each call reads it and the cache is older', async () => {
    demo.faults.add({ on: 'watch', fault: { type: 'status', code: 503 } });
    demo.dropConnections();
    demo.deployments.create({ namespace: 'default', name: 'brand-new', replicas: 1 });
    const first = await fresh('alice');
    expect(String(first.value)).toContain('default/brand-new');
    expect((await fresh('alice')).value).toBe(first.value);
    expect((await fresh('bob')).value).toBe(first.value);
    const some = ['default', 'shop'];
    const { value } = await fresh('carol', undefined, some);
    expect((await fresh('carol', undefined, some)).value).toBe(value);
  });
});
