import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../../../src/kube/client/turns.ts';
import { KubeBusyError } from '../../../../src/kube/kube-errors.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

/** Four places, two per identity; eight wait, two per identity. */
let turns: Turns;
/** The actions that have begun, `identity number`, in their order. */
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
  it('let one identity run in half of the places, so that another one does not wait', async () => {
    ask('flooder', 4);
    expect(begun).toEqual(['flooder 0', 'flooder 1']);
    ask('bob', 2);
    expect(begun.slice(2)).toEqual(['bob 0', 'bob 1']);
    await endAll();
    expect(begun).toHaveLength(6);
  });

  it('go round by identity: one that comes last waits for one turn of each', async () => {
    ask('a', 4);
    ask('b', 4);
    ask('c', 1);
    await end('a 0', 'b 0', 'a 1', 'b 1');
    expect(begun.slice(4)).toEqual(['c 0', 'a 2', 'b 2', 'a 3']);
    await endAll();
  });

  it('skip an identity that has all its places, and come back to it', async () => {
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

  it('refuse what exceeds the line of one identity at once, and leave the others their part', async () => {
    ask('flooder', 100);
    await flush();
    expect([...outcomes.values()].filter((each) => each instanceof KubeBusyError)).toHaveLength(96);
    ask('bob', 4);
    await endAll();
    expect(outcomes.get('bob 3')).toBe('bob 3');
  });

  it('refuse what exceeds the line in all', async () => {
    for (const identity of ['a', 'b', 'c', 'd', 'e']) ask(identity, 4);
    ask('f', 1);
    await flush();
    const refused = [...outcomes].filter(([, error]) => error instanceof KubeBusyError);
    // Two run of a and of b, and the line is full with two of a, b, c and d.
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

  it('end a wait after its limit, not before, and give its part of the line to others', async () => {
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

  it('are free again after an action that throws', async () => {
    for (let index = 0; index < 5; index += 1) {
      await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    ask('a', 1);
    expect(begun).toEqual(['a 0']);
    await endAll();
  });
});
