import type { Autoscaler } from '../autoscalers/autoscaler.ts';
import type { Claim } from './claims.ts';
import * as remedies from './remedies.ts';

/** What will happen to a count, from the most to the least certain to change it: in this order they are listed. */
export const FORECASTS = [
  'undone',
  'woken',
  'pauses',
  'contested',
  'drifts',
  'blocksUpgrade',
  'unknown',
  'holds',
] as const;

export type ForecastKind = (typeof FORECASTS)[number];

/** One thing that will, or may, happen if a count is set. */
export interface Forecast {
  readonly kind: ForecastKind;
  /** Who does it, as `Kind/name`; undefined for `unknown` and `holds`. */
  readonly by: string | undefined;
  /** Whether it is certain; if not, it is possible. */
  readonly certain: boolean;
  /** What happens, and what to change instead; empty for `holds`. */
  readonly message: string;
}

/** What is known of those who set the count of a Deployment besides this service. */
export interface Owners {
  readonly namespace: string;
  readonly deployment: string;
  readonly autoscalers: readonly Autoscaler[];
  readonly claims: readonly Claim[];
  /** Why not all of them are known, with the right that is missing; empty: all are known. */
  readonly unknown: readonly string[];
}

/** Which forecasts refuse a write. */
export type ConflictPolicy = 'refuse-certain' | 'warn' | 'refuse';

const HOLDS: Forecast = { kind: 'holds', by: undefined, certain: true, message: '' };

/**
 * Tells what will happen if this count is set: all that applies, in the order of FORECASTS; at least one.
 * docs/how-to/make-it-stick.md says on which facts this rests.
 */
export function forecastsOf(owners: Owners, replicas: number): readonly Forecast[] {
  const known = [
    ...owners.autoscalers.flatMap((autoscaler) => byAutoscaler(owners, autoscaler, replicas)),
    ...owners.claims.flatMap((claim) => byClaim(owners, claim, replicas)),
  ];
  const forecasts = onePerOwner(known).sort((a, b) => rank(a) - rank(b));
  if (forecasts.length > 0) return forecasts;
  if (owners.unknown.length === 0) return [HOLDS];
  return [{ kind: 'unknown', by: undefined, certain: true, message: owners.unknown.join('; ') }];
}

/** The forecast because of which the policy refuses the write, if there is one. */
export function refusalIn(forecasts: readonly Forecast[], policy: ConflictPolicy): Forecast | undefined {
  if (policy === 'warn') return undefined;
  if (policy === 'refuse-certain') return forecasts.find(({ kind }) => kind === 'undone');
  return forecasts.find(({ kind }) => kind !== 'holds' && kind !== 'unknown');
}

function rank({ kind }: Forecast): number {
  return FORECASTS.indexOf(kind);
}

/** KEDA sets the count by an HPA of its own, and both tell the same: the first that is certain is kept. */
function onePerOwner(forecasts: readonly Forecast[]): Forecast[] {
  const byOwner = new Map<string, Forecast>();
  for (const forecast of forecasts) {
    const key = `${forecast.kind} ${forecast.by}`;
    const known = byOwner.get(key);
    if (known === undefined || (forecast.certain && !known.certain)) byOwner.set(key, forecast);
  }
  return [...byOwner.values()];
}

function byAutoscaler(owners: Owners, autoscaler: Autoscaler, replicas: number): Forecast[] {
  const forecast = (kind: ForecastKind, message: string, certain = true): Forecast[] => [
    { kind, by: remedies.nameOf(autoscaler), certain, message },
  ];
  const { min, max, pausedReplicas, paused, active, kind, scaledObject, scaledToZero } = autoscaler;
  if (pausedReplicas !== undefined) {
    return pausedReplicas === replicas
      ? []
      : forecast('undone', remedies.ofPausedCount(autoscaler, pausedReplicas, replicas));
  }
  if (paused) return [];
  if (replicas === 0) {
    if (kind === 'ScaledObject' || scaledObject !== undefined)
      // Without a trigger that is active, a minimum of 0 stays as it is.
      return forecast(
        'woken',
        remedies.ofActivity(autoscaler),
        active || (kind === 'ScaledObject' && min > 0),
      );
    // An HPA acts on a count of 0 only if it made it.
    return scaledToZero === true
      ? forecast('woken', remedies.ofOwnZero(autoscaler))
      : forecast('pauses', remedies.ofPause(autoscaler, owners.deployment));
  }
  if (replicas < min || replicas > max) return forecast('undone', remedies.ofBounds(autoscaler, replicas));
  // With one bound for both it has nothing to decide.
  return min === max ? [] : forecast('contested', remedies.ofContest(autoscaler, replicas));
}

function byClaim(owners: Owners, claim: Claim, replicas: number): Forecast[] {
  const { kind, name, nextRun, count, certain } = claim;
  if (count === replicas) return [];
  return [
    {
      kind: nextRun === 'failsUpgrade' ? 'blocksUpgrade' : 'drifts',
      by: `${kind}/${name}`,
      certain,
      message: remedies.ofClaim(claim, owners, replicas),
    },
  ];
}
