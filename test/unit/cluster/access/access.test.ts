import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../../../src/cluster/access/access.ts';
import type { ResourceAttributes } from '../../../../src/cluster/access/authorizer.ts';
import type { Subject } from '../../../../src/cluster/access/decisions.ts';
import { AccessUndecidedError, AuthorizerUnavailableError } from '../../../../src/cluster/cluster-errors.ts';

/** A call of the authoriser; the deadline is in milliseconds from the start of the test. */
interface Asked {
  readonly subject: Subject;
  readonly attributes: ResourceAttributes;
  readonly endsInMs: number | undefined;
}

const alice: Subject = { user: 'alice', groups: ['dev'] };
let asked: Asked[];
let allows: (attributes: ResourceAttributes) => boolean | Promise<boolean>;
let access: Access;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  allows = () => false;
  const start = performance.now();
  access = new Access({
    allows(subject, attributes, endsAt) {
      asked.push({ subject, attributes, endsInMs: endsAt === undefined ? undefined : endsAt - start });
      return allows(attributes);
    },
    known: () => undefined,
    lastDecision: () => undefined,
    async review(subject, attributes) {
      asked.push({ subject, attributes, endsInMs: undefined });
      return allows(attributes);
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** An answer that comes after `ms` milliseconds. */
const answerAfter = (ms: number, allowed: boolean) =>
  new Promise<boolean>((resolve) => setTimeout(() => resolve(allowed), ms));
const questions = () => asked.map(({ attributes }) => attributes);

describe.each([
  ['mayRead', 'get'],
  ['mayScale', 'patch'],
] as const)('%s', (operation, verb) => {
  const inShop: ResourceAttributes = {
    verb,
    resource: 'deployments',
    subresource: 'scale',
    namespace: 'shop',
  };

  it(`asks only for ${verb} on deployments/scale of the namespace if that is allowed`, () => {
    allows = () => true;
    expect(access[operation](alice, 'shop', 'cart')).toBe(true);
    expect(asked).toEqual([{ subject: alice, attributes: inShop, endsInMs: undefined }]);
  });

  it('asks for the name if the namespace is denied, and returns that decision', () => {
    allows = ({ name }) => name === 'cart';
    expect(access[operation](alice, 'shop', 'cart')).toBe(true);
    expect(access[operation](alice, 'shop', 'checkout')).toBe(false);
    expect(questions()).toEqual([
      inShop,
      { ...inShop, name: 'cart' },
      inShop,
      { ...inShop, name: 'checkout' },
    ]);
  });

  it('shares 2 s between the question for the namespace and the question for the name', async () => {
    allows = ({ name }) => name !== undefined || answerAfter(1_500, false);
    const allowed = access[operation](alice, 'shop', 'cart');
    await later(1_500);
    expect(await allowed).toBe(true);
    expect(asked.map(({ endsInMs }) => endsInMs)).toEqual([undefined, 2_000]);
  });

  it('does not ask for the name if the namespace is allowed later or cannot be decided', async () => {
    allows = () => answerAfter(100, true);
    const allowed = access[operation](alice, 'shop', 'cart');
    await later(100);
    expect(await allowed).toBe(true);
    allows = () => Promise.reject(new AuthorizerUnavailableError('down'));
    await expect(access[operation](alice, 'shop', 'cart')).rejects.toThrow(AuthorizerUnavailableError);
    expect(questions()).toEqual([inShop, inShop]);
  });
});

describe('mayList', () => {
  it('asks for list on the deployments of one namespace or of all, with the deadline of the caller', () => {
    allows = ({ namespace }) => namespace === 'shop';
    expect(access.mayList(alice, 'shop')).toBe(true);
    expect(access.mayList(alice, undefined, performance.now() + 700)).toBe(false);
    const everywhere = { verb: 'list', resource: 'deployments' };
    expect(asked).toEqual([
      { subject: alice, attributes: { ...everywhere, namespace: 'shop' }, endsInMs: undefined },
      { subject: alice, attributes: everywhere, endsInMs: 700 },
    ]);
  });
});

describe('listable', () => {
  it('asks for each namespace, and keeps their order', async () => {
    allows = ({ namespace }) => (namespace === 'b' ? answerAfter(200, true) : namespace !== 'c');
    const listed = access.listable(alice, () => ['a', 'b', 'c', 'd']);
    await later(200);
    expect(await listed).toEqual(['a', 'b', 'd']);
    expect(questions()).toEqual(
      ['a', 'b', 'c', 'd'].map((namespace) => ({ verb: 'list', resource: 'deployments', namespace })),
    );
  });

  it('asks for at most sixteen namespaces at a time', async () => {
    allows = () => answerAfter(100, true);
    const listed = access.listable(alice, () => Array.from({ length: 20 }, (_, index) => `ns-${index}`));
    await later(0);
    expect(asked).toHaveLength(16);
    await later(100);
    expect(asked).toHaveLength(20);
    await later(100);
    expect(await listed).toHaveLength(20);
  });

  it('asks once for each namespace added during the reviews, and leaves out removed ones', async () => {
    allows = () => answerAfter(100, true);
    let there = ['a', 'b'];
    const listed = access.listable(alice, () => there);
    await later(50);
    there = ['b', 'c'];
    await later(50);
    there = ['b', 'c', 'd'];
    await later(200);
    expect(await listed).toEqual(['b', 'c', 'd']);
    expect(questions().map(({ namespace }) => namespace)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('asks for nothing if the cluster has no namespaces', async () => {
    expect(await access.listable(alice, () => [])).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('fails after 4.5 s', async () => {
    allows = () => answerAfter(1_600, true);
    const listed = access.listable(alice, () => Array.from({ length: 50 }, (_, index) => `ns-${index}`));
    const failed = expect(listed).rejects.toThrow(AccessUndecidedError);
    await later(4_500);
    await failed;
  });

  it('fails if a namespace cannot be decided, because a list without it would look complete', async () => {
    allows = ({ namespace }) => namespace !== 'b' || Promise.reject(new AuthorizerUnavailableError('down'));
    await expect(access.listable(alice, () => ['a', 'b'])).rejects.toThrow(AuthorizerUnavailableError);
    access.stop();
  });
});
