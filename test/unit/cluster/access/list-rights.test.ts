import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReviewAuthorizer } from '../../../../src/cluster/access/authorizer.ts';
import type { Subject } from '../../../../src/cluster/access/decisions.ts';
import { type ListRights, ListRightsOfAll } from '../../../../src/cluster/access/list-rights.ts';
import { ReviewOutcomes } from '../../../../src/cluster/access/review-outcomes.ts';
import { isObject, objectAt } from '../../../../src/kube/json.ts';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { ScriptedApi } from '../../../support/kube/scripted-api.ts';

const alice: Subject = { user: 'alice', groups: ['dev'] };
const MINUTE = 60_000;
const TIMES = { allowedSeconds: 300, deniedSeconds: 30, outageSeconds: 3_600 };

let api: ScriptedApi;
/** What the API server allows: namespaces, `*` for all of them at once. */
let allowed: Set<string>;
/** The namespaces that it was asked for, `*` for all of them at once. */
let asked: string[];
let current: string[];

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  allowed = new Set();
  asked = [];
  current = [];
  api.respond = ({ body }) => {
    const { namespace = '*' } = objectAt(objectAt(isObject(body) ? body : {}, 'spec'), 'resourceAttributes');
    asked.push(String(namespace));
    return { status: { allowed: allowed.has(String(namespace)) } };
  };
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function rightsOfAll(times = TIMES) {
  return new ListRightsOfAll(new ReviewAuthorizer(api, times, new ReviewOutcomes(new RecordingLogger())));
}

/** Rights that are followed, and how often their listener was told. */
function follow(rights: ListRights) {
  const told = { more: 0, denied: 0 };
  const leave = rights.listen({
    more: () => {
      told.more += 1;
    },
    denied: () => {
      told.denied += 1;
    },
  });
  return { told, leave };
}

