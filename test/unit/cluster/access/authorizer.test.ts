import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../../../src/cluster/access/access.ts';
import { ReviewAuthorizer } from '../../../../src/cluster/access/authorizer.ts';
import type { Subject } from '../../../../src/cluster/access/decisions.ts';
import { AuthorizerUnavailableError } from '../../../../src/cluster/cluster-errors.ts';
import type { KubeRequest } from '../../../../src/kube/client/kube-client.ts';
import { isObject, objectAt } from '../../../../src/kube/json.ts';
import {
  KubeCircuitOpenError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { ScriptedApi } from '../../../support/kube/scripted-api.ts';
import { defaultDecisionTimes } from '../../../support/limits.ts';

const alice: Subject = { user: 'alice', groups: ['dev', 'system:authenticated'] };
let api: ScriptedApi;
let authorizer: ReviewAuthorizer;
let access: Access;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  authorizer = new ReviewAuthorizer(api, defaultDecisionTimes);
  access = new Access(authorizer);
});
afterEach(() => {
  vi.useRealTimers();
});

const decision = (allowed: boolean) => ({ status: { allowed } });

/** An API server that decides reviews by this function. */
function decide(allows: (attributes: Readonly<Record<string, unknown>>) => boolean): void {
  api.respond = ({ body }) => {
    const spec = objectAt(isObject(body) ? body : {}, 'spec');
    return decision(allows(objectAt(spec, 'resourceAttributes')));
  };
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a decision', () => {
  it('comes from a SubjectAccessReview for user and groups', async () => {
    const asked = access.mayRead(alice, 'shop', 'cart');
    const review = await api.nextCall();
    expect(review.request).toMatchObject({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      deadlineMs: 2_000,
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

  it('is requested with the name too if the namespace alone is denied', async () => {
    decide(({ name }) => name === 'cart');
    expect(await access.mayScale(alice, 'shop', 'cart')).toBe(true);
    expect(await access.mayScale(alice, 'shop', 'checkout')).toBe(false);
    expect(api.requests).toHaveLength(3);
  });

  it('for a namespace serves all Deployments in it, and at once if it is remembered', async () => {
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

  it('distinguishes reading from setting and listing', async () => {
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

describe('an API server without a usable decision', () => {
  it.each<[string, unknown]>([
    ['is unreachable', new KubeUnreachableError(false, 'refused')],
    ['is silent', new KubeTimeoutError(true, 2_000)],
    ['answers without a decision', { status: {} }],
    ['answers something else', { kind: 'Status', status: 'Success' }],
    ['could not evaluate its rules', { status: { allowed: false, evaluationError: 'role not found' } }],
    ['says yes in a string', { status: { allowed: 'true' } }],
  ])('because it %s allows nothing, and is called again', async (_title, answer) => {
    api.respond = () => answer;
    await expect(access.mayRead(alice, 'shop', 'cart')).rejects.toThrow(AuthorizerUnavailableError);
    decide(() => true);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
  });

  it('allows if a rule that it could evaluate allows', async () => {
    api.respond = () => ({ status: { allowed: true, evaluationError: 'another role not found' } });
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
  });
});

describe('an API server that does not answer reviews', () => {
  /** Requests end at their deadline, as with the real client. */
  const silence = ({ deadlineMs }: KubeRequest) =>
    new Promise((_resolve, reject) =>
      setTimeout(() => reject(new KubeTimeoutError(true, deadlineMs)), deadlineMs),
    );
  let answers: unknown[];
  const note = (decision: boolean | Promise<boolean>) =>
    void Promise.resolve(decision).then(
      (allowed) => answers.push(allowed),
      (error) => answers.push(error),
    );
  beforeEach(() => {
    answers = [];
  });

  it('delays callers by 2 s, however many wait for their turn, and callers without a turn cause no review', async () => {
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

  it('delays a caller by 2 s in total if the review for the name follows the one for the namespace', async () => {
    const slow = () => new Promise((resolve) => setTimeout(() => resolve(decision(false)), 1_500));
    api.respond = (request) => (api.requests.length === 1 ? slow() : silence(request));
    note(access.mayScale(alice, 'shop', 'cart'));
    await later(2_000);
    expect(answers).toEqual([expect.any(AuthorizerUnavailableError)]);
    expect(api.requests).toHaveLength(2);
  });

  it('delays a list by at most 5 s, with the cluster-wide review and then those by namespace', async () => {
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

  it('has few reviews under way at a time, so that other callers do not wait', async () => {
    const listing = access.listable(alice, () => namespaces);
    listing.catch(() => {});
    const other = Promise.resolve(access.mayRead({ user: 'bob', groups: [] }, 'shop', 'cart'));
    await later(0);
    expect(api.requests).toHaveLength(5);
    expect(api.requests.at(-1)?.request.body).toMatchObject({ spec: { user: 'bob' } });
    other.catch(() => {});
  });

  it('fails after 3 s, and reuses the decisions that were made by then', async () => {
    api.respond = () => new Promise((resolve) => setTimeout(() => resolve(decision(true)), 500));
    const listing = expect(access.listable(alice, () => namespaces)).rejects.toThrow(
      AuthorizerUnavailableError,
    );
    await later(3_500);
    await listing;
    const asked = api.requests.length;
    expect(asked).toBeLessThan(40);
    expect(access.mayList(alice, 'ns-0')).toBe(true);
  });
});

describe('many unknown users', () => {
  it('cause a limited number of reviews at a time, and further ones are refused rather than piled up', async () => {
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

describe('one unknown user who reads ever new names', () => {
  const read = async (user: string, namespace: string) => access.mayList({ user, groups: [] }, namespace);

  it('does not take turns from others, and gets turns again once it waits for fewer reviews', async () => {
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

  it('pushes out no decision about others, so that they can still read in an outage', async () => {
    decide(() => true);
    await access.mayRead(alice, 'shop', 'cart');
    decide(() => false);
    for (let index = 0; index < 21_500; index += 1) await read('stranger', `ns-${index}`);
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

  it('allowed reads stay allowed for one more hour', async () => {
    answers(new KubeUnreachableError(false, 'refused'));
    await later(EXPIRED_MS + 3_600_000 - 1);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(true);
    await later(2);
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('allowed reads end with their decisions if the extra hour is switched off', async () => {
    const strict = new Access(new ReviewAuthorizer(api, { ...defaultDecisionTimes, outageSeconds: 0 }));
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
  ])('remembered decisions are not extended for an API server that answers %s', async (_title, answer) => {
    await later(EXPIRED_MS);
    answers(answer);
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('what was denied before stays denied', async () => {
    await later(EXPIRED_MS);
    decide(() => false);
    expect(await access.mayRead(alice, 'shop', 'cart')).toBe(false);
    await later(30_000);
    answers(new KubeUnreachableError(false, 'refused'));
    await unavailable(access.mayRead(alice, 'shop', 'cart'));
  });

  it('each read requests its review again, and an answer counts at once', async () => {
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
    'a client whose line is %s because of its own requests does not keep a withdrawn right',
    async (_title, names) => {
      await later(EXPIRED_MS);
      // A healthy API server that is slower than the client sends reviews. It would deny.
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
