import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PodTroubles, type PodWatch } from '../../../../src/cluster/rollout/pod-troubles.ts';
import type { KubeRequest } from '../../../../src/kube/client/kube-client.ts';
import { KubeStatusError, KubeTimeoutError } from '../../../../src/kube/kube-errors.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { flush, ScriptedApi } from '../../../support/kube/scripted-api.ts';

/** The looks with the times of production: after 3 s, then every 10 s, and stuck after 30 s. */
const FIRST_MS = 3_000;
const EVERY_MS = 10_000;
const PAUSE_MS = 5 * 60_000;

let api: ScriptedApi;
let log: RecordingLogger;
let troubles: PodTroubles;
let watches: PodWatch[];
/** What the API server has. A test changes it. */
let selector: object;
let replicaSets: object[];
let pods: object[];
/** The answer to a request, if a test has its own. */
let instead: (request: KubeRequest) => unknown;

const list = (items: readonly object[]) => ({ metadata: { resourceVersion: '7' }, items });

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  log = new RecordingLogger();
  troubles = new PodTroubles(api, log);
  watches = [];
  selector = { matchLabels: { app: 'cart' } };
  replicaSets = [replicaSet('new', 2)];
  pods = [];
  instead = () => undefined;
  api.respond = (request) => instead(request) ?? answer(request);
});
afterEach(() => {
  troubles.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function answer({ path, query }: KubeRequest): object {
  if (path.endsWith('/replicasets')) return list(replicaSets);
  if (path.endsWith('/pods')) {
    const hash = /pod-template-hash=(\w+)$/.exec(String(query?.labelSelector))?.[1];
    return list(pods.filter((pod) => JSON.stringify(pod).includes(`"pod-template-hash":"${hash}"`)));
  }
  return { metadata: { uid: `uid-of-${path.split('/').at(-1)}` }, spec: { selector } };
}

function replicaSet(hash: string, revision: number, owner = 'uid-of-cart', created = '2030-01-01T00:00:00Z') {
  return {
    metadata: {
      uid: `uid-of-${hash}`,
      creationTimestamp: created,
      labels: { 'pod-template-hash': hash },
      annotations: revision === 0 ? undefined : { 'deployment.kubernetes.io/revision': `${revision}` },
      ownerReferences: [{ uid: owner, controller: true }],
    },
  };
}

/** A pod whose only container waits for this reason; undefined: it runs. */
function pod(name: string, reason: string | undefined, hash = 'new', owner = `uid-of-${hash}`) {
  const state = reason === undefined ? { running: {} } : { waiting: { reason, message: 'words' } };
  return {
    metadata: {
      uid: `uid-of-${name}`,
      name,
      labels: { 'pod-template-hash': hash },
      ownerReferences: [{ uid: owner, controller: true }],
    },
    status: { containerStatuses: [{ name: 'web', state, ready: reason === undefined, restartCount: 0 }] },
  };
}

function watch(name = 'cart', { available = 0, namespace = 'default', onLook = () => {} } = {}): PodWatch {
  const status = { ...deployment(name, '1').status, available };
  const watching = troubles.watch(deployment(name, '1', { namespace, status }), onLook);
  watches.push(watching);
  return watching;
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const listsOf = (resource: string) =>
  api.requests.filter(({ request }) => request.path.endsWith(`/${resource}`));
const looks = () => listsOf('pods').length;

describe('a look', () => {
  it('asks for pods of the newest ReplicaSet, with the selector of the Deployment', async () => {
    selector = {
      matchLabels: { app: 'cart', 'example.com/tier': 'web' },
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a', 'b'] },
        { key: 'color', operator: 'NotIn', values: ['red'] },
        { key: 'kept', operator: 'Exists' },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    };
    watch();
    await later(FIRST_MS);
    const labelSelector = 'app=cart,example.com/tier=web,zone in (a,b),color notin (red),kept,!gone';
    const asked = api.requests.map(({ request: { path, query } }) => ({ path, query }));
    expect(asked).toEqual([
      { path: '/apis/apps/v1/namespaces/default/deployments/cart', query: undefined },
      { path: '/apis/apps/v1/namespaces/default/replicasets', query: { labelSelector, limit: 50 } },
      {
        path: '/api/v1/namespaces/default/pods',
        query: { labelSelector: `${labelSelector},pod-template-hash=new`, limit: 50 },
      },
    ]);
    for (const { request } of api.requests) expect(request.deadlineMs).toBeLessThanOrEqual(2_000);
  });

  it('is made after 3 s and then every 10 s, and reads the selector once', async () => {
    let told = 0;
    watch('cart', { onLook: () => (told += 1) });
    await later(FIRST_MS - 1);
    expect(api.requests).toEqual([]);
    await later(1);
    expect([looks(), told]).toEqual([1, 1]);
    await later(EVERY_MS - 1);
    expect(looks()).toBe(1);
    await later(1 + 4 * EVERY_MS);
    expect([looks(), told]).toEqual([6, 6]);
    expect(api.requests).toHaveLength(1 + 2 * 6);
  });

  it.each([
    ['has the highest revision', [replicaSet('old', 9), replicaSet('new', 10), replicaSet('older', 8)]],
    [
      'is the last one, where nothing else says',
      [replicaSet('old', 0), replicaSet('new', 0, undefined, '2031-01-01T00:00:00Z')],
    ],
    ['belongs to this Deployment', [replicaSet('new', 1), replicaSet('other', 5, 'uid-of-another')]],
  ])('finds the ReplicaSet that %s', async (_, items) => {
    replicaSets = items;
    pods = [pod('cart-old', 'ErrImagePull', 'old'), pod('cart-new', 'InvalidImageName')];
    const watching = watch();
    await later(FIRST_MS);
    expect(watching.trouble?.message).toBe('pod cart-new: InvalidImageName: words');
  });

  it('finds the newest ReplicaSet on a later page', async () => {
    instead = ({ path, query }) => {
      if (!path.endsWith('/replicasets') || query?.continue !== undefined) return undefined;
      return { metadata: { resourceVersion: '7', continue: 'more' }, items: [replicaSet('old', 1)] };
    };
    pods = [pod('cart-old', 'ErrImagePull', 'old')];
    const watching = watch();
    await later(FIRST_MS);
    expect(watching.trouble).toBeUndefined();
    expect(listsOf('pods')[0]?.request.query?.labelSelector).toContain('pod-template-hash=new');
  });

  it('leaves out pods of others that have the same labels', async () => {
    pods = [pod('cart-1', 'ErrImagePull', 'new', 'uid-of-another')];
    const watching = watch();
    await later(FIRST_MS);
    expect(watching.trouble).toBeUndefined();
  });

  it.each([
    ['is gone', () => new KubeStatusError(404, 'NotFound', 'not found')],
    ['has been replaced by another of its name', () => ({ metadata: { uid: 'uid-of-another' } })],
  ])('finds nothing if the Deployment %s', async (_, read) => {
    instead = ({ path }) => (path.endsWith('/cart') ? read() : undefined);
    const watching = watch();
    await later(FIRST_MS);
    expect([watching.trouble, looks(), log.lines]).toEqual([undefined, 0, []]);
  });

  it('finds nothing if there is no ReplicaSet yet', async () => {
    replicaSets = [];
    watch();
    await later(FIRST_MS);
    expect([looks(), log.lines]).toEqual([0, []]);
  });
});

describe('waits for one Deployment', () => {
  it('share its looks, however many they are and whenever they begin', async () => {
    for (let times = 0; times < 500; times += 1) watch();
    await later(FIRST_MS);
    for (let times = 0; times < 500; times += 1) watch();
    await later(EVERY_MS);
    expect(looks()).toBe(2);
  });

  it('cost nothing if they end before the first look', async () => {
    watch().stop();
    await later(10 * EVERY_MS);
    expect(api.requests).toEqual([]);
    const [first, second] = [watch(), watch()];
    first.stop();
    first.stop();
    await later(FIRST_MS);
    expect(looks()).toBe(1);
    second.stop();
  });

  it('end the looks when the last one stops, and later ones begin again', async () => {
    const [first, second] = [watch(), watch()];
    await later(FIRST_MS);
    first.stop();
    await later(EVERY_MS);
    expect(looks()).toBe(2);
    second.stop();
    await later(10 * EVERY_MS);
    expect(looks()).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
    watch();
    await later(FIRST_MS);
    expect(looks()).toBe(3);
  });

  it('do not bring looks closer together by following one another', async () => {
    for (let second = 0; second < 40; second += 4) {
      const watching = watch();
      await later(4_000);
      watching.stop();
    }
    // At 3, 13, 23 and 33 s.
    expect(looks()).toBe(4);
  });

  it('do not count what a look before their start has seen', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    const first = watch();
    await later(FIRST_MS + 3 * EVERY_MS);
    expect(first.trouble?.stuck).toBe(true);
    const second = watch();
    expect(second.trouble).toBeUndefined();
    pods = [];
    await later(EVERY_MS);
    expect([first.trouble, second.trouble]).toEqual([undefined, undefined]);
  });
});

describe('a trouble', () => {
  it('is stuck once it has lasted 30 s', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    const watching = watch();
    await later(FIRST_MS);
    expect(watching.trouble).toEqual({ message: 'pod cart-1: ErrImagePull: words', stuck: false });
    pods = [pod('cart-1', 'ImagePullBackOff')];
    await later(3 * EVERY_MS - 1);
    expect(watching.trouble).toEqual({ message: 'pod cart-1: ImagePullBackOff: words', stuck: false });
    await later(1);
    expect(watching.trouble).toEqual({ message: 'pod cart-1: ImagePullBackOff: words', stuck: true });
  });

  it('begins with the wait, if that began later', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    watch();
    await later(FIRST_MS + 2 * EVERY_MS);
    const second = watch();
    await later(2 * EVERY_MS);
    expect(second.trouble?.stuck).toBe(false);
    await later(EVERY_MS);
    expect(second.trouble?.stuck).toBe(true);
  });

  it('begins again with each growth of the available replicas since the start of the wait, and only with that', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    const [growing, flapping] = [watch('cart', { available: 2 }), watch('cart', { available: 2 })];
    await later(FIRST_MS + 2 * EVERY_MS);
    growing.available(3);
    flapping.available(1);
    flapping.available(2);
    await later(2 * EVERY_MS);
    expect([growing.trouble?.stuck, flapping.trouble?.stuck]).toEqual([false, true]);
    await later(EVERY_MS);
    expect(growing.trouble?.stuck).toBe(true);
  });

  it('ends with the look that does not show it, and begins again', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    const watching = watch();
    await later(FIRST_MS + 2 * EVERY_MS);
    pods = [pod('cart-1', undefined)];
    await later(EVERY_MS);
    expect(watching.trouble).toBeUndefined();
    pods = [pod('cart-1', 'ErrImagePull')];
    await later(EVERY_MS);
    expect(watching.trouble?.stuck).toBe(false);
  });

  it('begins again with another pod and with another kind of reason', async () => {
    pods = [pod('cart-1', 'ErrImagePull')];
    const watching = watch();
    await later(FIRST_MS + 2 * EVERY_MS);
    pods = [pod('cart-2', 'ErrImagePull')];
    await later(2 * EVERY_MS);
    expect(watching.trouble?.stuck).toBe(false);
    pods = [pod('cart-2', 'CreateContainerConfigError')];
    await later(2 * EVERY_MS);
    expect(watching.trouble?.stuck).toBe(false);
  });

  it('goes on between the restarts of a container that crashes', async () => {
    pods = [pod('cart-1', 'CrashLoopBackOff')];
    const watching = watch();
    await later(FIRST_MS);
    const restarted = { name: 'web', state: { running: {} }, ready: false, restartCount: 2 };
    pods = [{ ...pod('cart-1', undefined), status: { containerStatuses: [restarted] } }];
    await later(3 * EVERY_MS);
    expect(watching.trouble).toEqual({
      message: 'pod cart-1: container web is not ready, restarts so far: 2',
      stuck: true,
    });
  });

  it('is the one that has lasted longest', async () => {
    pods = [pod('cart-2', 'ErrImagePull')];
    const watching = watch();
    await later(FIRST_MS);
    pods = [pod('cart-1', 'CrashLoopBackOff'), pod('cart-2', 'ErrImagePull')];
    await later(EVERY_MS);
    expect(watching.trouble?.message).toBe('pod cart-2: ErrImagePull: words');
  });

  it('stays as it is while looks fail, and goes on with the next one', async () => {
    let told = 0;
    pods = [pod('cart-1', 'ErrImagePull')];
    const watching = watch('cart', { onLook: () => (told += 1) });
    await later(FIRST_MS + EVERY_MS);
    instead = () => new KubeTimeoutError(true, 2_000);
    await later(2 * EVERY_MS);
    expect([told, watching.trouble?.stuck, watching.missingRight]).toEqual([4, false, undefined]);
    instead = () => undefined;
    await later(EVERY_MS);
    expect([told, watching.trouble?.stuck]).toEqual([5, true]);
    expect(log.lines.map(({ level }) => level)).toEqual(['debug', 'debug']);
  });
});

