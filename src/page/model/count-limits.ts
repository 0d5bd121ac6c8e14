import type { Limits } from '../../client/scaler-client.ts';

/** The greatest count that Kubernetes takes. */
export const MAX_COUNT = 2_147_483_647;

/**
 * Why a count is not offered; undefined: it is. The service decides again when it is set: this only keeps the page from
 * offering what would be refused.
 */
export function refusalOf(limits: Limits, count: number): string | undefined {
  if (count === limits.replicas) return undefined;
  if (count < 0) return 'A count is 0 or more';
  if (count > MAX_COUNT) return `A count is at most ${MAX_COUNT}`;
  if (limits.protected !== undefined) {
    return `${sourceOf(limits, (rail) => rail.protected !== undefined)}: no change (${limits.protected})`;
  }
  if (count === 0 && !limits.allowZero) {
    return `${sourceOf(limits, (rail) => rail.allowZero === false || (rail.min ?? 0) >= 1)}: not 0`;
  }
  const { min, max, maxStep } = limits;
  if (min !== undefined && count > 0 && count < min) {
    return `${sourceOf(limits, (rail) => rail.min === min)}: at least ${min}`;
  }
  if (max !== undefined && count > max) {
    return `${sourceOf(limits, (rail) => rail.max === max)}: at most ${max}`;
  }
  // From 0 any step is allowed: it is how a parked Deployment comes back.
  if (maxStep !== undefined && limits.replicas > 0 && Math.abs(count - limits.replicas) > maxStep) {
    return `${sourceOf(limits, (rail) => rail.maxStep !== undefined)}: at most ${maxStep} more or fewer in one write`;
  }
  return undefined;
}

/** Where a limit comes from, as people read it. */
function sourceOf({ rails }: Limits, holds: (rail: Limits['rails'][number]) => boolean): string {
  return rails.find(holds)?.from ?? 'a rail';
}

/** The limits of one Deployment in words, for its details. */
export function limitTexts({ min, max, maxStep, allowZero, protected: why, rails }: Limits): string[] {
  if (why !== undefined) return [`no change: ${why}`];
  const texts = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(maxStep === undefined ? [] : [`at most ${maxStep} more or fewer in one write`]),
    ...(allowZero ? [] : ['not 0']),
  ];
  return texts.length === 0 ? [] : [...texts, `from ${rails.map(({ from }) => from).join(', ')}`];
}