const find = async () => current.filter((namespace) => allowed.has(namespace));
const everywhere = { namespace: undefined, shown: undefined, find };
const of = (...shown: string[]) => ({ namespace: undefined, shown, find });
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the right to list everything', () => {
  it('is asked for again after 4 minutes, once for all of a subject, and ends when it is gone', async () => {
    allowed = new Set(['*']);
    const all = rightsOfAll();
    const rights = all.of(alice, everywhere);
    const first = follow(rights);
    const same = all.of({ ...alice }, everywhere);
    const second = follow(same);
    expect(same).toBe(rights);
    expect(rights.allows('any')).toBe(true);
    await later(4 * MINUTE - 1);
    expect(asked).toEqual([]);
    await later(1);
    expect(asked).toEqual(['*']);
    await later(4 * MINUTE);
    expect(asked).toEqual(['*', '*']);
    allowed.clear();
    await later(4 * MINUTE);
    expect([first.told.denied, second.told.denied, rights.areGone]).toEqual([1, 1, true]);
    first.leave();
    second.leave();
  });

  it('is asked for again when the remembered decision ends, if that is earlier', async () => {
    allowed = new Set(['*']);
    const authorizer = new ReviewAuthorizer(api, TIMES, new ReviewOutcomes(new RecordingLogger()));
    await authorizer.allows(alice, { verb: 'list', resource: 'deployments' });
    await later(4.5 * MINUTE);
    const { leave } = follow(new ListRightsOfAll(authorizer).of(alice, everywhere));
    await later(0.5 * MINUTE - 1);
    expect(asked).toEqual(['*']);
    await later(1);
    expect(asked).toEqual(['*', '*']);
    leave();
  });

  it('holds in an outage as long as for any read, and is asked for every 2 s', async () => {
    allowed = new Set(['*']);
    const { told, leave } = follow(rightsOfAll({ ...TIMES, outageSeconds: 60 }).of(alice, everywhere));
    await later(4 * MINUTE);
    const { respond } = api;
    api.respond = () => new KubeUnreachableError(false, 'refused');
    // The decision of minute 4 lasts until minute 9, and the grace until minute 10.
    await later(6 * MINUTE - 3_000);
    expect(told.denied).toBe(0);
    api.respond = respond;
    await later(3_000);
    expect(told.denied).toBe(0);
    api.respond = () => new KubeUnreachableError(false, 'refused');
    await later(7 * MINUTE);
    expect(told.denied).toBe(1);
    leave();
  });

  it('outlives a review that fails for another reason, as long as the decision is remembered', async () => {
    allowed = new Set(['*']);
    const { told, leave } = follow(rightsOfAll().of(alice, everywhere));
    await later(4 * MINUTE);
    api.respond = () => new KubeStatusError(403, 'Forbidden', 'no reviews for you');
    await later(5 * MINUTE - 1);
    expect(told.denied).toBe(0);
    await later(5_000);
    expect(told.denied).toBe(1);
    leave();
  });

  it('that becomes the right to list some namespaces is news, and shows only those', async () => {
    allowed = new Set(['*']);
    current = ['shop', 'secret'];
    const rights = rightsOfAll().of(alice, everywhere);
    const { told, leave } = follow(rights);
    allowed = new Set(['shop']);
    await later(4 * MINUTE);
    expect([rights.version > 0, told.denied]).toEqual([true, 0]);
    expect(rights.allows('shop')).toBe(true);
    expect(rights.allows('secret')).toBeUndefined();
    await later(0);
    expect(rights.allows('secret')).toBe(false);
    leave();
  });

  it('ends for all of a subject when it is found to have less, also while it is asked for', async () => {
    allowed = new Set(['*']);
    const all = rightsOfAll();
    const rights = all.of(alice, everywhere);
    const first = follow(rights);
    const { respond } = api;
    api.respond = undefined;
    await later(4 * MINUTE);
    const second = follow(all.of(alice, of('shop')));
    const { version } = rights;
    const third = all.of(alice, of('shop'));
    // The reader that came before is told, and once.
    expect([version > 0, rights.version === version, first.told]).toEqual([
      true,
      true,
      { more: 1, denied: 0 },
    ]);
    for (const each of [rights, third])
      expect([each.allows('shop'), each.allows('secret')]).toEqual([true, undefined]);
    api.respond = respond;
    first.leave();
    second.leave();
    await later(MINUTE);
  });

  it('comes for all of a subject when it is found to have more', async () => {
    const all = rightsOfAll();
    const rights = all.of(alice, of('shop'));
    const { told, leave } = follow(rights);
    rights.allows('web');
    await later(0);
    expect([rights.allows('web'), rights.version]).toEqual([false, 0]);
    all.of(alice, of('shop', 'web'));
    expect([rights.allows('web'), rights.version, told.more]).toEqual([true, 1, 2]);
    all.of(alice, everywhere);
    expect([rights.allows('any'), rights.version, told.more]).toEqual([true, 2, 3]);
    all.of(alice, everywhere);
    expect([rights.version, told.more]).toEqual([2, 3]);
    leave();
  });

  it('is not asked for when nobody follows any longer', async () => {
    allowed = new Set(['*']);
    const all = rightsOfAll();
    const rights = all.of(alice, everywhere);
    const { leave } = follow(rights);
    leave();
    expect(all.of(alice, everywhere)).not.toBe(rights);
    await later(10 * MINUTE);
    expect(asked).toEqual([]);
  });
});

describe('the right to list one namespace', () => {
  it('is asked for as such', async () => {
    allowed = new Set(['shop']);
    const { told, leave } = follow(rightsOfAll().of(alice, { ...everywhere, namespace: 'shop' }));
    await later(4 * MINUTE);
    expect([asked, told.denied]).toEqual([['shop'], 0]);
    allowed.clear();
    await later(4 * MINUTE);
    expect(told.denied).toBe(1);
    leave();
  });
});

