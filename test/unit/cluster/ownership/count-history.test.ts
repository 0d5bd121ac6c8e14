import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { type CountChange, CountHistory, wasTaken } from '../../../../src/cluster/ownership/count-history.ts';
import type { Fight } from '../../../../src/cluster/ownership/fight.ts';
import type { UnknownWrite } from '../../../../src/cluster/ownership/late-writes.ts';
import { FIELD_MANAGER, type Writer } from '../../../../src/cluster/ownership/writers.ts';
import { applier, SERVICE, scaler, updater } from '../../../support/count-writers.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-29T12:00:00Z');
const UID = 'uid-of-cart';
const helm = applier('helm');
/** The entry of Helm once the count is no longer its own. */
const helmWithout = applier('helm', { ownsCount: false });

let history: CountHistory;
let overrides: CountChange[];
let fights: Fight[];
let landed: string[];
let current: Deployment;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  overrides = [];
  fights = [];
  landed = [];
  history = historyOf(2 ** 20);
});
afterEach(() => void vi.useRealTimers());

function historyOf(journalBytes: number): CountHistory {
  const listener = {
    overridden: (_: Deployment, change: CountChange) => void overrides.push(change),
    contested: (_: Deployment, fight: Fight) => void fights.push(fight),
    landed: ({ user }: UnknownWrite, { from, to }: CountChange) =>
      void landed.push(`${user}: ${from} to ${to}`),
  };
  return new CountHistory(listener, journalBytes);
}

/** The watch shows the Deployment for the first time. */
function appears(replicas: number, ...writers: readonly Writer[]): void {
  current = deployment('cart', '10', { replicas, writers });
  history.added();
}

/** The watch shows the next version of the Deployment, whose count these have written. */
function shows(replicas: number, ...writers: readonly Writer[]): void {
  const previous = current;
  current = { ...previous, replicas, writers, resourceVersion: String(Number(previous.resourceVersion) + 1) };
  history.updated(current, previous);
}

const record = () => history.of(current);
const taken = () => record()?.takenFrom.map(({ writer, replicas }) => `${writer.manager}: ${replicas}`);

describe('the last change of a count', () => {
  it('is not known before the watch has shown one', () => {
    appears(3, SERVICE);
    expect(record()).toBeUndefined();
    shows(3, SERVICE, helmWithout);
    expect(record()).toBeUndefined();
  });

  it('has both counts, its field manager and the time at which the watch showed it', () => {
    appears(3, scaler('kubectl'));
    vi.setSystemTime(START + 1_500);
    shows(5, scaler('kubectl'));
    expect(record()?.lastChange).toEqual({
      resourceVersion: '11',
      at: START / 1000 + 1.5,
      from: 3,
      to: 5,
      manager: 'kubectl',
      operation: 'Update',
      viaScale: true,
      overrode: false,
    });
    expect(history.changeAt(UID, '11')).toBe(record()?.lastChange);
    expect(history.changeAt(UID, '10')).toBeUndefined();
    expect(history.changeAt('another uid', '11')).toBeUndefined();
  });

  it('has no manager if nobody owns the count', () => {
    appears(3, updater('kubectl-create'));
    shows(0);
    expect(record()?.lastChange).toMatchObject({ from: 3, to: 0, manager: undefined });
  });

  it('stays while other things change', () => {
    appears(3, SERVICE);
    shows(5, SERVICE);
    const { lastChange } = record() ?? {};
    shows(5, SERVICE);
    expect(record()?.lastChange).toBe(lastChange);
  });

  it('is forgotten with the Deployment', () => {
    appears(3, SERVICE);
    shows(5, SERVICE);
    history.deleted(current);
    expect(record()).toBeUndefined();
  });
});

describe('the user of a write of this replica', () => {
  it.each(['before', 'after'])('is part of the change if the API server answers %s the watch', (order) => {
    appears(3, SERVICE);
    if (order === 'before') expect(history.wrote(UID, '11', 'alice')).toBe(true);
    shows(5, SERVICE);
    if (order === 'after') expect(history.wrote(UID, '11', 'alice')).toBe(true);
    expect(record()?.lastChange).toMatchObject({ to: 5, user: 'alice' });
  });

  it.each(['before', 'after'])(
    'is the first of two whose writes were answered with the same version, %s the watch',
    (order) => {
      appears(3, SERVICE);
      if (order === 'after') shows(5, SERVICE);
      expect([history.wrote(UID, '11', 'alice'), history.wrote(UID, '11', 'bob')]).toEqual([true, false]);
      if (order === 'before') shows(5, SERVICE);
      expect(record()?.lastChange).toMatchObject({ user: 'alice' });
      expect(history.wrote(UID, '11', 'bob')).toBe(false);
    },
  );

  it('is never part of a change by somebody else', () => {
    appears(3, SERVICE);
    shows(5, scaler('kubectl'));
    expect(history.wrote(UID, '11', 'alice')).toBe(false);
    expect(record()?.lastChange?.user).toBeUndefined();
  });

  it('is not part of later changes', () => {
    appears(3, SERVICE);
    history.wrote(UID, '11', 'alice');
    shows(5, SERVICE);
    shows(6, SERVICE);
    expect(record()?.lastChange?.user).toBeUndefined();
  });
});