describe('a right that the account lacks', () => {
  const refused = (resource: string) => {
    instead = ({ path }) =>
      path.endsWith(`/${resource}`)
        ? new KubeStatusError(403, 'Forbidden', `${resource} is forbidden`)
        : undefined;
  };

  it.each([
    ['replicasets', 'list replicasets.apps and pods'],
    ['pods', 'list pods'],
    ['cart', 'get deployments.apps'],
  ])('is named if %s are refused', async (resource, right) => {
    refused(resource);
    const watching = watch();
    expect(watching.missingRight).toBeUndefined();
    await later(FIRST_MS);
    const words = `the service may not ${right} in the namespace "default", which would tell why`;
    expect(watching.missingRight).toBe(words);
    // For others too, and at once.
    expect(watch('order').missingRight).toBe(words);
    expect(watch('web', { namespace: 'shop' }).missingRight).toBeUndefined();
  });

  it('is not asked for again for 5 minutes in that namespace, and then it is', async () => {
    refused('replicasets');
    const watching = watch();
    watch('order', { namespace: 'shop' });
    await later(FIRST_MS);
    expect(api.requests).toHaveLength(4);
    instead = () => undefined;
    pods = [pod('cart-1', 'ErrImagePull')];
    for (let times = 0; times < 29; times += 1) {
      watch(`other-${times}`);
      await later(EVERY_MS);
    }
    expect(listsOf('cart')).toHaveLength(1);
    expect(watching.trouble).toBeUndefined();
    await later(PAUSE_MS - 29 * EVERY_MS);
    expect(watching.trouble?.message).toBe('pod cart-1: ErrImagePull: words');
    expect(watching.missingRight).toBeUndefined();
  });

  it('is logged in one line per 5 minutes', async () => {
    refused('replicasets');
    for (let at = 0; at < 100; at += 1) watch(`cart-${at}`, { namespace: `ns-${at}` });
    await later(FIRST_MS);
    expect(listsOf('replicasets')).toHaveLength(100);
    expect(log.lines).toEqual([
      {
        level: 'info',
        context: { namespace: 'ns-0', pauseMs: PAUSE_MS, times: 1 },
        message:
          'the account of the service may not list replicasets and pods: waits in this namespace do not tell why pods do not run',
      },
    ]);
  });
});

