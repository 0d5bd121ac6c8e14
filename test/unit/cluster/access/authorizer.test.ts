import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../../../src/cluster/access/access.ts';
import { type ResourceAttributes, ReviewAuthorizer } from '../../../../src/cluster/access/authorizer.ts';
import type { Subject } from '../../../../src/cluster/access/decisions.ts';
import { ReviewOutcomes } from '../../../../src/cluster/access/review-outcomes.ts';
import { AuthorizerUnavailableError } from '../../../../src/cluster/cluster-errors.ts';
import type { KubeRequest } from '../../../../src/kube/client/kube-client.ts';
import { isObject, objectAt } from '../../../../src/kube/json.ts';
import {
  KubeCircuitOpenError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { ScriptedApi } from '../../../support/kube/scripted-api.ts';
import { defaultDecisionTimes } from '../../../support/limits.ts';

const alice: Subject = { user: 'alice', groups: ['dev', 'system:authenticated'] };
let api: ScriptedApi;
let authorizer: ReviewAuthorizer;
let access: Access;
let log: RecordingLogger;
let outcomes: ReviewOutcomes;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  log = new RecordingLogger();
  outcomes = new ReviewOutcomes(log);
  authorizer = new ReviewAuthorizer(api, defaultDecisionTimes, outcomes);
  access = new Access(authorizer);
});
afterEach(() => {
  vi.useRealTimers();
});

const decision = (allowed: boolean) => ({ status: { allowed } });