describe('the right to list some namespaces', () => {
  it('is asked for a namespace that appears, once', async () => {
    allowed = new Set(['shop', 'new']);
    const rights = rightsOfAll().of(alice, of('shop'));
    const { told, leave } = follow(rights);
    expect(rights.allows('shop')).toBe(true);
    for (let i = 0; i < 3; i += 1)
      expect([rights.allows('new'), rights.allows('secret')]).toEqual([undefined, undefined]);
    await later(0);
    expect(asked).toEqual(['new', 'secret']);
    expect([rights.allows('new'), rights.allows('secret'), told.more]).toEqual([true, false, 2]);
    // A denial is remembered until all is asked again.
    await later(2 * MINUTE);
    expect(rights.allows('secret')).toBe(false);
    expect(asked.length).toBe(2);
    leave();
  });

  it('is news if a namespace has come of which nobody has asked before, or not lately, and once', async () => {
    allowed = new Set(['shop', 'new']);
    const rights = rightsOfAll().of(alice, of('shop'));
    const { leave } = follow(rights);
    rights.allows('new');
    rights.allows('secret');
    await later(0);
    expect([rights.allows('new'), rights.allows('secret'), rights.version]).toEqual([true, false, 1]);
    // The denial is forgotten at minute 4. Nobody asks for this namespace before minute 13.
    allowed.add('secret');
    await later(13 * MINUTE);
    expect([rights.allows('new'), rights.allows('secret'), rights.version]).toEqual([true, undefined, 1]);
    await later(0);
    expect([rights.allows('secret'), rights.version]).toEqual([true, 2]);
    leave();
  });

  it('is asked for the namespaces that are shown again, and news if one is gone or has come', async () => {
    allowed = new Set(['shop', 'web']);
    const rights = rightsOfAll().of(alice, of('shop', 'web'));
    const { told, leave } = follow(rights);
    rights.allows('secret');
    await later(0);
    asked = [];
    allowed = new Set(['web', 'secret']);
    await later(4 * MINUTE);
    expect(asked).toEqual(['*', 'shop', 'web']);
    expect([rights.allows('shop'), rights.allows('web'), rights.version]).toEqual([false, true, 1]);
    expect(rights.allows('secret')).toBeUndefined();
    await later(0);
    expect([rights.allows('secret'), rights.version, told.denied]).toEqual([true, 2, 0]);
    leave();
  });

  it('ends when there is none left, but not when another one has come instead', async () => {
    allowed = new Set(['shop']);
    const rights = rightsOfAll().of(alice, of('shop'));
    const { told, leave } = follow(rights);
    current = ['shop', 'web'];
    allowed = new Set(['web']);
    await later(4 * MINUTE);
    expect([told.denied, rights.allows('web'), rights.allows('shop')]).toEqual([0, true, false]);
    expect(rights.version).toBe(2);
    allowed.clear();
    await later(4 * MINUTE);
    expect(told.denied).toBe(1);
    leave();
  });

  it('shows nothing of a namespace that cannot be decided, and asks again after 2 s', async () => {
    const rights = rightsOfAll().of(alice, of('shop'));
    const { told, leave } = follow(rights);
    const { respond } = api;
    api.respond = () => new KubeStatusError(403, 'Forbidden', 'no reviews for you');
    expect(rights.allows('new')).toBeUndefined();
    await later(1_999);
    expect([rights.allows('new'), api.requests.length, told.more]).toEqual([undefined, 1, 0]);
    api.respond = respond;
    allowed = new Set(['new']);
    await later(1);
    expect(told.more).toBe(1);
    expect(rights.allows('new')).toBeUndefined();
    await later(0);
    expect([rights.allows('new'), told.more]).toEqual([true, 2]);
    leave();
  });

  it('that becomes the right to list everything is news', async () => {
    allowed = new Set(['shop']);
    const rights = rightsOfAll().of(alice, of('shop'));
    const { leave } = follow(rights);
    allowed = new Set(['*']);
    await later(4 * MINUTE);
    expect([rights.version, rights.allows('any')]).toEqual([1, true]);
    leave();
  });
});
