import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../../../src/kube/client/turns.ts';
import { KubeBusyError } from '../../../../src/kube/kube-errors.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

/** Four places, two per identity. Eight may wait, two per identity. */
let turns: Turns;
/** The actions that have begun, as `identity number`, in order. */
let begun: string[];
let ends: Map<string, () => void>;
let outcomes: Map<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  turns = new Turns(4, 8);
  begun = [];
  ends = new Map();
  outcomes = new Map();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Asks for turns of one identity; each action lasts until `end`. */
function ask(identity: string, count: number, maxWaitMs?: number): void {
  for (let index = 0; index < count; index += 1) {
    const name = `${identity} ${index}`;
    const action = async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    };
    turns.run(identity, action, maxWaitMs).then(
      (result) => outcomes.set(name, result),
      (error) => outcomes.set(name, error),
    );
  }
}

async function end(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    ends.get(name)?.();
    await flush();
  }
}

/** Ends whatever runs until nothing waits. */
async function endAll(): Promise<void> {
  for (let index = 0; index < begun.length; index += 1) await end(begun[index] ?? '');
}

describe('turns', () => {
  it('let one identity use half of the places, so that another identity does not wait', async () => {
    ask('flooder', 4);
    expect(begun).toEqual(['flooder 0', 'flooder 1']);
    ask('bob', 2);
    expect(begun.slice(2)).toEqual(['bob 0', 'bob 1']);
    await endAll();
    expect(begun).toHaveLength(6);
  });

  it('rotate between identities: the last one to arrive waits for one turn of each other', async () => {
    ask('a', 4);
    ask('b', 4);
    ask('c', 1);
    await end('a 0', 'b 0', 'a 1', 'b 1');
    expect(begun.slice(4)).toEqual(['c 0', 'a 2', 'b 2', 'a 3']);
    await endAll();
  });

  it('skip an identity whose places are all in use, and come back to it', async () => {
    ask('a', 4);
    ask('b', 2);
    ask('c', 2);
    await end('b 0', 'b 1');
    expect(begun.slice(4)).toEqual(['c 0', 'c 1']);
    await end('c 0');
    expect(begun).toHaveLength(6);
    await end('a 0');
    expect(begun.at(-1)).toBe('a 2');
    await endAll();
  });

  it('refuse actions beyond the queue of one identity at once, and keep room for the others', async () => {
    ask('flooder', 100);
    await flush();
    expect([...outcomes.values()].filter((each) => each instanceof KubeBusyError)).toHaveLength(96);
    ask('bob', 4);
    await endAll();
    expect(outcomes.get('bob 3')).toBe('bob 3');
  });

  it('refuse actions beyond the total length of the queue', async () => {
    for (const identity of ['a', 'b', 'c', 'd', 'e']) ask(identity, 4);
    ask('f', 1);
    await flush();
    const refused = [...outcomes].filter(([, error]) => error instanceof KubeBusyError);
    // Two actions of a and two of b run. The queue is full with two of each of a, b, c and d.
    expect(refused.map(([name]) => name)).toEqual([
      'c 2',
      'c 3',
      'd 2',
      'd 3',
      'e 0',
      'e 1',
      'e 2',
      'e 3',
      'f 0',
    ]);
    await endAll();
    ask('f', 1);
    expect(begun.at(-1)).toBe('f 0');
    await endAll();
  });

  it('end a wait at its limit, not before, and give its place in the queue to others', async () => {
    ask('a', 4, 1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(outcomes.size).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes.get('a 3')).toBeInstanceOf(KubeBusyError);
    ask('a', 2);
    await end('a 0', 'a 1');
    expect(begun).toHaveLength(4);
    await endAll();
  });

  it('are released after an action that throws', async () => {
    for (let index = 0; index < 5; index += 1) {
      await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    ask('a', 1);
    expect(begun).toEqual(['a 0']);
    await endAll();
  });
});