describe('an override', () => {
  beforeEach(() => {
    appears(3, SERVICE);
    shows(5, SERVICE);
  });

  it.each<[string, readonly Writer[], string | undefined]>([
    ['through scale', [scaler('kube-controller-manager')], 'kube-controller-manager'],
    ['by an apply', [applier('helm')], 'helm'],
    ['that leaves no trace', [], undefined],
  ])('is a change by somebody else within 5 minutes: %s', (_, writers, manager) => {
    vi.advanceTimersByTime(5 * MINUTE);
    shows(4, ...writers);
    expect(overrides).toMatchObject([{ from: 5, to: 4, manager }]);
    expect(record()?.override).toBe(overrides[0]);
  });

  it('is not a change that comes later', () => {
    vi.advanceTimersByTime(5 * MINUTE + 1);
    shows(4, scaler('kubectl'));
    expect(overrides).toEqual([]);
    expect(record()?.override).toBeUndefined();
  });

  it('is not a change by the service itself, on any replica', () => {
    shows(4, SERVICE);
    expect(overrides).toEqual([]);
    expect(record()?.override).toBeUndefined();
  });

  it('is only the first change by others after the write', () => {
    shows(4, scaler('kubectl'));
    shows(6, scaler('kubectl'));
    expect(overrides).toHaveLength(1);
    expect(record()?.override).toMatchObject({ from: 5, to: 4 });
    expect(record()?.lastChange).toMatchObject({ from: 4, to: 6 });
  });

  it('is remembered until the service sets the count again', () => {
    shows(4, scaler('kubectl'));
    shows(4, scaler('kubectl'));
    expect(record()?.override).toMatchObject({ to: 4 });
    shows(5, SERVICE);
    expect(record()?.override).toBeUndefined();
  });

  it('is not a change of another field', () => {
    shows(5, SERVICE, helmWithout);
    expect(overrides).toEqual([]);
  });
});

it('a change by others after one by others is not an override', () => {
  appears(3, SERVICE);
  shows(4, scaler('kubectl'));
  shows(5, scaler('kubectl'));
  expect(overrides).toEqual([]);
});

describe('the tools from which a count was taken', () => {
  it.each<[string, Writer, readonly Writer[]]>([
    ['Helm 4, whose entry stays', helm, [helmWithout]],
    ['an applier of nothing but the count, whose entry vanishes', applier('ci'), []],
    ['Helm 3', updater('helm'), []],
  ])('are remembered with their counts: %s', (_, tool, left) => {
    appears(3, tool);
    shows(5, ...left, SERVICE);
    expect(taken()).toEqual([`${tool.manager}: 3`]);
    shows(7, ...left, SERVICE);
    expect(taken()).toEqual([`${tool.manager}: 3`]);
  });

  it('are both co-owners', () => {
    appears(3, helm, applier('ci'));
    shows(5, helmWithout, SERVICE);
    expect(taken()).toEqual(['helm: 3', 'ci: 3']);
  });

  it('are not managers that may own a default', () => {
    appears(3, updater('kubectl-create'));
    shows(5, SERVICE);
    expect(taken()).toEqual([]);
  });

  it('are forgotten once they have the count again', () => {
    appears(3, helm);
    shows(5, helmWithout, SERVICE);
    shows(3, applier('helm', { at: 200 }));
    expect(taken()).toEqual([]);
    shows(5, applier('helm', { ownsCount: false, at: 200 }), SERVICE);
    expect(taken()).toEqual(['helm: 3']);
  });

  it('are forgotten once they have applied again without a count', () => {
    appears(3, helm);
    shows(5, helmWithout, SERVICE);
    shows(5, applier('helm', { ownsCount: false, at: 200 }), SERVICE);
    expect(taken()).toEqual([]);
  });

  it('are not those that have given it up: a co-owner that leaves it out, and a sole owner, whose count becomes the default', () => {
    appears(3, helm);
    shows(5, helmWithout, SERVICE);
    shows(5, applier('helm', { at: 200 }), SERVICE);
    shows(5, applier('helm', { at: 300, ownsCount: false }), SERVICE);
    expect(taken()).toEqual([]);
    shows(3, applier('helm', { at: 400 }));
    shows(1, applier('helm', { at: 500, ownsCount: false }));
    expect(taken()).toEqual([]);
    shows(5, helmWithout, SERVICE, applier('ci'));
    shows(5, helmWithout, SERVICE);
    expect(taken()).toEqual([]);
  });

  it('include Helm 3, whose entry kube-apiserver loses after a write of the present count', () => {
    appears(3, updater('helm'));
    shows(4, updater('helm'));
    shows(4);
    expect(taken()).toEqual(['helm: 4']);
  });

  it('are at most four, the latest', () => {
    appears(0, applier('ci-0'));
    for (let i = 1; i <= 6; i += 1) shows(i, applier(`ci-${i}`));
    expect(taken()).toEqual(['ci-2: 2', 'ci-3: 3', 'ci-4: 4', 'ci-5: 5']);
  });
});

