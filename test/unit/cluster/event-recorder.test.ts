import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventRecorder } from '../../../src/cluster/event-recorder.ts';
import { KubeStatusError } from '../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { flush, ScriptedApi } from '../../support/kube/scripted-api.ts';

const PAUSE_MS = 5 * 60_000;
const refusal = new KubeStatusError(403, 'Forbidden', 'events is forbidden');
let api: ScriptedApi;
let log: RecordingLogger;
let events: EventRecorder;

beforeEach(() => {
  vi.useFakeTimers();
  api = new ScriptedApi();
  log = new RecordingLogger();
  events = new EventRecorder(api, log);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Notes one write per namespace, one after another. Each waits for the answer to its Event. */
async function scaleIn(...namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    note(namespace);
    await flush();
  }
}

function note(namespace: string): void {
  const result = { uid: 'uid', replicas: 2, resourceVersion: '1', applied: true, warnings: [] };
  events.scaled({ namespace, deployment: 'cart', user: 'alice', from: 1, result });
}

/** Lets the account create Events in these namespaces only. */
function grantIn(...namespaces: readonly string[]): void {
  api.respond = ({ path }) => (namespaces.some((each) => path.includes(`/${each}/`)) ? {} : refusal);
}

const numbered = (count: number, prefix = 'ns') =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const triesIn = (namespace: string) =>
  api.requests.filter(({ request }) => request.path.includes(`/${namespace}/`)).length;

describe('Events that the account may not create', () => {
  it('are not tried for 5 minutes in that namespace, and continue in the others', async () => {
    grantIn('shop');
    await scaleIn('payments', 'payments', 'shop', 'shop');
    expect([triesIn('payments'), triesIn('shop')]).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    await scaleIn('payments');
    expect(triesIn('payments')).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    grantIn('payments');
    await scaleIn('payments', 'payments');
    expect(triesIn('payments')).toBe(3);
  });

  it('cost a bounded number of calls per 5 minutes, however many namespaces lack the right', async () => {
    grantIn();
    await scaleIn(...numbered(1_000), ...numbered(1_000));
    expect(api.requests).toHaveLength(100);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    await scaleIn(...numbered(1_000));
    expect(api.requests).toHaveLength(200);
  });

  it('cost a bounded number of calls even if the right is withdrawn from namespaces that had it', async () => {
    const namespaces = numbered(300);
    api.respond = () => ({});
    await scaleIn(...namespaces);
    grantIn();
    await scaleIn(...namespaces);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    api.requests.length = 0;
    await scaleIn(...namespaces);
    expect(api.requests).toHaveLength(100);
  });

  it('do not stop those of a namespace that has had some, however many other namespaces lack the right', async () => {
    grantIn('shop');
    await scaleIn('shop', ...numbered(1_000), 'shop');
    expect(triesIn('shop')).toBe(2);
    grantIn();
    await scaleIn('shop', 'shop');
    expect(triesIn('shop')).toBe(3);
  });

  it('are tried in further namespaces once one of many pauses is over', async () => {
    grantIn('shop');
    await scaleIn('first');
    await vi.advanceTimersByTimeAsync(1_000);
    await scaleIn(...numbered(99), 'shop');
    expect(triesIn('shop')).toBe(0);
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1_000);
    await scaleIn('shop');
    expect(triesIn('shop')).toBe(1);
  });

  it('are dropped if they are still queued when the refusal arrives', async () => {
    for (let times = 0; times < 10; times += 1) note('payments');
    await flush();
    // One user has two turns at a time.
    expect(api.requests).toHaveLength(2);
    for (let times = 0; times < 2; times += 1) await (await api.nextCall()).fail(refusal);
    expect(api.requests).toHaveLength(2);
  });

  it('are logged in one line per 5 minutes, with a namespace and the number of refusals', async () => {
    grantIn();
    await scaleIn(...numbered(50));
    const message = 'the account of the service may not create events: none are created in this namespace';
    const line = { level: 'info', message };
    expect(log.lines).toEqual([{ ...line, context: { namespace: 'ns-0', pauseMs: PAUSE_MS, times: 1 } }]);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    await scaleIn('shop');
    expect(log.lines.slice(1)).toEqual([
      { ...line, context: { namespace: 'shop', pauseMs: PAUSE_MS, times: 50 } },
    ]);
  });
});

it('Events: one that fails for a reason other than a refusal does not stop the next one', async () => {
  api.respond = () => new KubeStatusError(500, 'InternalError', 'etcdserver: leader changed');
  await scaleIn('shop', 'shop');
  expect(triesIn('shop')).toBe(2);
  expect(log.lines.map(({ level }) => level)).toEqual(['debug', 'debug']);
});
