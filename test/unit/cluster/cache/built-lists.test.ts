import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BuiltLists } from '../../../../src/cluster/cache/built-lists.ts';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { LabelSelector } from '../../../../src/cluster/labels/label-selector.ts';
import { Turns } from '../../../../src/kube/client/turns.ts';
import { KubeBusyError } from '../../../../src/kube/kube-errors.ts';
import { deployment } from '../../../support/deployment-objects.ts';

/** The time that each item takes, on the clock of performance.now(). */
let itemMs: number;
let built: number;
/** What happens as soon as this many items are built. */
let onItem: ReadonlyMap<number, () => void>;
let version: number;
let lists: BuiltLists;

beforeEach(() => {
  [itemMs, built, version] = [0, 0, 0];
  onItem = new Map();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  lists = new BuiltLists({
    member: 'items',
    itemOf: ({ namespace, name }) => {
      built += 1;
      now += itemMs;
      onItem.get(built)?.();
      return JSON.stringify({ namespace, deployment: name });
    },
    version: () => version,
    maxLists: 8,
    maxBytes: 16 * 1024 * 1024,
    turns: new Turns(2, 1_000),
  });
});
afterEach(() => void vi.restoreAllMocks());

const some = (count: number, parts: Partial<Deployment> = {}) =>
  Array.from({ length: count }, (_, i) => deployment(`web-${i}`, '1', parts));
const read = (name: string, deployments: readonly Deployment[], user = 'alice', selector?: LabelSelector) =>
  lists.read(user, name, () => deployments, selector);
const namesIn = (answer: Buffer): string[] =>
  JSON.parse(answer.toString()).items.map((item: { readonly deployment: string }) => item.deployment);

describe('a list', () => {
  it.each([0, 1, 2])('is JSON, in the order of its %i Deployments', async (count) => {
    expect(namesIn(await read('all', some(count)))).toEqual(some(count).map(({ name }) => name));
  });

  it('is the same in one slice and in many, whatever characters it has', async () => {
    const deployments = some(50, { namespace: 'Größe/鯨"\\' });
    const whole = await read('whole', deployments);
    itemMs = 2;
    expect(await read('sliced', deployments)).toEqual(whole);
  });

  it('has the Deployments that the selector matches, in their order', async () => {
    const deployments = [
      deployment('c', '1', { labels: ['app', 'web'] }),
      deployment('b', '1', { labels: ['app', 'cart'] }),
      deployment('a', '1', { labels: ['app', 'web'] }),
    ];
    expect(namesIn(await read('web', deployments, 'alice', LabelSelector.parse('app=web')))).toEqual([
      'c',
      'a',
    ]);
    expect(namesIn(await read('db', deployments, 'alice', LabelSelector.parse('app=db')))).toEqual([]);
  });

  it('lets the event loop turn while it is built', async () => {
    itemMs = 1;
    let turns = 0;
    let counting = setImmediate(function count() {
      turns += 1;
      counting = setImmediate(count);
    });
    await read('all', some(30));
    clearImmediate(counting);
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});

describe('a list that has been built', () => {
  it('is known, and shared, until something changes', async () => {
    expect(lists.known('all')).toBeUndefined();
    const answer = await read('all', some(3));
    expect(lists.known('all')).toBe(answer);
    expect(await read('all', some(3), 'bob')).toBe(answer);
    expect(built).toBe(3);
    version += 1;
    expect(lists.known('all')).toBeUndefined();
    expect(await read('all', some(4))).not.toBe(answer);
    expect(built).toBe(7);
  });

  it('is not known by another name', async () => {
    await read('all', some(3));
    expect(lists.known('shop')).toBeUndefined();
  });

  it('is not known if something changed while it was built', async () => {
    itemMs = 2;
    onItem = new Map([[1, () => (version += 1)]]);
    expect(namesIn(await read('all', some(20)))).toHaveLength(20);
    expect(lists.known('all')).toBeUndefined();
  });

  it('is one of the eight that were read last', async () => {
    for (let i = 0; i < 9; i += 1) await read(`list ${i}`, some(1));
    expect(lists.known('list 0')).toBeUndefined();
    expect(lists.known('list 1')).toBeDefined();
    expect(lists.known('list 8')).toBeDefined();
  });
});

it('lists of more than 16 MiB in total are not kept: those that were read last are', async () => {
  const long = some(5, { namespace: 'x'.repeat(1024 * 1024) });
  for (const name of ['a', 'b', 'c', 'd']) await read(name, long);
  expect(['a', 'b', 'c', 'd'].filter((name) => lists.known(name) !== undefined)).toEqual(['b', 'c', 'd']);
});

it('a list of more than 16 MiB is not kept', async () => {
  const long = (count: number) => some(count, { namespace: 'x'.repeat(1024 * 1024) });
  const kept = await read('short', long(15));
  expect(lists.known('short')).toBe(kept);
  expect(namesIn(await read('long', long(16)))).toHaveLength(16);
  expect(lists.known('long')).toBeUndefined();
});

describe('callers at the same time', () => {
  it('share one list', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => read('all', some(10), `user-${i}`)),
    );
    expect(new Set(answers).size).toBe(1);
    expect(built).toBe(10);
  });

  it('get a list that began after their call', async () => {
    itemMs = 2;
    const later = Promise.withResolvers<Buffer>();
    onItem = new Map([[5, () => later.resolve(read('all', some(11)))]]);
    const first = read('all', some(10));
    expect(namesIn(await later.promise)).toHaveLength(11);
    expect(namesIn(await first)).toHaveLength(10);
  });

  it('are refused if too many lists are being built', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_100 }, (_, i) => read(`list ${i}`, some(1))),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(1_100);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: expect.any(KubeBusyError) });
  });
});