describe('whether the count had been written through scale before it was first seen', () => {
  it.each<[string, boolean, number, readonly Writer[]]>([
    ['by the service', true, 3, [SERVICE, helmWithout]],
    ['by an HPA', true, 3, [scaler('kube-controller-manager')]],
    ['a 0 that nobody owns', true, 0, [helmWithout]],
    ['a default that nobody owns', false, 1, [helmWithout]],
    ['by Helm', false, 3, [helm]],
    ['by Helm, which owns it besides the service', false, 3, [SERVICE, helm]],
  ])('%s: %s', (_, expected, replicas, writers) => {
    appears(replicas, ...writers);
    expect(wasTaken(current)).toBe(expected);
    shows(replicas + 1, scaler('kubectl'));
    shows(replicas + 2, SERVICE);
    expect(record()?.startedTaken).toBe(expected);
  });
});

describe('the users of writes whose changes are still to be seen', () => {
  it('are those of the last thousand', () => {
    for (let i = 0; i <= 1_000; i += 1) history.wrote(`uid-${i}`, 'never shown', 'alice');
    // The first user is forgotten, so another may be named.
    expect(history.wrote('uid-0', 'never shown', 'bob')).toBe(true);
    expect(history.wrote('uid-1000', 'never shown', 'bob')).toBe(false);
  });
});

describe('the changes of a Deployment', () => {
  const shown = () => {
    const { changes, truncated } = history.changesOf(current);
    return { counts: changes.map(({ to }) => to), truncated };
  };

  it('are none before the watch has shown one', () => {
    appears(3, SERVICE);
    expect(shown()).toEqual({ counts: [], truncated: false });
  });

  it('are the last 20, the newest first, and the last one is that of the record', () => {
    appears(0, SERVICE);
    for (let i = 1; i <= 20; i += 1) shows(i, SERVICE);
    const twenty = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(shown()).toEqual({ counts: twenty, truncated: false });
    shows(21, SERVICE);
    expect(shown()).toEqual({ counts: [21, ...twenty.slice(0, 19)], truncated: true });
    expect(history.changesOf(current).changes[0]).toBe(record()?.lastChange);
    expect(history.changeAt(UID, '11')).toBeUndefined();
    expect(history.changeAt(UID, '12')).toMatchObject({ from: 1, to: 2 });
  });

  it('are not more for events that do not change the count', () => {
    appears(3, SERVICE);
    shows(4, SERVICE);
    shows(4, SERVICE);
    expect(shown()).toEqual({ counts: [4], truncated: false });
  });

  it('are the last one at least, however little memory they may take', () => {
    history = historyOf(0);
    appears(3, SERVICE);
    shows(4, SERVICE);
    expect(shown()).toEqual({ counts: [4], truncated: false });
    shows(5, scaler('kubectl'));
    expect(shown()).toEqual({ counts: [5], truncated: true });
    expect(history.changeAt(UID, '12')).toMatchObject({ from: 4, to: 5 });
  });

  it('name the user of a write, also if another change has followed before it was answered', () => {
    appears(3, SERVICE);
    shows(4, SERVICE);
    shows(5, scaler('kubectl'));
    expect(history.wrote(UID, '11', 'alice')).toBe(true);
    expect(history.wrote(UID, '12', 'alice')).toBe(false);
    expect(history.changesOf(current).changes).toMatchObject([
      { manager: 'kubectl', user: undefined, overrode: true },
      { manager: FIELD_MANAGER, user: 'alice', overrode: false },
    ]);
  });

  it('take no more memory than they may, with the names of users', () => {
    history = historyOf(1_000);
    appears(3, SERVICE);
    for (const replicas of [4, 5, 6]) shows(replicas, SERVICE);
    expect(shown()).toEqual({ counts: [6, 5, 4], truncated: false });
    expect(history.wrote(UID, '12', 'a'.repeat(200))).toBe(true);
    expect(shown()).toEqual({ counts: [6, 5], truncated: true });
  });

  it('leave their room to others when a Deployment is deleted', () => {
    history = historyOf(1_000);
    const change = (uid: string, counts: readonly number[]) => {
      current = deployment('cart', '10', { uid, replicas: 1, writers: [SERVICE] });
      for (const replicas of counts) shows(replicas, SERVICE);
      return current;
    };
    const first = change('first', [2, 3]);
    const second = change('second', [2, 3]);
    history.deleted(second);
    change('third', [2, 3]);
    current = first;
    expect(shown()).toEqual({ counts: [3, 2], truncated: false });
  });

  it('start again with a Deployment of the same name', () => {
    appears(3, SERVICE);
    shows(4, SERVICE);
    shows(5, SERVICE);
    history.deleted(current);
    expect(shown()).toEqual({ counts: [], truncated: false });
    expect(history.changeAt(UID, '11')).toBeUndefined();
    current = { ...current, uid: 'another' };
    history.added();
    shows(6, SERVICE);
    expect(shown()).toEqual({ counts: [6], truncated: false });
  });
});

