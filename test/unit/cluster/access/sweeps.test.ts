import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../../../src/cluster/access/access.ts';
import { type DecisionTimes, ReviewAuthorizer } from '../../../../src/cluster/access/authorizer.ts';
import type { Decision, Subject } from '../../../../src/cluster/access/decisions.ts';
import { GuardedCluster } from '../../../../src/cluster/access/guarded-cluster.ts';
import { ReviewOutcomes } from '../../../../src/cluster/access/review-outcomes.ts';
import { AccessUndecidedError, AuthorizerUnavailableError } from '../../../../src/cluster/cluster-errors.ts';
import type { KubeRequest } from '../../../../src/kube/client/kube-client.ts';
import { KubeStatusError } from '../../../../src/kube/kube-errors.ts';
import { decidedBy } from '../../../support/authorizer.ts';
import { MemoryCluster } from '../../../support/build-app.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { flush, ScriptedApi } from '../../../support/kube/scripted-api.ts';
import { at } from '../../../support/kube-requests.ts';
import { defaultDecisionTimes } from '../../../support/limits.ts';

/** Lists of callers without the right to list all namespaces, over many namespaces. */
const alice: Subject = { user: 'alice', groups: ['dev'] };
const bob: Subject = { user: 'bob', groups: [] };
let api: ScriptedApi;
let cluster: MemoryCluster;
let access: Access;
/** The namespaces in which everybody may list. */
let allowed: Set<string>;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  allowed = new Set(['ns-3', 'ns-7']);
  serve(1_000);
});
afterEach(() => {
  access.stop();
  vi.useRealTimers();
});

/** A cluster with one Deployment in each of `count` namespaces. */
function serve(count: number, times: DecisionTimes = defaultDecisionTimes): void {
  cluster = new MemoryCluster(
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`ns-${index}/web`, 1])),
  );
  access = new Access(new ReviewAuthorizer(api, times, new ReviewOutcomes(new RecordingLogger())));
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const namespaceOf = ({ body }: KubeRequest) => String(at(body, 'spec.resourceAttributes.namespace') ?? '');
const userOf = ({ body }: KubeRequest) => String(at(body, 'spec.user'));
const decision = (request: KubeRequest) => ({ status: { allowed: allowed.has(namespaceOf(request)) } });

/** Makes each review take this time. */
function reviewsTake(ms: number): void {
  api.respond = (request) => new Promise((resolve) => setTimeout(() => resolve(decision(request)), ms));
}

/** The outcome of a list: the shown namespaces, or the error; and how long it took, on the fake clock. */
interface Listed {
  outcome: unknown;
  tookMs: number | undefined;
}

function list(subject = alice): Listed {
  const listed: Listed = { outcome: 'waits', tookMs: undefined };
  const begunAt = performance.now();
  const settle = (outcome: unknown) => {
    listed.outcome = outcome;
    listed.tookMs = performance.now() - begunAt;
  };
  new GuardedCluster(cluster, access, subject).list().then(({ value }) => {
    const { deployments } = JSON.parse(String(value));
    settle(deployments);
  }, settle);
  return listed;
}

/** Lists until the answer is no longer ACCESS_UNDECIDED, and waits in between as the errors ask. */
async function listPatiently(subject = alice): Promise<{ outcome: unknown; errors: AccessUndecidedError[] }> {
  const errors: AccessUndecidedError[] = [];
  for (;;) {
    const listed = list(subject);
    while (listed.outcome === 'waits') await later(100);
    const { outcome } = listed;
    if (!(outcome instanceof AccessUndecidedError)) return { outcome, errors };
    errors.push(outcome);
    await later(outcome.retryAfterSeconds * 1000);
  }
}

const shown = ['ns-3/web', 'ns-7/web'];
/** How many reviews were sent per namespace; the empty name stands for all namespaces. */
function reviewsPerNamespace(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { request } of api.requests)
    counts.set(namespaceOf(request), (counts.get(namespaceOf(request)) ?? 0) + 1);
  return counts;
}
const eachAskedOnce = () => expect(new Set(reviewsPerNamespace().values())).toEqual(new Set([1]));

