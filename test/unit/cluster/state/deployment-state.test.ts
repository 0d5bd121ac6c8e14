import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import type { Claim } from '../../../../src/cluster/ownership/claims.ts';
import type { CountChange, CountRecord } from '../../../../src/cluster/ownership/count-history.ts';
import type { Owners } from '../../../../src/cluster/ownership/forecast.ts';
import { stateOf } from '../../../../src/cluster/state/deployment-state.ts';
import { autoscaler } from '../../../support/autoscaler-objects.ts';
import { recordOf } from '../../../support/count-record.ts';
import { applier, SERVICE, scaler } from '../../../support/count-writers.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const START = Date.parse('2026-11-29T12:00:00Z');
const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const cart = (parts: Partial<Deployment> = {}) =>
  deployment('cart', '9', { namespace: 'shop', replicas: 1, ...parts });
const change = (parts: Partial<CountChange> = {}): CountChange => ({
  resourceVersion: '9',
  at: START / 1000,
  from: 3,
  to: 5,
  manager: 'kubectl',
  operation: 'Update',
  viaScale: true,
  overrode: false,
  user: undefined,
  ...parts,
});

function state(parts: Partial<Deployment> = {}, record?: CountRecord, owners: Partial<Owners> = {}) {
  const known = { namespace: 'shop', deployment: 'cart', autoscalers: [], claims: [], unknown: [] };
  return stateOf(cart(parts), { ...known, ...owners }, record);
}
const claim = (parts: Partial<Claim>): Claim => ({
  kind: 'Helm',
  name: 'web',
  nextRun: 'setsBack',
  count: 3,
  certain: true,
  evidence: 'the evidence',
  ...parts,
});

describe('the state of a Deployment', () => {
  it('has its counts and its phase, and nothing that is not known', () => {
    const status = {
      observed: true,
      current: 4,
      updated: 3,
      ready: 2,
      available: 1,
      paused: true,
      trouble: undefined,
    };
    expect(state({ replicas: 5, status }, undefined, { unknown: ['a right is missing'] })).toEqual({
      kind: 'Deployment',
      namespace: 'shop',
      deployment: 'cart',
      replicas: 5,
      current: 4,
      updated: 3,
      ready: 2,
      available: 1,
      phase: 'progressing',
      reason: '1 of 5 replicas are available',
      paused: true,
      owners: [],
      unknownOwners: ['a right is missing'],
    });
  });
});

describe('the last change', () => {
  it('is that which the watch has shown', () => {
    const lastChange = change({ at: START / 1000 + 0.25, manager: 'k8s-deployment-scaler', user: 'alice' });
    expect(state({ writers: [SERVICE] }, recordOf({ lastChange })).lastChange).toEqual({
      at: '2026-11-29T12:00:00.250Z',
      from: 3,
      to: 5,
      manager: 'k8s-deployment-scaler',
      user: 'alice',
    });
  });

  it('has an unknown manager if Kubernetes has not noted one', () => {
    const { lastChange } = state({}, recordOf({ lastChange: change({ manager: undefined, to: 0 }) }));
    expect(lastChange).toEqual({ at: '2026-11-29T12:00:00.000Z', from: 3, to: 0, manager: 'unknown' });
  });

  it('before the start of the service has only its count and its manager, if that wrote through scale', () => {
    expect(state({ replicas: 7, writers: [SERVICE] }).lastChange).toEqual({
      to: 7,
      manager: 'k8s-deployment-scaler',
    });
    expect(state({ replicas: 7, writers: [scaler('kubectl')] }, recordOf({})).lastChange).toEqual({
      to: 7,
      manager: 'kubectl',
    });
    expect(state({ writers: [applier('helm')] })).not.toHaveProperty('lastChange');
    expect(state({ writers: [] })).not.toHaveProperty('lastChange');
  });
});

