import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Circuit } from '../../src/cluster/circuit.ts';
import { DirectReader } from '../../src/cluster/direct-reader.ts';
import { KubeBusyError } from '../../src/cluster/errors.ts';
import { apiObject, deployment } from './helpers/objects.ts';
import { ScriptedApi } from './helpers/scripted-api.ts';

const answer = apiObject(deployment('a', '1'));
let api: ScriptedApi;
let calls: Circuit;
let reader: DirectReader;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  calls = new Circuit(api);
  reader = new DirectReader(calls);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const read = (index: number) => reader.deployment('shop', `d-${index}`, performance.now());

describe('direct reads of ever other names', () => {
  it('leave the other calls their places', async () => {
    const reads = Array.from({ length: 500 }, (_, index) => read(index));
    await vi.advanceTimersByTimeAsync(0);
    expect(api.requests).toHaveLength(8);
    const write = calls.call({ method: 'PATCH', path: '/a-write', deadlineMs: 1_000 });
    await vi.advanceTimersByTimeAsync(0);
    expect(api.requests.at(-1)?.request.path).toBe('/a-write');
    api.respond = () => answer;
    for (let index = 0; index < 9; index += 1) await (await api.nextCall()).answer(answer);
    await Promise.all([...reads, write]);
  });

  it('are refused where the API server is too slow for them', async () => {
    const reads = Array.from({ length: 20 }, (_, index) => read(index).catch((error) => error));
    await vi.advanceTimersByTimeAsync(1_000);
    for (let index = 0; index < 8; index += 1) await (await api.nextCall()).answer(answer);
    const answers = await Promise.all(reads);
    expect(answers.filter((each) => each instanceof KubeBusyError)).toHaveLength(12);
  });
});