/** Makes the API server decide reviews by this function. */
function decide(allows: (attributes: Readonly<Record<string, unknown>>) => boolean): void {
  api.respond = ({ body }) => {
    const spec = objectAt(isObject(body) ? body : {}, 'spec');
    return decision(allows(objectAt(spec, 'resourceAttributes')));
  };
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('what is known of a right', () => {
  it('is the decision on the namespace or the name, and asks nobody', async () => {
    decide(({ verb, namespace, name }) => verb === 'get' && (namespace === 'open' || name === 'cart'));
    expect(access.isKnownToRead(alice, 'open', 'web')).toBe(false);
    for (const name of ['cart', 'checkout']) await access.mayRead(alice, 'shop', name);
    await access.mayRead(alice, 'open', 'web');
    const asked = api.requests.length;
    expect(access.isKnownToRead(alice, 'open', 'other')).toBe(true);
    expect(access.isKnownToRead(alice, 'shop', 'cart')).toBe(true);
    expect(access.isKnownToRead(alice, 'shop', 'checkout')).toBe(false);
    expect(access.isKnownToRead({ ...alice, user: 'bob' }, 'shop', 'cart')).toBe(false);
    expect(api.requests).toHaveLength(asked);
  });

  it('ends when its decision expires', async () => {
    decide(() => true);
    await access.mayList(alice, 'shop');
    expect([access.isKnownToList(alice, 'shop'), access.isKnownToList(alice, undefined)]).toEqual([
      true,
      false,
    ]);
    await later(defaultDecisionTimes.allowedSeconds * 1000);
    expect(access.isKnownToList(alice, 'shop')).toBe(false);
  });
});

describe('a decision', () => {
  it('comes from a SubjectAccessReview for user and groups', async () => {
    const asked = access.mayRead(alice, 'shop', 'cart');
    const review = await api.nextCall();
    expect(review.request).toMatchObject({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      deadlineMs: 4_000,
      body: {
        kind: 'SubjectAccessReview',
        spec: {
          ...alice,
          resourceAttributes: {
            group: 'apps',
            resource: 'deployments',
            subresource: 'scale',
            verb: 'get',
            namespace: 'shop',
          },
        },
      },
    });
    await review.answer(decision(true));
    expect(await asked).toBe(true);
  });

  it('is requested again with the name if the namespace is denied', async () => {
    decide(({ name }) => name === 'cart');
    expect(await access.mayScale(alice, 'shop', 'cart')).toBe(true);
    expect(await access.mayScale(alice, 'shop', 'checkout')).toBe(false);
    expect(api.requests).toHaveLength(3);
  });

  it('about a namespace serves all its Deployments, without waiting once it is remembered', async () => {
    decide(() => true);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    expect(access.mayRead(alice, 'shop', 'checkout')).toBe(true);
    expect(api.requests).toHaveLength(1);
  });

  it('is remembered for 5 minutes if it allows', async () => {
    decide(() => true);
    await access.mayRead(alice, 'shop', 'cart');
    await later(5 * 60_000 - 1);
    expect(access.mayRead(alice, 'shop', 'cart')).toBe(true);
    await later(2);
    decide(() => false);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(false);
  });

  it('is remembered for 30 seconds if it denies', async () => {
    decide(() => false);
    expect(await access.mayList(alice, 'shop')).toBe(false);
    await later(29_999);
    expect(access.mayList(alice, 'shop')).toBe(false);
    await later(2);
    decide(() => true);
    expect(await access.mayList(alice, 'shop')).toBe(true);
  });

  it.each<[string, Subject]>([
    ['another user', { ...alice, user: 'bob' }],
    ['the same user without the group', { user: 'alice', groups: ['system:authenticated'] }],
    ['the same words, split in another way', { user: 'alice dev', groups: ['system:authenticated'] }],
  ])('is not used for %s', async (_title, other) => {
    decide(() => true);
    await access.mayRead(alice, 'shop', 'cart');
    decide(() => false);
    expect(await access.mayRead(other, 'shop', 'cart')).toBe(false);
  });

  it('about reading is not used for setting or listing', async () => {
    decide(({ verb }) => verb === 'get');
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    expect(await access.mayScale(alice, 'shop', 'cart')).toBe(false);
    expect(await access.mayList(alice, 'shop')).toBe(false);
    expect(await access.mayList(alice, undefined)).toBe(false);
  });

  it('is requested once, however many callers wait for it', async () => {
    const all = Array.from({ length: 100 }, () => access.mayList(alice, 'shop'));
    await (await api.nextCall()).answer(decision(true));
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
    expect(api.requests).toHaveLength(1);
  });
});

describe('an API server that gives no usable decision', () => {
  it.each<[string, unknown]>([
    ['is unreachable', new KubeUnreachableError(false, 'refused')],
    ['is silent', new KubeTimeoutError(true, 2_000)],
    ['answers without a decision', { status: {} }],
    ['answers something else', { kind: 'Status', status: 'Success' }],
    ['could not evaluate its rules', { status: { allowed: false, evaluationError: 'role not found' } }],
    ['says yes in a string', { status: { allowed: 'true' } }],
  ])('because it %s makes the request fail, and is asked again by the next one', async (_title, answer) => {
    api.respond = () => answer;
    await expect(access.mayRead(alice, 'shop', 'cart')).rejects.toThrow(AuthorizerUnavailableError);
    decide(() => true);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
  });

  it('about one rule can still allow by another', async () => {
    api.respond = () => ({ status: { allowed: true, evaluationError: 'another role not found' } });
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
  });
});

/** No answer: a request fails at its deadline, as with the real client. */
const silence = ({ deadlineMs }: KubeRequest) =>
  new Promise((_resolve, reject) =>
    setTimeout(() => reject(new KubeTimeoutError(true, deadlineMs)), deadlineMs),
  );

describe('an API server that does not answer reviews', () => {
  let answers: unknown[];
  const note = (decision: boolean | Promise<boolean>) =>
    void Promise.resolve(decision).then(
      (allowed) => answers.push(allowed),
      (error) => answers.push(error),
    );
  beforeEach(() => {
    answers = [];
  });

  it('delays each caller by 2 s, however many wait, and callers that never get a turn cause no review', async () => {
    api.respond = silence;
    for (let index = 0; index < 500; index += 1)
      note(access.mayList({ user: `stranger-${index}`, groups: [] }, 'shop'));
    await later(1_999);
    expect(answers).toEqual([]);
    await later(1);
    expect(answers).toHaveLength(500);
    expect(answers.every((answer) => answer instanceof AuthorizerUnavailableError)).toBe(true);
    expect(api.requests).toHaveLength(10);
  });

  it('delays a caller by 2 s in total for the review of the namespace and the review of the name', async () => {
    const slow = () => new Promise((resolve) => setTimeout(() => resolve(decision(false)), 1_500));
    api.respond = (request) => (api.requests.length === 1 ? slow() : silence(request));
    note(access.mayScale(alice, 'shop', 'cart'));
    await later(2_000);
    expect(answers).toEqual([expect.any(AuthorizerUnavailableError)]);
    expect(api.requests).toHaveLength(2);
  });

  it('delays a list by at most 5 s in total for the cluster-wide review and the reviews per namespace', async () => {
    const slow = () => new Promise((resolve) => setTimeout(() => resolve(decision(false)), 1_999));
    api.respond = (request) => (api.requests.length === 1 ? slow() : silence(request));
    note(
      Promise.resolve(access.mayList(alice, undefined))
        .then(() => access.listable(alice, () => ['a', 'b', 'c', 'd', 'e', 'f']))
        .then(() => true),
    );
    await later(5_000);
    expect(answers).toEqual([expect.any(AuthorizerUnavailableError)]);
  });
});

describe('callers that share a review', () => {
  const listShop = { verb: 'list', resource: 'deployments', namespace: 'shop' } as const;
  /** Asks now, with a deadline in `deadlineMs`. The outcome is `waits` until the caller has an answer. */
  function ask(deadlineMs: number, attributes: ResourceAttributes = listShop) {
    const caller: { outcome: unknown } = { outcome: 'waits' };
    Promise.resolve(authorizer.allows(alice, attributes, performance.now() + deadlineMs)).then(
      (allowed) => {
        caller.outcome = allowed;
      },
      (error) => {
        caller.outcome = error;
      },
    );
    return caller;
  }
  const unavailable = expect.any(AuthorizerUnavailableError);
  const signalOf = (index: number) => api.requests[index]?.request.signal;

  it('wait until their own deadline, not until the later deadline of another caller', async () => {
    const patient = ask(2_000);
    const hasty = ask(500);
    await later(499);
    expect(hasty.outcome).toBe('waits');
    await later(1);
    expect([hasty.outcome, patient.outcome]).toEqual([unavailable, 'waits']);
    await (await api.nextCall()).answer(decision(true));
    expect(patient.outcome).toBe(true);
    expect(api.requests).toHaveLength(1);
  });

  it('do not fail when the deadline of an earlier caller is over', async () => {
    const early = ask(2_000);
    await later(1_000);
    const late = ask(2_000);
    await later(1_000);
    expect([early.outcome, late.outcome]).toEqual([unavailable, 'waits']);
    await later(900);
    await (await api.nextCall()).answer(decision(true));
    expect(late.outcome).toBe(true);
    expect(api.requests).toHaveLength(1);
  });

  it('cancel it when the last of them gives up, not before', async () => {
    ask(2_000);
    await later(1_000);
    ask(1_500);
    await later(1_499);
    expect(signalOf(0)?.aborted).toBe(false);
    await later(1);
    expect(signalOf(0)?.aborted).toBe(true);
    const next = ask(2_000);
    await later(0);
    expect(api.requests).toHaveLength(2);
    decide(() => true);
    await later(2_000);
    expect(next.outcome).toEqual(unavailable);
  });

  it('start another one once it has run too long, and each caller fails at its own deadline', async () => {
    api.respond = silence;
    const callers = [];
    for (let times = 0; times < 20; times += 1) {
      callers.push(ask(2_000));
      await later(500);
    }
    expect(callers.map(({ outcome }) => outcome === 'waits')).toEqual(
      callers.map((_caller, index) => index >= 17),
    );
    expect(api.requests.map(({ at }) => at - (api.requests[0]?.at ?? 0))).toEqual([0, 2_500, 5_000, 7_500]);
  });

  it('keep the decision of a later review even if an earlier review is answered after it', async () => {
    ask(2_000);
    await later(1_500);
    const early = ask(2_000);
    await later(1_000);
    const late = ask(2_000);
    const [first, second] = [await api.nextCall(), await api.nextCall()];
    await second.answer(decision(false));
    await first.answer(decision(true));
    expect([early.outcome, late.outcome]).toEqual([true, false]);
    expect(authorizer.allows(alice, listShop)).toBe(false);
  });

  it('still get it if its turn comes after the deadline of the first caller', async () => {
    const held = ['a', 'b', 'c', 'd', 'e'].map((namespace) => ask(3_000, { ...listShop, namespace }));
    const early = ask(2_000);
    await later(1_000);
    const late = ask(2_000);
    await later(1_500);
    expect([early.outcome, late.outcome]).toEqual([unavailable, 'waits']);
    expect(api.requests).toHaveLength(5);
    decide(() => true);
    for (const _each of held) await (await api.nextCall()).answer(decision(false));
    expect(late.outcome).toBe(true);
    expect(api.requests).toHaveLength(6);
  });

  it('request another one if all callers of a queued review have given up', async () => {
    const held = ['a', 'b', 'c', 'd', 'e'].map((namespace) => ask(3_000, { ...listShop, namespace }));
    const hasty = ask(500);
    await later(500);
    const next = ask(2_000);
    decide(() => true);
    for (const _each of held) await (await api.nextCall()).answer(decision(false));
    expect([hasty.outcome, next.outcome]).toEqual([unavailable, true]);
    expect(api.requests).toHaveLength(6);
  });

  it('detect an outage by how long the API server has been silent, not by the time they have left', async () => {
    decide(() => true);
    ask(2_000);
    await later(5 * 60_000);
    api.respond = silence;
    const first = ask(2_000);
    const hasty = ask(900);
    await later(1_800);
    const last = ask(100);
    await later(200);
    expect([first.outcome, hasty.outcome, last.outcome]).toEqual([true, unavailable, true]);
  });

  it('cause no review if they have no time left', async () => {
    const late = ask(0);
    await later(0);
    expect(late.outcome).toEqual(unavailable);
    expect(api.requests).toHaveLength(0);
  });
});

describe('the counts and the state of reviews', () => {
  const read = async () => access.mayRead(alice, 'shop', 'cart');

  it('include each review that the API server answered, and no remembered decision', async () => {
    decide(({ verb }) => verb === 'get');
    await read();
    await read();
    await access.mayList(alice, 'shop');
    expect([outcomes.counts, outcomes.state]).toEqual([{ allowed: 1, denied: 1, failed: 0 }, 'available']);
  });

  it('include failed reviews, which are logged with the message of the API server', async () => {
    api.respond = () => ({ status: { allowed: false, evaluationError: 'webhook: connection refused' } });
    await read().catch(() => {});
    expect([outcomes.counts, outcomes.state]).toEqual([{ allowed: 0, denied: 0, failed: 1 }, 'unavailable']);
    expect(log.lines[0]?.context).toMatchObject({
      reason: 'a review could not be evaluated: webhook: connection refused',
    });
  });

  it('show an outage if the API server was silent for a whole deadline', async () => {
    api.respond = silence;
    const asked = read().catch(() => {});
    await later(2_000);
    await asked;
    expect(outcomes.state).toBe('unavailable');
  });

  it('show no failure for a client that has a full queue, gets its turn too late or has little time', async () => {
    api.respond = () => new Promise((resolve) => setTimeout(() => resolve(decision(true)), 1_500));
    const asked = Array.from({ length: 300 }, (_, index) =>
      Promise.resolve(access.mayList(alice, `ns-${index}`)).catch((error) => error),
    );
    await later(2_000);
    expect((await Promise.all(asked)).filter((allowed) => allowed === true)).toHaveLength(5);
    expect(api.requests).toHaveLength(10);
    expect(outcomes.counts).toEqual({ allowed: 5, denied: 0, failed: 0 });
    expect([outcomes.state, log.lines]).toEqual(['available', []]);
  });
});

describe('a list over many namespaces', () => {
  const namespaces = Array.from({ length: 1_000 }, (_, index) => `ns-${index}`);

  it('shows the namespaces that the caller may list, in their order, with one review per namespace', async () => {
    decide(({ namespace }) => Number(String(namespace).slice(3)) % 3 === 0);
    expect(await access.listable(alice, () => namespaces)).toEqual(
      namespaces.filter((_name, index) => index % 3 === 0),
    );
    expect(api.requests).toHaveLength(1_000);
    await access.listable(alice, () => namespaces);
    expect(api.requests).toHaveLength(1_000);
  });

  it('includes namespaces that are added during the reviews', async () => {
    decide(({ namespace }) => namespace !== 'b');
    const there = ['a', 'b'];
    const listing = access.listable(alice, () => [...there]);
    there.push('c');
    expect(await listing).toEqual(['a', 'c']);
    expect(api.requests).toHaveLength(3);
  });
});

describe('many unknown users', () => {
  it('cause a limited number of reviews at a time, and further reviews are refused instead of queued', async () => {
    const asked = Array.from({ length: 2_000 }, (_, index) =>
      Promise.resolve(access.mayList({ user: `stranger-${index}`, groups: [] }, 'shop')).catch(
        (error) => error,
      ),
    );
    await later(0);
    expect(api.requests).toHaveLength(10);
    decide(() => false);
    for (let index = 0; index < 10; index += 1) await (await api.nextCall()).answer(decision(false));
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer === false)).toHaveLength(1_010);
    expect(answers.filter((answer) => answer instanceof AuthorizerUnavailableError)).toHaveLength(990);
  });
});

