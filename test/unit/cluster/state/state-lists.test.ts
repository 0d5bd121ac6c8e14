import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { stateOf } from '../../../../src/cluster/state/deployment-state.ts';
import { StateLists } from '../../../../src/cluster/state/state-lists.ts';
import { KubeBusyError } from '../../../../src/kube/kube-errors.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { until } from '../../../support/until.ts';

/** The time that each state takes, on the clock of performance.now(). */
let stateMs: number;
let built: number;
let version: number;
let lists: StateLists;

beforeEach(() => {
  [stateMs, built, version] = [0, 0, 0];
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  lists = new StateLists({
    version: () => String(version),
    stateOf: (each) => {
      built += 1;
      now += stateMs;
      const { namespace, name } = each;
      const owners = { namespace, deployment: name, autoscalers: [], claims: [], unknown: [] };
      return stateOf(each, owners, undefined);
    },
  });
});
afterEach(() => void vi.restoreAllMocks());

const some = (count: number, parts: Partial<Deployment> = {}) =>
  Array.from({ length: count }, (_, i) => deployment(`web-${i}`, '1', parts));
const read = (name: string, deployments: readonly Deployment[], user = 'alice') =>
  lists.read(user, name, () => deployments);
const namesIn = (answer: Buffer): string[] =>
  JSON.parse(answer.toString()).items.map((item: { readonly deployment: string }) => item.deployment);

describe('a list of states', () => {
  it.each([0, 1, 2])('is JSON, in the order of its %i Deployments', async (count) => {
    expect(namesIn(await read('all', some(count)))).toEqual(some(count).map(({ name }) => name));
  });

  it('is the same in one slice and in many, whatever characters it has', async () => {
    const deployments = some(50, { controller: 'Größe/鯨"\\' });
    const whole = await read('whole', deployments);
    stateMs = 2;
    expect(await read('sliced', deployments)).toEqual(whole);
  });

  it('lets the event loop turn while it is built', async () => {
    stateMs = 1;
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
    stateMs = 2;
    const reading = read('all', some(20));
    await until(() => built > 0);
    expect(built).toBeLessThan(20);
    version += 1;
    expect(namesIn(await reading)).toHaveLength(20);
    expect(lists.known('all')).toBeUndefined();
  });

  it('is one of the eight that were read last', async () => {
    for (let i = 0; i < 9; i += 1) await read(`list ${i}`, some(1));
    expect(lists.known('list 0')).toBeUndefined();
    expect(lists.known('list 1')).toBeDefined();
    expect(lists.known('list 8')).toBeDefined();
  });
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
    stateMs = 2;
    const first = read('all', some(10));
    await until(() => built > 0);
    version += 1;
    expect(namesIn(await read('all', some(11)))).toHaveLength(11);
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
