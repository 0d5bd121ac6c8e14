import { describe, expect, it } from 'vitest';
import type { Autoscaler } from '../../../../src/cluster/autoscalers/autoscaler.ts';
import type { Claim } from '../../../../src/cluster/ownership/claims.ts';
import {
  type ConflictPolicy,
  FORECASTS,
  type Forecast,
  type ForecastKind,
  forecastsOf,
  refusalIn,
} from '../../../../src/cluster/ownership/forecast.ts';
import { Ownership } from '../../../../src/cluster/ownership/ownership.ts';
import { autoscaler } from '../../../support/autoscaler-objects.ts';
import { applier } from '../../../support/count-writers.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const hpa = (parts: Partial<Autoscaler> = {}) => autoscaler({ min: 2, max: 4, ...parts });
const scaledObject = (parts: Partial<Autoscaler> = {}) =>
  hpa({ kind: 'ScaledObject', name: 'queue', min: 0, ...parts });
/** The HPA that KEDA makes for it. */
const kedas = (parts: Partial<Autoscaler> = {}) =>
  hpa({ name: 'keda-hpa-queue', scaledObject: 'queue', ...parts });
const claim = (parts: Partial<Claim> = {}): Claim => ({
  kind: 'Helm',
  name: 'shop',
  nextRun: 'setsBack',
  count: 3,
  certain: true,
  evidence: '',
  ...parts,
});

interface Known {
  readonly autoscalers?: readonly Autoscaler[];
  readonly claims?: readonly Claim[];
  readonly unknown?: readonly string[];
}
const forecasts = ({ autoscalers = [], claims = [], unknown = [] }: Known, replicas: number) =>
  forecastsOf({ namespace: 'shop', deployment: 'cart', autoscalers, claims, unknown }, replicas);
/** As the header writes them. */
const told = (known: Known, replicas: number) =>
  forecasts(known, replicas).map(
    ({ kind, by, certain }) => `${kind}${by === undefined ? '' : ` by ${by}`}${certain ? '' : ', possibly'}`,
  );

const HPA = 'HorizontalPodAutoscaler/cart';
const KEDA = 'ScaledObject/queue';

describe('the forecast of an HPA that keeps 2 to 4', () => {
  it.each([
    [5, 'undone'],
    [4, 'contested'],
    [3, 'contested'],
    [2, 'contested'],
    [1, 'undone'],
    [0, 'pauses'],
  ])('for %i is %s', (replicas, kind) => {
    expect(told({ autoscalers: [hpa()] }, replicas)).toEqual([`${kind} by ${HPA}`]);
  });

  it.each([
    ['is its own, whatever the minimum', true, 0, 'woken'],
    ['is its own, although the minimum has been raised', true, 2, 'woken'],
    ['is not its own', false, 0, 'pauses'],
    ['is not known to be its own', undefined, 0, 'pauses'],
    ['cannot be its own', undefined, 2, 'pauses'],
  ])('for a 0 that %s', (_, scaledToZero, min, kind) => {
    expect(told({ autoscalers: [hpa({ min, scaledToZero })] }, 0)).toEqual([`${kind} by ${HPA}`]);
  });

  it('does not depend on ScaledToZero for other counts, where it may be left from before', () => {
    expect(told({ autoscalers: [hpa({ min: 0, scaledToZero: true })] }, 1)).toEqual([`contested by ${HPA}`]);
  });

  it('is that the count holds if it keeps exactly that', () => {
    expect(told({ autoscalers: [hpa({ min: 3, max: 3 })] }, 3)).toEqual(['holds']);
    expect(told({ autoscalers: [hpa({ min: 3, max: 3 })] }, 4)).toEqual([`undone by ${HPA}`]);
  });
});