describe('a fight', () => {
  const MANAGERS: Readonly<Record<string, readonly Writer[]>> = {
    A: [scaler('kubectl')],
    B: [scaler('kube-controller-manager')],
    C: [applier('helm')],
    '?': [],
  };

  /** One change a minute by each of these managers. */
  function changeBy(managers: string, apart = MINUTE): void {
    for (const manager of managers) {
      vi.setSystemTime(Date.now() + apart);
      shows(current.replicas + 1, ...(MANAGERS[manager] ?? []));
    }
  }

  beforeEach(() => appears(1, SERVICE));

  it('is two managers who change the count in turn', () => {
    changeBy('ABAB');
    const fight = {
      between: ['kubectl', 'kube-controller-manager'],
      switches: 3,
      since: START / 1000 + 60,
      lastAt: START / 1000 + 240,
    };
    expect(record()?.fight).toEqual(fight);
    expect(fights).toEqual([fight]);
  });

  it.each(['ABA', 'AAB', 'AAABBB', 'ABCAB', 'ABCABC', 'ACBCAB', 'A?A?A?A', '????', 'AB?A', 'AAAAAAAA'])(
    'is not %s',
    (managers) => {
      changeBy(managers, MINUTE / 2);
      expect(fights).toEqual([]);
      expect(record()?.fight).toBeUndefined();
    },
  );

  it.each([
    ['AABAB', ['kubectl', 'kube-controller-manager'], 3],
    ['AABBAAB', ['kubectl', 'kube-controller-manager'], 3],
    ['CABAB', ['kubectl', 'kube-controller-manager'], 3],
    ['BABAB', ['kube-controller-manager', 'kubectl'], 4],
    ['ABAB?', ['kubectl', 'kube-controller-manager'], 3],
    ['A?BAB', ['kubectl', 'kube-controller-manager'], 3],
    ['CBCABCBC', ['kube-controller-manager', 'helm'], 3],
  ])('is %s, which begins once', (managers, between, switches) => {
    changeBy(managers);
    expect(record()?.fight).toMatchObject({ between, switches });
    expect(fights).toHaveLength(1);
  });

  it('has its four changes within 10 minutes', () => {
    changeBy('A');
    changeBy('BAB', 200_001);
    expect(fights).toEqual([]);
    changeBy('A', 1);
    expect(fights).toHaveLength(1);
    appears(1, SERVICE);
  });

  it('has them within exactly 10 minutes', () => {
    changeBy('AA');
    changeBy('BAB', 200_000);
    expect(fights).toMatchObject([{ since: START / 1000 + 120 }]);
  });

  it('goes on while the two take turns, and is not told again', () => {
    changeBy('ABABAAB');
    expect(record()?.fight).toMatchObject({ switches: 5, since: START / 1000 + 60 });
    changeBy('A', 10 * MINUTE - 1);
    expect(record()?.fight).toMatchObject({ switches: 6, since: START / 1000 + 60 });
    expect(fights).toHaveLength(1);
  });

  it('goes on after a change by a third, who has no part in it', () => {
    changeBy('ABABCAB');
    expect(record()?.fight).toMatchObject({
      between: ['kubectl', 'kube-controller-manager'],
      switches: 4,
      lastAt: START / 1000 + 7 * 60,
    });
    expect(fights).toHaveLength(1);
  });

  it('begins again after 10 minutes without a turn', () => {
    changeBy('ABAB');
    changeBy('A', 10 * MINUTE);
    expect(record()?.fight).toMatchObject({ switches: 3 });
    changeBy('BA');
    expect(fights).toHaveLength(1);
    changeBy('B');
    expect(fights).toHaveLength(2);
    expect(record()?.fight).toMatchObject({ switches: 3, since: START / 1000 + 14 * 60 });
  });

  it('is another one if one of the two fights with a third', () => {
    changeBy('ABABCBC');
    expect(fights.map(({ between }) => between)).toEqual([
      ['kubectl', 'kube-controller-manager'],
      ['kube-controller-manager', 'helm'],
    ]);
  });

  it('ends with the Deployment', () => {
    changeBy('ABAB');
    history.deleted(current);
    expect(record()).toBeUndefined();
  });
});