describe('a caller with rights in two of many namespaces, whose reviews take 50 ms,', () => {
  it('gets the list of 1,000 namespaces at the first request', async () => {
    reviewsTake(50);
    const { outcome, errors } = await listPatiently();
    expect([outcome, errors]).toEqual([shown, []]);
    expect(api.requests).toHaveLength(1_001);
    eachAskedOnce();
  });

  it.each([
    [2_000, 70],
    [5_000, 28],
  ])(
    'gets the list of %i namespaces at the second request, and each is asked for once',
    async (count, percent) => {
      serve(count);
      reviewsTake(50);
      const { outcome, errors } = await listPatiently();
      expect(outcome).toEqual(shown);
      expect(errors.map((error) => error.percent)).toEqual([percent]);
      expect(api.requests).toHaveLength(count + 1);
      eachAskedOnce();
    },
  );

  it.each([0, 1])(
    'gets the list of 5,000 namespaces if denials are remembered for %i s',
    async (deniedSeconds) => {
      serve(5_000, { ...defaultDecisionTimes, deniedSeconds });
      reviewsTake(50);
      expect((await listPatiently()).outcome).toEqual(shown);
    },
  );

  it('gets the list although the sweep lasts longer than denials are valid', async () => {
    serve(2_000, { ...defaultDecisionTimes, deniedSeconds: 10 });
    reviewsTake(1_000);
    const { outcome, errors } = await listPatiently();
    expect(outcome).toEqual(shown);
    expect(errors.length).toBeLessThan(7);
  });
});

describe('a sweep', () => {
  it('goes on without the list: its running reviews are not cancelled, and their decisions count for the next list', async () => {
    serve(40);
    const first = list();
    await (await api.nextCall()).answer({ status: { allowed: false } });
    await later(1_900);
    const early = Array.from({ length: 16 }, () => api.nextCall());
    for (const call of await Promise.all(early)) await call.answer(decision(call.request));
    await later(1_900);
    const second = await Promise.all(Array.from({ length: 16 }, () => api.nextCall()));
    for (const call of second) await call.answer(decision(call.request));
    await later(700);
    expect(first.outcome).toBeInstanceOf(AccessUndecidedError);
    const last = await Promise.all(Array.from({ length: 8 }, () => api.nextCall()));
    expect(last.every(({ request }) => request.signal?.aborted === false)).toBe(true);
    for (const call of last) await call.answer(decision(call.request));
    const next = list();
    await flush();
    expect(next.outcome).toEqual(shown);
    eachAskedOnce();
  });

  it('is shared by all lists of a subject at the same time', async () => {
    reviewsTake(50);
    const lists = [list(), list()];
    await later(1_000);
    lists.push(list());
    await later(4_000);
    expect(lists.map(({ outcome }) => outcome)).toEqual([shown, shown, shown]);
    eachAskedOnce();
  });

  it('asks for no namespace whose decision is known', async () => {
    serve(20);
    reviewsTake(50);
    const known = access.mayList(alice, 'ns-3');
    await later(50);
    expect(await known).toBe(true);
    const listed = list();
    await later(1_000);
    expect(listed.outcome).toEqual(shown);
    eachAskedOnce();
  });

  it('does not fail because its caller has filled the line of other reviews', async () => {
    serve(20);
    const everywhere = access.mayList(alice, undefined);
    await (await api.nextCall()).answer({ status: { allowed: false } });
    expect(await everywhere).toBe(false);
    const flood = Array.from({ length: 300 }, (_, index) =>
      Promise.resolve(access.mayList(alice, `ns-${index}`)).catch(() => {}),
    );
    reviewsTake(1);
    const listed = list();
    await later(100);
    expect(listed.outcome).toEqual(shown);
    await later(5_000);
    await Promise.all(flood);
  });

  it('does not begin for a caller who may list all namespaces', async () => {
    allowed.add('');
    reviewsTake(50);
    const listed = list();
    await later(50);
    expect(listed.outcome).toHaveLength(1_000);
    expect(api.requests).toHaveLength(1);
  });

  it('delays no read of one Deployment, by another caller or by the same', async () => {
    list();
    await (await api.nextCall()).answer({ status: { allowed: false } });
    expect(api.requests).toHaveLength(17);
    for (const subject of [bob, alice]) {
      Promise.resolve(access.mayRead(subject, 'shop', 'cart')).catch(() => {});
      await flush();
      expect(api.requests.at(-1)?.request.body).toMatchObject({
        spec: { user: subject.user, resourceAttributes: { verb: 'get' } },
      });
    }
    expect(api.requests).toHaveLength(19);
  });

  it('leaves half of the places to the sweep of another caller, and a third one takes turns with them', async () => {
    serve(200);
    const subjects = [alice, bob, { user: 'carol', groups: [] }];
    const lists = subjects.map((subject) => list(subject));
    for (const _each of subjects) await (await api.nextCall()).answer({ status: { allowed: false } });
    const sweeping = api.requests.slice(3).map(({ request }) => userOf(request));
    expect(sweeping).toEqual([...Array(16).fill('alice'), ...Array(16).fill('bob')]);
    await (await api.nextCall()).answer({ status: { allowed: false } });
    expect(userOf(api.requests.at(-1)?.request ?? { path: '', deadlineMs: 0 })).toBe('carol');
    expect(lists.map(({ outcome }) => outcome)).toEqual(['waits', 'waits', 'waits']);
  });

  it('never fails because many others wait for places: twenty callers get their lists', async () => {
    serve(100);
    reviewsTake(50);
    const subjects = Array.from({ length: 20 }, (_, index) => ({ user: `user-${index}`, groups: [] }));
    const lists = subjects.map((subject) => list(subject));
    await later(4_500);
    expect(lists.map(({ outcome }) => outcome)).toEqual(subjects.map(() => shown));
  });

  it.each<[string, number, (index: number) => Subject]>([
    ['64 sweeps', 64, (index) => ({ user: `user-${index}`, groups: [] })],
    ['16 sweeps of one user', 16, (index) => ({ user: 'alice', groups: [`team-${index}`] })],
  ])('is refused beyond %s, until others have ended', async (_title, most, subjectOf) => {
    serve(20);
    const subjects = Array.from({ length: most + 1 }, (_, index) => subjectOf(index));
    api.respond = (request) => (namespaceOf(request) === '' ? decision(request) : new Promise(() => {}));
    const lists = subjects.map((subject) => list(subject));
    await later(100);
    expect(lists.map(({ outcome }) => outcome)).toEqual([
      ...Array(most).fill('waits'),
      expect.any(AuthorizerUnavailableError),
    ]);
    reviewsTake(1);
    await later(10_000);
    const last = list(subjectOf(most));
    await later(1_000);
    expect(last.outcome).toEqual(shown);
  });

  it('ends when no list has needed it for a minute', async () => {
    serve(5_000);
    reviewsTake(1_000);
    const listed = list();
    await later(62_000);
    expect(listed.outcome).toBeInstanceOf(AccessUndecidedError);
    const asked = api.requests.length;
    expect(asked).toBeLessThan(1_000);
    await later(600_000);
    expect(api.requests).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when the cluster stops, and leaves nothing behind', async () => {
    reviewsTake(50);
    const listed = list();
    await later(500);
    const asked = api.requests.length;
    access.stop();
    await later(50);
    expect(listed.outcome).toBeInstanceOf(AuthorizerUnavailableError);
    await later(60_000);
    expect(api.requests).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
    const afterwards = list();
    await later(5_000);
    expect(afterwards.outcome).toBeInstanceOf(AuthorizerUnavailableError);
  });
});