describe('the forecast of KEDA', () => {
  it.each([
    [5, 'undone'],
    [3, 'contested'],
  ])('for %i is %s, once, by its ScaledObject, whether that is watched or not', (replicas, kind) => {
    const expected = [`${kind} by ${KEDA}`];
    expect(told({ autoscalers: [kedas(), scaledObject()] }, replicas)).toEqual(expected);
    expect(told({ autoscalers: [kedas()] }, replicas)).toEqual(expected);
    expect(told({ autoscalers: [scaledObject()] }, replicas)).toEqual(expected);
    expect(told({ autoscalers: [scaledObject({ active: true })] }, replicas)).toEqual(expected);
  });

  it('for 0 is that it wakes up, certainly if a trigger is active or the minimum is above 0', () => {
    const certain = [`woken by ${KEDA}`];
    const possible = [`woken by ${KEDA}, possibly`];
    for (const parts of [{ active: true }, { min: 1 }]) {
      expect(told({ autoscalers: [scaledObject({ min: 0, ...parts })] }, 0)).toEqual(certain);
      expect(told({ autoscalers: [kedas(), scaledObject({ min: 0, ...parts })] }, 0)).toEqual(certain);
    }
    expect(told({ autoscalers: [kedas(), scaledObject({ min: 0 })] }, 0)).toEqual(possible);
    expect(told({ autoscalers: [kedas()] }, 0)).toEqual(possible);
  });

  it('is about the same bounds in the HPA and in the ScaledObject', () => {
    const [fromHpa] = forecasts({ autoscalers: [kedas({ min: 1 })] }, 5);
    const [fromScaledObject] = forecasts({ autoscalers: [scaledObject({ min: 1 })] }, 5);
    expect(fromHpa).toEqual(fromScaledObject);
  });

  it('while it is paused is that the count holds', () => {
    for (const replicas of [0, 3, 9])
      expect(told({ autoscalers: [scaledObject({ paused: true })] }, replicas)).toEqual(['holds']);
  });

  it.each([
    [2, `undone by ${KEDA}`],
    [0, `undone by ${KEDA}`],
    [9, 'holds'],
  ])('while it is paused at 9 is for %i: %s', (replicas, expected) => {
    const paused = scaledObject({ paused: true, pausedReplicas: 9 });
    expect(told({ autoscalers: [paused] }, replicas)).toEqual([expected]);
  });
});

describe('the forecast of who has a count written down', () => {
  it.each<[Partial<Claim>, string]>([
    [{}, 'drifts by Helm/shop'],
    [{ nextRun: 'failsUpgrade' }, 'blocksUpgrade by Helm/shop'],
    [{ kind: 'Apply', name: 'ci', nextRun: 'conflicts' }, 'drifts by Apply/ci'],
    [{ kind: 'Application' }, 'drifts by Application/shop'],
    [{ count: undefined, certain: false }, 'drifts by Helm/shop, possibly'],
    [{ nextRun: 'failsUpgrade', count: undefined, certain: false }, 'blocksUpgrade by Helm/shop, possibly'],
    [
      { kind: 'Rollout', name: 'cart', nextRun: 'actsAsItLikes', count: undefined, certain: false },
      'drifts by Rollout/cart, possibly',
    ],
  ])('%j is %s', (parts, expected) => {
    expect(told({ claims: [claim(parts)] }, 5)).toEqual([expected]);
    expect(told({ claims: [claim(parts)] }, 0)).toEqual([expected]);
  });

  it('is that their own count holds', () => {
    expect(told({ claims: [claim(), claim({ nextRun: 'failsUpgrade' })] }, 3)).toEqual(['holds']);
  });
});

