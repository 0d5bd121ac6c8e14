import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '../../../src/client/api-error.ts';
import type { State, Target, WriteOptions, Written } from '../../../src/client/scaler-client.ts';
import { Counts } from '../../../src/page/control/counts.ts';
import { FleetCopy, type Update } from '../../../src/page/model/fleet-copy.ts';
import { state } from './rows.ts';

/** Drafts and writes while others change the counts, against a service that a test plays. */

const KEY = 'eu/shop/cart';

class Scene {
  readonly copy = new FleetCopy();
  readonly messages: string[] = [];
  /** The writes that were sent, as `current → asked`. */
  readonly sent: string[] = [];
  answer: () => Promise<Partial<Written>> = async () => ({});
  readonly counts = new Counts({
    client: { set: (target, replicas, options) => this.#set(target, replicas, options) },
    rowOf: (key) => this.copy.rows.get(key),
    changed: () => {},
    say: (text) => this.messages.push(text),
  });

  show(parts: Partial<State>): void {
    this.apply({ kind: 'changed', cluster: 'eu', state: state('cart', parts) });
  }

  apply(update: Update): void {
    this.copy.apply(update);
    this.counts.observe(update);
  }

  get row() {
    const row = this.copy.rows.get(KEY);
    if (row === undefined) throw new Error('there is no row');
    return row;
  }

  /** Drafts a count and sets it. */
  async write(count: number): Promise<void> {
    this.counts.draft(this.row, String(count));
    this.counts.commit(this.row);
    await vi.advanceTimersByTimeAsync(0);
  }

  /** Drafts what takes the last change back, and gives the last message. */
  undo(): string | undefined {
    const last = this.counts.toUndo();
    if (last !== undefined) this.counts.draft(last.row, String(last.change.from), last.change);
    return this.messages.at(-1);
  }

  get phase() {
    return this.counts.writes.get(KEY)?.phase;
  }

  async #set(_target: Target, replicas: number, options: WriteOptions = {}): Promise<Written> {
    const written = { replicas, previous: options.currentReplicas, forecast: 'holds', warnings: [] };
    if (options.dryRun) return { ...written, resourceVersion: undefined };
    this.sent.push(`${options.currentReplicas} → ${replicas}${options.force ? ' forced' : ''}`);
    return { ...written, resourceVersion: '7', ...(await this.answer()) };
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
  scene.show({ replicas: 3 });
});
afterEach(() => {
  vi.useRealTimers();
});

const refusal = (status: number, code: string | undefined, message: string) =>
  new ApiError(status, code === undefined ? {} : { code, message }, new Headers());
const changedBy = (user: string, to: number): Partial<State> => ({
  replicas: to,
  lastChange: { to, user, manager: 'kubectl' },
});

it('a draft is not set once somebody has set another count, before it was looked at', async () => {
  scene.counts.draft(scene.row, '0');
  scene.show(changedBy('bob', 20));
  scene.counts.commit(scene.row);
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.sent).toEqual([]);
  expect(scene.messages.at(-1)).toBe('shop/cart: bob has set it to 20 since. Look at it, then set it again');
  scene.counts.commit(scene.row);
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.sent).toEqual(['20 → 0']);
});

it('a draft is as it was once the count is again the one that was seen', async () => {
  scene.counts.draft(scene.row, '5');
  scene.show(changedBy('bob', 20));
  scene.show(changedBy('bob', 3));
  scene.counts.commit(scene.row);
  expect(scene.sent).toEqual(['3 → 5']);
});

it('a draft that somebody else has set is dropped', () => {
  scene.counts.draft(scene.row, '5');
  scene.show(changedBy('bob', 5));
  expect(scene.counts.drafts.size).toBe(0);
});

it('what was refused is forced only for the count that was seen', async () => {
  scene.answer = async () => {
    throw refusal(409, 'REPLICAS_MANAGED', 'it would not stay');
  };
  await scene.write(9);
  scene.show(changedBy('bob', 20));
  scene.counts.force(scene.row);
  expect(scene.sent).toEqual(['3 → 9', '3 → 9 forced']);
});

it('a second write waits for the answer to the first', async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  scene.answer = () => promise;
  await scene.write(5);
  await scene.write(6);
  expect([scene.sent, scene.counts.drafts.get(KEY)?.text]).toEqual([['3 → 5'], '6']);
  expect(scene.messages.at(-1)).toBe('shop/cart: wait for the answer to what was asked before');
  resolve({});
  await vi.advanceTimersByTimeAsync(0);
  scene.show({ replicas: 5 });
  scene.counts.drop(KEY);
  await scene.write(6);
  expect(scene.sent).toEqual(['3 → 5', '5 → 6']);
});

it('an undo sets nothing, and takes back one change after the other once each is set', async () => {
  for (const count of [5, 8]) {
    await scene.write(count);
    scene.show({ replicas: count });
  }
  scene.sent.length = 0;
  scene.undo();
  scene.undo();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([scene.sent, scene.counts.drafts.get(KEY)?.text]).toEqual([[], '5']);
  scene.counts.drop(KEY);
  for (const count of [5, 3]) {
    scene.undo();
    scene.counts.commit(scene.row);
    await vi.advanceTimersByTimeAsync(0);
    scene.show({ replicas: count });
  }
  expect(scene.sent).toEqual(['8 → 5', '5 → 3']);
  expect(scene.undo()).toBe('There is nothing to undo: this page has set no count');
});

it('an undo is refused while the answer or the watch is late, and when there is nothing left of the change', async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  scene.answer = () => promise;
  await scene.write(5);
  await scene.write(6);
  resolve({});
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.undo()).toBe('shop/cart: wait until its row shows the count that was set');
  scene.show({ replicas: 5 });
  scene.show({ replicas: 3 });
  expect(scene.undo()).toBe('shop/cart: the count is 3 again, there is nothing to undo');
  expect(scene.undo()).toBe('There is nothing to undo: this page has set no count');
});

it('an undo asks to look first when somebody has set another count since', async () => {
  await scene.write(5);
  scene.show({ replicas: 5 });
  scene.show(changedBy('bob', 20));
  scene.undo();
  scene.counts.commit(scene.row);
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.sent).toEqual(['3 → 5']);
  expect(scene.messages.at(-1)).toBe('shop/cart: bob has set it to 20 since. Look at it, then set it again');
  scene.counts.commit(scene.row);
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.sent).toEqual(['3 → 5', '20 → 3']);
});

it.each([
  ['no answer', new TypeError('fetch failed')],
  ['the answer of a proxy that waited no longer', refusal(504, undefined, '')],
  ['an API server that did not say', refusal(504, 'OUTCOME_UNKNOWN', 'The cluster did not say')],
])('a write is not called undone or failed after %s, and is seen if it was made', async (_what, error) => {
  scene.answer = async () => {
    throw error;
  };
  await scene.write(5);
  expect(scene.phase).toBe('unknown');
  expect(scene.messages.at(-1)).toMatch(/perhaps set to 5: .*\. Look at the count before you try again$/);
  scene.show({ replicas: 5, ready: 3, phase: 'progressing' });
  expect(scene.phase).toBe('seen');
});

it('a write is undone although the watch never showed it, because another count came at once', async () => {
  await scene.write(5);
  expect(scene.phase).toBe('set');
  scene.show({ replicas: 3, ready: 2 });
  expect(scene.phase).toBe('set');
  scene.show(changedBy('bob', 7));
  expect(scene.counts.writes.get(KEY)).toMatchObject({ phase: 'undone', text: 'bob set it to 7' });
});
