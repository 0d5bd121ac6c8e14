import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventRecorder } from '../../../src/cluster/event-recorder.ts';
import type { CountChange } from '../../../src/cluster/ownership/count-history.ts';
import { KubeStatusError } from '../../../src/kube/kube-errors.ts';
import { deployment } from '../../support/deployment-objects.ts';
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
  const result = { uid: 'uid', replicas: 2, resourceVersion: '1', applied: true, replaced: 1, warnings: [] };
  events.scaled({ namespace, deployment: 'cart', user: 'alice', from: 1, batch: undefined, result });
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

it('Events: all of a batch of 1,000 are created, however quickly its writes are made', async () => {
  for (const namespace of numbered(1_000)) note(namespace);
  api.respond = () => ({});
  for (let open = 0; open < 2; open += 1) await (await api.nextCall()).answer({});
  await flush();
  expect(api.requests).toHaveLength(1_000);
});

describe('Events of an override and of a fight', () => {
  const cart = deployment('cart', '12', { namespace: 'shop', generation: 7 });
  const change: CountChange = {
    resourceVersion: '12',
    at: 0,
    from: 8,
    to: 4,
    manager: 'kube-controller-manager',
    operation: 'Update',
    viaScale: true,
    overrode: true,
    user: undefined,
  };
  const fight = { between: ['kubectl', 'helm'] as const, switches: 3, since: 0, lastAt: 0 };
  const taken = new KubeStatusError(409, 'AlreadyExists', 'events already exists');

  it('are warnings on the Deployment, with a name that every replica makes of its uid and generation', async () => {
    events.overridden(cart, change);
    events.overridden(cart, { ...change, to: 0, manager: undefined });
    events.contested(cart, fight);
    await flush();
    const involvedObject = { kind: 'Deployment', namespace: 'shop', name: 'cart', uid: 'uid-of-cart' };
    const common = { type: 'Warning', involvedObject };
    expect(api.requests.map(({ request }) => request)).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/events',
        body: {
          ...common,
          metadata: { namespace: 'shop', name: 'replicasoverridden-uid-of-cart-7' },
          reason: 'ReplicasOverridden',
          message: 'kube-controller-manager set 4, less than 5 minutes after k8s-deployment-scaler had set 8',
        },
      },
      {
        body: {
          message:
            'an unknown field manager set 0, less than 5 minutes after k8s-deployment-scaler had set 8',
        },
      },
      {
        body: {
          ...common,
          metadata: { namespace: 'shop', name: 'replicascontested-uid-of-cart-7' },
          reason: 'ReplicasContested',
          message:
            'kubectl and helm set the count in turn: it passed from one to the other 3 times within 10 minutes',
        },
      },
    ]);
  });

  it('that another replica has created are not failures, and show that the namespace accepts Events', async () => {
    grantIn();
    await scaleIn(...numbered(99));
    api.respond = () => taken;
    events.overridden(cart, change);
    await flush();
    grantIn();
    await scaleIn('payments');
    expect(log.lines.filter(({ level }) => level === 'debug')).toEqual([]);
    // With this many refusals only namespaces that have accepted one are tried.
    await scaleIn('other', 'shop');
    expect([triesIn('other'), triesIn('shop')]).toEqual([0, 2]);
  });

  it('are not tried while Events are refused in the namespace, and cause refusals like those of scales', async () => {
    grantIn();
    events.contested(cart, fight);
    await flush();
    events.overridden(cart, change);
    await scaleIn('shop');
    expect(triesIn('shop')).toBe(1);
    expect(log.lines).toHaveLength(1);
  });
});

it('an Event of a scale, whose name the API server makes, is not there already: a conflict is a failure', async () => {
  api.respond = () => new KubeStatusError(409, 'AlreadyExists', 'events already exists');
  await scaleIn('shop');
  expect(log.lines.map(({ level }) => level)).toEqual(['debug']);
});