describe('one unknown user who keeps reading new names', () => {
  const read = async (user: string, namespace: string) => access.mayList({ user, groups: [] }, namespace);

  it('takes no turns from others, and gets turns again once fewer of their reviews are queued', async () => {
    const asked = Array.from({ length: 2_000 }, (_, index) =>
      read('stranger', `ns-${index}`).catch((error) => error),
    );
    await later(0);
    expect(api.requests).toHaveLength(5);
    const other = read('alice', 'shop');
    await later(0);
    expect(api.requests.at(-1)?.request.body).toMatchObject({ spec: { user: 'alice' } });
    decide(({ namespace }) => namespace === 'shop');
    for (let index = 0; index < 5; index += 1) await (await api.nextCall()).answer(decision(false));
    await (await api.nextCall()).answer(decision(true));
    expect(await other).toBe(true);
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer instanceof AuthorizerUnavailableError)).toHaveLength(1_745);
    expect(await read('stranger', 'ns-1999')).toBe(false);
  });

  it('evicts no decision about others, so that they can still read in an outage', async () => {
    decide(() => true);
    await access.mayRead(alice, 'shop', 'cart');
    decide(() => false);
    for (let index = 0; index < 51_500; index += 1) await read('stranger', `ns-${index}`);
    api.respond = () => new KubeUnreachableError(false, 'refused');
    expect(access.mayRead(alice, 'shop', 'cart')).toBe(true);
  });
});