describe('an API server that fails in the middle of a sweep', () => {
  const failure = new KubeStatusError(500, 'InternalError', '');
  /** Answers this number of reviews and then fails. */
  function failAfter(reviews: number, error: Error): void {
    const first = api.requests.length;
    api.respond = (request) =>
      api.requests.length - first > reviews
        ? error
        : new Promise((resolve) => setTimeout(() => resolve(decision(request)), 10));
  }

  it('makes the list fail and is asked no more for 2 s; then the next list asks for the rest', async () => {
    failAfter(500, failure);
    const first = list();
    await later(1_000);
    expect(first.outcome).toMatchObject({ code: 'AUTHORIZER_UNAVAILABLE', retryAfterSeconds: 2 });
    const asked = api.requests.length;
    expect(asked).toBeLessThan(520);
    const during = list();
    await later(100);
    expect(during.outcome).toMatchObject({ code: 'AUTHORIZER_UNAVAILABLE', retryAfterSeconds: 2 });
    expect(api.requests).toHaveLength(asked);
    reviewsTake(10);
    await later(2_000);
    const next = list();
    await later(1_000);
    expect(next.outcome).toEqual(shown);
    expect(api.requests.length).toBeLessThan(1_040);
  });

  it('for one namespace only is asked for no further one either, because the list could not be complete', async () => {
    api.respond = (request) =>
      namespaceOf(request) === 'ns-200'
        ? failure
        : new Promise((resolve) => setTimeout(() => resolve(decision(request)), 10));
    const listed = list();
    await later(1_000);
    expect(listed.outcome).toMatchObject({ code: 'AUTHORIZER_UNAVAILABLE' });
    expect(api.requests.length).toBeLessThan(220);
  });

  it('is left alone for as long as it asks for', async () => {
    failAfter(500, new KubeStatusError(429, 'TooManyRequests', '', 10));
    const first = list();
    await later(1_000);
    expect(first.outcome).toMatchObject({ code: 'AUTHORIZER_UNAVAILABLE', retryAfterSeconds: 10 });
    const asked = api.requests.length;
    await later(8_000);
    list();
    await later(500);
    expect(api.requests).toHaveLength(asked);
  });
});