describe('an override', () => {
  it.each([
    ['kube-controller-manager', 'kube-controller-manager'],
    [undefined, 'unknown'],
  ])('by %s is shown as by %s', (manager, by) => {
    const override = change({ manager });
    expect(state({}, recordOf({ override })).overridden).toEqual({
      by,
      at: '2026-11-29T12:00:00.000Z',
      from: 3,
      to: 5,
    });
  });

  it('is news for an hour', () => {
    const record = recordOf({ override: change() });
    vi.setSystemTime(START + 60 * MINUTE);
    expect(state({}, record)).toHaveProperty('overridden');
    vi.setSystemTime(START + 60 * MINUTE + 1);
    expect(state({}, record)).not.toHaveProperty('overridden');
  });
});

describe('a fight', () => {
  const fight = {
    between: ['kubectl', 'kube-controller-manager'] as const,
    switches: 3,
    since: START / 1000 - 60,
    lastAt: START / 1000,
  };

  it('is shown until the count has not passed from one to the other for 10 minutes', () => {
    const record = recordOf({ fight });
    const shown = {
      between: ['kubectl', 'kube-controller-manager'],
      switches: 3,
      since: '2026-11-29T11:59:00.000Z',
      lastAt: '2026-11-29T12:00:00.000Z',
    };
    vi.setSystemTime(START + 10 * MINUTE - 1);
    expect(state({}, record).fight).toEqual(shown);
    vi.setSystemTime(START + 10 * MINUTE);
    expect(state({}, record)).not.toHaveProperty('fight');
  });
});

describe('the owners', () => {
  it('are autoscalers, those who have a count, and then tools that only mark the Deployment', () => {
    const { owners } = state({ marks: ['Application/shop', 'Helm/web'] }, undefined, {
      autoscalers: [autoscaler({ min: 2, max: 4 })],
      claims: [claim({})],
    });
    expect(owners).toEqual([
      {
        kind: 'HorizontalPodAutoscaler',
        name: 'cart',
        does: 'keeps the count between 2 and 4',
        evidence: 'its scaleTargetRef names the Deployment',
      },
      { kind: 'Helm', name: 'web', does: 'its next run sets 3 again', evidence: 'the evidence' },
      {
        kind: 'Application',
        name: 'shop',
        does: 'manages it, with no count that is known',
        evidence: 'its labels and annotations',
      },
    ]);
  });

  it.each([
    ['keeps the count between 1 and 3', {}],
    ['holds the count at 9 while it is paused', { paused: true, pausedReplicas: 9 }],
    ['is paused', { paused: true }],
  ])('that are ScaledObjects are told: it %s', (does, parts) => {
    const autoscalers = [autoscaler({ kind: 'ScaledObject', name: 'queue', ...parts })];
    expect(state({}, undefined, { autoscalers }).owners).toMatchObject([
      { kind: 'ScaledObject', name: 'queue', does, evidence: 'its scaleTargetRef names the Deployment' },
    ]);
  });

  it('name the ScaledObject that an HPA belongs to', () => {
    const autoscalers = [autoscaler({ name: 'keda-hpa-queue', scaledObject: 'queue' })];
    expect(state({}, undefined, { autoscalers }).owners).toMatchObject([
      {
        kind: 'HorizontalPodAutoscaler',
        name: 'keda-hpa-queue',
        evidence: 'its scaleTargetRef names the Deployment, and it belongs to ScaledObject/queue',
      },
    ]);
  });

  it.each<[Partial<Claim>, string]>([
    [{}, 'its next run sets 3 again'],
    [{ certain: false }, 'may have a count of its own: its next run sets 3 again'],
    [
      { certain: false, count: undefined },
      'may have a count of its own: its next run sets a count of its own again',
    ],
    [{ nextRun: 'conflicts' }, 'its next apply fails with a conflict if the count is not 3'],
    [{ nextRun: 'failsUpgrade' }, 'its next upgrade fails with a conflict if the count is not 3'],
    [{ nextRun: 'actsAsItLikes', count: undefined, certain: false }, 'its controller may set the count'],
  ])('that have a count are told as %j: %s', (parts, does) => {
    expect(state({}, undefined, { claims: [claim(parts)] }).owners).toMatchObject([{ does }]);
  });
});
