import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Circuit } from '../../../../src/kube/client/circuit.ts';
import {
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { type PendingCall, ScriptedApi } from '../../../support/kube/scripted-api.ts';

let api: ScriptedApi;
let circuit: Circuit;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  circuit = new Circuit(api);
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = new KubeUnreachableError(false, 'refused');
const request = { path: '/version', deadlineMs: 5_000 };
const call = () => circuit.call(request);
/** The result or the error of a call. */
const outcome = () => call().catch((error: unknown) => error);

/** One call per answer, one after another. */
async function calls(...answers: readonly unknown[]): Promise<void> {
  for (const answer of answers) {
    api.respond = () => answer;
    await outcome();
  }
}

const failures = (count: number) => Array.from({ length: count }, () => refused);

/** A call that the API server has received and not answered. */
async function pending(): Promise<{ ended: Promise<unknown>; sent: PendingCall }> {
  api.respond = undefined;
  const ended = outcome();
  return { ended, sent: await api.nextCall() };
}

describe('a circuit', () => {
  it('lets every call through until five in a row have failed, then none', async () => {
    api.respond = () => refused;
    for (let failed = 0; failed < 5; failed += 1) expect(await outcome()).toBe(refused);
    expect(await outcome()).toBeInstanceOf(KubeCircuitOpenError);
    expect(api.requests).toHaveLength(5);
  });

  it('does not count failures of calls that began before the last answer of the API server', async () => {
    const before: Awaited<ReturnType<typeof pending>>[] = [];
    // One after another: two that wait for the clock at once may each take the other's call.
    while (before.length < 5) before.push(await pending());
    await vi.advanceTimersByTimeAsync(1);
    circuit.close();
    for (const { sent, ended } of before) {
      await sent.fail(refused);
      expect(await ended).toBe(refused);
    }
    expect(circuit.isOpen).toBe(false);
  });

  it('starts counting from zero after every success', async () => {
    await calls(...failures(4), {}, ...failures(4), {});
    expect(await outcome()).toEqual({});
    expect(api.requests).toHaveLength(11);
  });

  it.each([
    ['no connection', refused],
    ['no answer in time', new KubeTimeoutError(true, 5_000)],
    ['no credentials', new KubeCredentialsError('the plugin failed')],
  ])('counts %s as a failure', async (_, error) => {
    await calls(...Array.from({ length: 5 }, () => error));
    expect(await outcome()).toBeInstanceOf(KubeCircuitOpenError);
  });

  it.each([
    ['status 500', new KubeStatusError(500, 'InternalError', '')],
    ['status 401', new KubeStatusError(401, 'Unauthorized', '')],
    ['a malformed answer', new KubeMalformedError('not JSON')],
  ])('counts %s as an answer, because the API server is alive', async (_, error) => {
    await calls(...failures(4), error, ...failures(4));
    api.respond = () => error;
    expect(await outcome()).toBe(error);
  });

  it('closes when a call outside the circuit is answered', async () => {
    await calls(...failures(5));
    expect(circuit.isOpen).toBe(true);
    circuit.close();
    expect(circuit.isOpen).toBe(false);
    await calls(...failures(4), {});
    expect(await outcome()).toEqual({});
  });

  it('ignores a call that its caller cancels', async () => {
    await calls(...failures(4));
    api.respond = undefined;
    const controller = new AbortController();
    const cancelled = expect(circuit.call({ ...request, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    controller.abort(new Error('enough'));
    await cancelled;
    await calls(refused);
    expect(await outcome()).toBeInstanceOf(KubeCircuitOpenError);
  });

  it('ignores a call that had less than a second', async () => {
    await calls(...failures(4));
    api.respond = () => new KubeTimeoutError(true, 999);
    const hurried = () => circuit.call({ ...request, deadlineMs: 999 });
    for (let late = 0; late < 10; late += 1) await expect(hurried()).rejects.toThrow(KubeTimeoutError);
    await calls(refused);
    expect(await outcome()).toBeInstanceOf(KubeCircuitOpenError);
  });

  it('passes on a request to reload the credentials, whether it is open or closed', async () => {
    await calls(...failures(5));
    circuit.reloadCredentials();
    expect(api.reloads).toBe(1);
  });
});

describe('an open circuit', () => {
  beforeEach(() => calls(...failures(5)));

  it('lets one trial call through after a second, and no other call during it', async () => {
    await vi.advanceTimersByTimeAsync(999);
    expect(await outcome()).toBeInstanceOf(KubeCircuitOpenError);
    await vi.advanceTimersByTimeAsync(1);
    const trial = await pending();
    expect(await outcome()).toMatchObject({ code: 'KUBE_CIRCUIT_OPEN', retryAfterSeconds: 2 });
    expect(api.untaken).toBe(0);
    await trial.sent.answer('well');
    expect(await trial.ended).toBe('well');
  });

  it('closes when a trial call succeeds', async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    await calls({}, ...failures(4), {});
    expect(await outcome()).toEqual({});
  });

  it('stays open twice as long after each failed trial, up to 2 s, and reports for how long', async () => {
    for (const seconds of [1, 2, 2, 2]) {
      expect(await outcome()).toMatchObject({ retryAfterSeconds: seconds });
      await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
      expect(await outcome()).toMatchObject({ retryAfterSeconds: 1 });
      await vi.advanceTimersByTimeAsync(1);
      expect(await outcome()).toBe(refused);
    }
    expect(api.requests).toHaveLength(9);
  });

  it('stays open for a second again the next time that it opens', async () => {
    for (const openMs of [1_000, 2_000]) {
      await vi.advanceTimersByTimeAsync(openMs);
      await calls(refused);
    }
    await vi.advanceTimersByTimeAsync(3_000);
    await calls({}, ...failures(5));
    expect(await outcome()).toMatchObject({ retryAfterSeconds: 1 });
  });

  it('lets another trial call through 2 s after the last one, even if that one has not ended', async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    await pending();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(await outcome()).toMatchObject({ retryAfterSeconds: 1 });
    await vi.advanceTimersByTimeAsync(1);
    api.respond = () => ({});
    expect(await outcome()).toEqual({});
    expect(await outcome()).toEqual({});
  });
});