describe('in an outage of the API server,', () => {
  const EXPIRED_MS = 5 * 60_000;
  const answers = (answer: unknown) => {
    api.respond = () => answer;
  };
  const unavailable = (decision: boolean | Promise<boolean>) =>
    expect(decision).rejects.toThrow(AuthorizerUnavailableError);

  beforeEach(async () => {
    decide(() => true);
    await access.mayRead(alice, 'shop', 'cart');
    await access.mayList(alice, undefined);
    await access.mayScale(alice, 'shop', 'cart');
  });

  it.each<[string, unknown]>([
    ['is unreachable', new KubeUnreachableError(false, 'refused')],
    ['has not answered for a while', new KubeCircuitOpenError(1)],
    ['is silent', new KubeTimeoutError(true, 2_000)],
    ['answers 500', new KubeStatusError(500, 'InternalError', '')],
    ['answers 503', new KubeStatusError(503, 'ServiceUnavailable', '')],
    ['answers 429', new KubeStatusError(429, 'TooManyRequests', '')],
  ])('in which it %s, allowed reads stay allowed and writes do not', async (_title, error) => {
    await later(EXPIRED_MS);
    answers(error);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    expect(await access.mayList(alice, undefined)).toBe(true);
    await unavailable(access.mayScale(alice, 'shop', 'cart'));
    await unavailable(access.mayRead(alice, 'other', 'cart'));
  });

  it('allowed reads stay allowed for another hour', async () => {
    answers(new KubeUnreachableError(false, 'refused'));
    await later(EXPIRED_MS + 3_600_000 - 1);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    await later(2);
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('reads are allowed only as long as a decision holds if the extension is switched off', async () => {
    const strict = new Access(
      new ReviewAuthorizer(api, { ...defaultDecisionTimes, outageSeconds: 0 }, outcomes),
    );
    await strict.mayRead(alice, 'shop', 'cart');
    await later(EXPIRED_MS);
    answers(new KubeUnreachableError(false, 'refused'));
    await unavailable(strict.mayRead(alice, 'shop', 'cart'));
  });

  it.each<[string, unknown]>([
    ['401 to the service', new KubeStatusError(401, 'Unauthorized', '')],
    ['403 to the service', new KubeStatusError(403, 'Forbidden', '')],
    ['nonsense', { status: {} }],
    ['too late for a review that had little time', new KubeTimeoutError(true, 999)],
  ])('remembered decisions are not extended if the API server answers %s', async (_title, answer) => {
    await later(EXPIRED_MS);
    answers(answer);
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('denied reads stay denied', async () => {
    await later(EXPIRED_MS);
    decide(() => false);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(false);
    await later(30_000);
    answers(new KubeUnreachableError(false, 'refused'));
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('each read requests a review again, and an answer takes effect at once', async () => {
    await later(EXPIRED_MS);
    answers(new KubeUnreachableError(false, 'refused'));
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    decide(() => false);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(false);
  });

  it.each([
    ['full', 300],
    ['slow', 100],
  ])(
    'a client whose queue is %s because of its own requests does not keep a withdrawn right',
    async (_title, names) => {
      await later(EXPIRED_MS);
      // The API server is healthy and would deny, but the client sends reviews faster than it answers.
      const late = (deadlineMs: number) => Promise.reject(new KubeTimeoutError(true, deadlineMs));
      api.respond = ({ deadlineMs }) =>
        new Promise((resolve) =>
          setTimeout(
            () => resolve(deadlineMs < 1_900 ? late(deadlineMs) : decision(false)),
            Math.min(deadlineMs, 1_900),
          ),
        );
      const flood = Array.from({ length: names }, (_, index) =>
        Promise.resolve(access.mayList(alice, `ns-${index}`)).catch((error) => error),
      );
      const read = unavailable(access.mayRead(alice, 'shop', 'cart'));
      await later(2_000);
      await read;
      await Promise.all(flood);
    },
  );
});
