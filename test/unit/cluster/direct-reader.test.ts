import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectReader, NamesReading } from '../../../src/cluster/direct-reader.ts';
import { LabelSelector } from '../../../src/cluster/labels/label-selector.ts';
import { KubeBusyError } from '../../../src/kube/kube-errors.ts';
import { apiObject, deployment } from '../../support/deployment-objects.ts';
import { flush, ScriptedApi } from '../../support/kube/scripted-api.ts';

const answer = apiObject(deployment('a', '1'));
let api: ScriptedApi;
let reader: DirectReader;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  reader = new DirectReader(api);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const read = (user: string, index: number) =>
  reader.deployment(user, 'shop', `d-${index}`, performance.now());

describe('direct reads of one user who keeps reading different names', () => {
  it('take at most half of the places, so that another user does not wait', async () => {
    const reads = Array.from({ length: 200 }, (_, index) => read('flooder', index));
    await flush();
    expect(api.requests).toHaveLength(4);
    const other = read('bob', 1_000);
    await flush();
    expect(api.requests.at(-1)?.request.path).toMatch(/d-1000$/);
    api.respond = () => answer;
    for (let index = 0; index < 5; index += 1) await (await api.nextCall()).answer(answer);
    await Promise.all([...reads, other]);
  });

  it('are refused if the API server cannot keep up', async () => {
    const reads = Array.from({ length: 20 }, (_, index) => read('flooder', index).catch((error) => error));
    await vi.advanceTimersByTimeAsync(1_000);
    for (let index = 0; index < 4; index += 1) await (await api.nextCall()).answer(answer);
    const answers = await Promise.all(reads);
    expect(answers.filter((each) => each instanceof KubeBusyError)).toHaveLength(16);
  });
});

describe('direct reads of a list by labels', () => {
  const names = (user: string, selector?: string) =>
    reader.names(user, ['shop'], 0, selector === undefined ? undefined : LabelSelector.parse(selector));

  it('make the API server select, and are shared by callers with the same selector only', async () => {
    const reads = [
      names('alice', 'app=cart'),
      names('bob', 'app=cart'),
      names('alice', 'app!=cart'),
      names('alice'),
    ];
    await flush();
    expect(api.requests.map(({ request }) => request.query)).toEqual([
      { labelSelector: 'app=cart', limit: 250 },
      { labelSelector: 'app!=cart', limit: 250 },
      { limit: 250 },
    ]);
    for (const name of ['cart', 'api', 'both']) {
      const items = [apiObject(deployment(name, '7', { namespace: 'shop' }))];
      await (await api.nextCall()).answer({ metadata: { resourceVersion: '9' }, items });
    }
    const lists = (await Promise.all(reads)).map(({ value }) => String(value.answer()));
    expect(lists).toEqual(['cart', 'cart', 'api', 'both'].map((name) => `{"deployments":["shop/${name}"]}`));
  });
});

describe('the result of a direct read of a list', () => {
  it('is one buffer for all callers that see the same namespaces', () => {
    const names = new NamesReading(['b/x', 'a-b/x', 'a/y', 'a/x'], '7');
    expect(names.namespaces).toEqual(['a-b', 'a', 'b']);
    expect(String(names.answer())).toBe('{"deployments":["a-b/x","a/x","a/y","b/x"]}');
    expect(names.answer()).toBe(names.answer());
    expect(String(names.answer(['a', 'gone']))).toBe('{"deployments":["a/x","a/y"]}');
    expect(names.answer(['a', 'gone'])).toBe(names.answer(['a', 'gone']));
    expect(String(names.answer([]))).toBe('{"deployments":[]}');
  });
});