it('the version rises with whatever changes what is answered', () => {
  const versions = [history.version];
  const note = () => versions.push(history.version);
  appears(3, SERVICE);
  note();
  shows(3, SERVICE);
  note();
  shows(5, SERVICE);
  note();
  history.wrote(UID, '12', 'alice');
  note();
  history.deleted(current);
  note();
  expect(new Set(versions).size).toBe(versions.length);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
});

describe('a write whose outcome is not known', () => {
  const unknown = (replicas: number, user = 'alice'): UnknownWrite => ({
    namespace: 'default',
    deployment: 'cart',
    uid: current.uid,
    replicas,
    user,
    batch: undefined,
    since: Date.now() / 1000,
  });
  const users = () => history.changesOf(current).changes.map(({ user }) => user);

  it('has landed once the watch shows its count, by the service', () => {
    appears(3, SERVICE);
    history.mayHaveWritten(unknown(5));
    expect(landed).toEqual([]);
    shows(5, SERVICE);
    expect(landed).toEqual(['alice: 3 to 5']);
    // Another replica may have made it, for somebody else.
    expect(users()).toEqual([undefined]);
    shows(3, SERVICE);
    shows(5, SERVICE);
    expect(landed).toHaveLength(1);
  });

  it('has landed if the watch has shown its count already', () => {
    appears(3, SERVICE);
    const write = unknown(5);
    shows(5, SERVICE);
    shows(4, SERVICE);
    history.mayHaveWritten(write);
    expect(landed).toEqual(['alice: 3 to 5']);
    expect(users()).toEqual([undefined, undefined]);
  });

  it('has landed if the watch has shown its change, but no second time for another such write', () => {
    appears(3, SERVICE);
    const [first, second, third] = [unknown(5), unknown(5), unknown(5)];
    history.mayHaveWritten(first);
    shows(5, SERVICE);
    history.mayHaveWritten(second);
    expect(landed).toHaveLength(1);
    shows(4, SERVICE);
    shows(5, SERVICE);
    expect(landed).toHaveLength(2);
    history.mayHaveWritten(third);
    expect(landed).toHaveLength(2);
  });

  it('has not landed if its count was there before, or is set by somebody else, or another count is set', () => {
    appears(3, SERVICE);
    shows(5, SERVICE);
    vi.advanceTimersByTime(1_000);
    history.mayHaveWritten(unknown(5));
    shows(4, SERVICE);
    shows(5, scaler('kubectl'));
    shows(6, SERVICE);
    expect(landed).toEqual([]);
    expect(users()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('does not land any more after a quarter of an hour', () => {
    appears(3, SERVICE);
    history.mayHaveWritten(unknown(5));
    vi.advanceTimersByTime(15 * 60_000 + 1);
    shows(5, SERVICE);
    expect(landed).toEqual([]);
  });

  it('is not kept if another write of its count begins, which is then known to have made the change', () => {
    appears(3, SERVICE);
    history.mayHaveWritten(unknown(5));
    expect(history.takeUnknown(current.uid, 5)).toMatchObject({ user: 'alice' });
    shows(5, SERVICE);
    expect(history.wrote(current.uid, current.resourceVersion, 'bob')).toBe(true);
    expect(landed).toEqual([]);
    expect(users()).toEqual(['bob']);
  });

  it('is one of at most a thousand that are kept', () => {
    appears(3, SERVICE);
    for (let replicas = 1_001; replicas > 0; replicas -= 1) history.mayHaveWritten(unknown(replicas));
    shows(1_001, SERVICE);
    expect(landed).toEqual([]);
    shows(1_000, SERVICE);
    expect(landed).toHaveLength(1);
  });
});