describe('many looks', () => {
  it('run 4 at a time, 2 in one namespace, and are left out beyond the line', async () => {
    api.respond = undefined;
    for (let at = 0; at < 700; at += 1) watch(`cart-${at}`);
    await later(FIRST_MS);
    expect(api.untaken).toBe(2);
    // 500 wait in the line of the namespace.
    expect(log.lines.filter(({ level }) => level === 'debug')).toHaveLength(198);
    for (let at = 0; at < 10; at += 1) watch(`other-${at}`, { namespace: `ns-${at}` });
    await later(FIRST_MS);
    expect(api.untaken).toBe(4);
  });

  it('are not made for Deployments that nobody watches any more when their turn comes', async () => {
    api.respond = undefined;
    for (let at = 0; at < 10; at += 1) watch(`cart-${at}`);
    await later(FIRST_MS);
    for (const watching of watches) watching.stop();
    const gone = new KubeStatusError(404, 'NotFound', 'not found');
    for (let times = 0; times < 2; times += 1) await (await api.nextCall()).fail(gone);
    await flush();
    expect([api.untaken, api.requests.length]).toEqual([0, 2]);
  });

  it('end with the cluster, those under way too', async () => {
    api.respond = undefined;
    let told = 0;
    watch('cart', { onLook: () => (told += 1) });
    watch('order');
    await later(FIRST_MS);
    troubles.stop();
    await (await api.nextCall()).fail(new Error('the client is closed'));
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toBe(1);
  });
});