describe('the forecasts', () => {
  it('are all that apply, from the most to the least certain to change the count', () => {
    const claims = [
      claim({ name: 'upgrade', nextRun: 'failsUpgrade' }),
      claim({ name: 'back' }),
      claim({ kind: 'Apply', name: 'ci', nextRun: 'conflicts', certain: false }),
    ];
    const autoscalers = [
      hpa({ name: 'a' }),
      hpa({ name: 'b', max: 9 }),
      hpa({ name: 'c' }),
      scaledObject({ name: 'd' }),
      scaledObject({ name: 'e', pausedReplicas: 1, paused: true }),
    ];
    expect(told({ autoscalers, claims, unknown: ['a right is missing'] }, 7)).toEqual([
      'undone by HorizontalPodAutoscaler/a',
      'undone by HorizontalPodAutoscaler/c',
      'undone by ScaledObject/d',
      'undone by ScaledObject/e',
      'contested by HorizontalPodAutoscaler/b',
      'drifts by Helm/back',
      'drifts by Apply/ci, possibly',
      'blocksUpgrade by Helm/upgrade',
    ]);
    expect(told({ autoscalers, claims }, 0)).toEqual([
      'undone by ScaledObject/e',
      'woken by ScaledObject/d, possibly',
      'pauses by HorizontalPodAutoscaler/a',
      'pauses by HorizontalPodAutoscaler/b',
      'pauses by HorizontalPodAutoscaler/c',
      'drifts by Helm/back',
      'drifts by Apply/ci, possibly',
      'blocksUpgrade by Helm/upgrade',
    ]);
  });

  it('are unknown only if nothing else is known, and name every right that is missing', () => {
    const unknown = ['right A is missing', 'right B is missing'];
    expect(forecasts({ unknown }, 3)).toEqual([
      { kind: 'unknown', by: undefined, certain: true, message: 'right A is missing; right B is missing' },
    ]);
    // A claim of the same count is not a forecast, so it tells nothing of autoscalers.
    expect(told({ unknown, claims: [claim()] }, 3)).toEqual(['unknown']);
    expect(told({ unknown, claims: [claim()] }, 4)).toEqual(['drifts by Helm/shop']);
  });

  it('say nothing besides if the count holds', () => {
    expect(forecasts({}, 3)).toEqual([{ kind: 'holds', by: undefined, certain: true, message: '' }]);
  });
});

describe('the forecasts of a Deployment', () => {
  const autoscalers = { of: () => [hpa()], unknown: () => [] };
  const ownership = new Ownership(autoscalers, { of: () => undefined });

  it('are those of its autoscalers and of who claims its count', () => {
    const cart = deployment('cart', '1', { namespace: 'shop', replicas: 3, writers: [applier('helm')] });
    expect(ownership.forecasts(cart, 5).map(({ kind, by }) => `${kind} ${by}`)).toEqual([
      `undone ${HPA}`,
      'blocksUpgrade Helm/helm',
    ]);
  });

  it('are unknown if the cache does not hold it', () => {
    expect(ownership.forecasts(undefined, 5)).toEqual([
      {
        kind: 'unknown',
        by: undefined,
        certain: true,
        message: 'The service has not read this Deployment yet, so it does not know who else sets its count',
      },
    ]);
  });
});

describe('a write is refused', () => {
  const of = (kind: ForecastKind): Forecast => ({ kind, by: undefined, certain: true, message: kind });
  const refusing = (policy: ConflictPolicy) =>
    FORECASTS.filter((kind) => refusalIn([of(kind)], policy) !== undefined);

  it.each<[ConflictPolicy, readonly ForecastKind[]]>([
    ['refuse-certain', ['undone']],
    ['warn', []],
    ['refuse', ['undone', 'woken', 'pauses', 'contested', 'drifts', 'blocksUpgrade']],
  ])('with %s because of %j', (policy, kinds) => {
    expect(refusing(policy)).toEqual(kinds);
  });

  it('because of any of the forecasts', () => {
    const all = [of('contested'), of('undone')];
    expect(refusalIn(all, 'refuse-certain')?.kind).toBe('undone');
    expect(refusalIn(all, 'refuse')?.kind).toBe('contested');
    expect(refusalIn(all, 'warn')).toBeUndefined();
  });
});