describe('a caller who lists every 5 s', () => {
  /** The outcomes of lists every 5 s in this time, after a first one that succeeds. */
  async function steadily(minutes: number): Promise<Listed[]> {
    await listPatiently();
    const lists: Listed[] = [];
    for (let ms = 0; ms < minutes * 60_000; ms += 5_000) {
      lists.push(list());
      await later(5_000);
    }
    return lists;
  }

  it.each([1_000, 5_000])(
    'gets each list of %i namespaces, with one sweep in 22.5 s at most',
    async (count) => {
      serve(count);
      reviewsTake(50);
      const lists = await steadily(2);
      expect(lists.map(({ outcome }) => outcome)).toEqual(lists.map(() => shown));
      expect(api.requests.length - count).toBeLessThan((count * 120) / 22.5);
    },
  );

  it('does not wait for the reviews again if there are 1,000 namespaces', async () => {
    reviewsTake(50);
    // The decision on all namespaces is asked for again every 30 s.
    expect(Math.max(...(await steadily(6)).map(({ tookMs = Number.NaN }) => tookMs))).toBeLessThanOrEqual(50);
  });

  it('sees a new right within 30 s, and a withdrawn one not longer than 5 minutes', async () => {
    reviewsTake(50);
    await steadily(1);
    allowed.add('ns-500');
    await later(25_000);
    const granted = list();
    await later(5_000);
    expect(granted.outcome).toContain('ns-500/web');
    allowed.delete('ns-3');
    await steadily(5);
    const withdrawn = list();
    await later(4_500);
    expect(withdrawn.outcome).toEqual(['ns-500/web', 'ns-7/web']);
  });

  it('gets each list even if denials are remembered for 1 s', async () => {
    serve(2_000, { ...defaultDecisionTimes, deniedSeconds: 1 });
    reviewsTake(50);
    const lists = await steadily(1);
    expect(lists.map(({ outcome }) => outcome)).toEqual(lists.map(() => shown));
  });
});

describe('decisions that have expired', () => {
  const silent = () => {
    api.respond = (request) => (namespaceOf(request) === '' ? decision(request) : new Promise(() => {}));
  };
  async function listedOnce(): Promise<void> {
    reviewsTake(1);
    expect((await listPatiently()).outcome).toEqual(shown);
  }

  it('to deny are used for a list that cannot renew them in time, but no more than a minute later', async () => {
    serve(100);
    await listedOnce();
    silent();
    await later(89_000);
    const old = list();
    await later(4_500);
    expect(old.outcome).toEqual(shown);
    await later(10_000);
    const older = list();
    await later(4_500);
    expect(older.outcome).toBeInstanceOf(AuthorizerUnavailableError);
  });

  it('to deny are not used if they can be renewed in time', async () => {
    await listedOnce();
    reviewsTake(50);
    allowed.add('ns-500');
    await later(31_000);
    const listed = list();
    await later(4_500);
    expect(listed.outcome).toContain('ns-500/web');
  });

  it('to allow are never used, not even those of the sweep that a list joins', async () => {
    serve(2_000, { ...defaultDecisionTimes, allowedSeconds: 2, outageSeconds: 0 });
    reviewsTake(50);
    const first = list();
    await later(5_000);
    expect(first.outcome).toBeInstanceOf(AccessUndecidedError);
    allowed.delete('ns-3');
    const next = list();
    await later(4_500);
    expect(next.outcome).toEqual(['ns-7/web']);
  });

  it('to allow count for the list that asked for them, even if they are remembered for less time than it takes', async () => {
    serve(1_000, { ...defaultDecisionTimes, allowedSeconds: 1, deniedSeconds: 0 });
    reviewsTake(50);
    expect(await listPatiently()).toEqual({ outcome: shown, errors: [] });
    eachAskedOnce();
  });

  it('are kept by a list even if the cache has no room for them', async () => {
    const last: Decision = {
      allowed: false,
      renewAt: Number.POSITIVE_INFINITY,
      expiresAt: Number.POSITIVE_INFINITY,
    };
    const remembered = new Set(['ns-1', 'ns-2', 'ns-3']);
    const asked: unknown[] = [];
    access = new Access({
      ...decidedBy(() => false),
      lastDecision: (_subject, { namespace = '' }) => (remembered.has(namespace) ? last : undefined),
      // Each decision displaces another one.
      review: async (_subject, { namespace }) => {
        asked.push(namespace);
        const [oldest = ''] = remembered;
        remembered.delete(oldest);
        return false;
      },
    });
    expect(await access.listable(alice, () => ['ns-0', 'ns-1', 'ns-2', 'ns-3'])).toEqual([]);
    expect(asked).toEqual(['ns-0']);
  });

  it('are remembered for 4 callers with 5,000 namespaces at a time', async () => {
    serve(5_000);
    api.respond = decision;
    const subjects = Array.from({ length: 4 }, (_, index) => ({ user: `user-${index}`, groups: [] }));
    for (const subject of subjects) await listPatiently(subject);
    const asked = api.requests.length;
    for (const subject of subjects) expect((await listPatiently(subject)).outcome).toEqual(shown);
    expect(api.requests).toHaveLength(asked);
  });
});
