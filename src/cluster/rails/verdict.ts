import { admitsZero, limitsOf, stepOf } from './limits.ts';
import type { Rail, Step } from './rule.ts';

/** How many rails a refusal names. */
const MAX_NAMED = 4;

/**
 * Why a count is refused, with what would be allowed; undefined: every rail admits it. The present count is no change, so
 * it is always admitted.
 * @param present the count before the change
 */
export function refusalOf(rails: readonly Rail[], replicas: number, present: number): string | undefined {
  if (replicas === present) return undefined;
  const reasons = rails.flatMap((rail) => {
    const reason = reasonOf(rail, replicas, present);
    return reason === undefined ? [] : `${rail.from}: ${reason}`;
  });
  if (reasons.length === 0) return undefined;
  const more = reasons.length > MAX_NAMED ? ` and ${reasons.length - MAX_NAMED} more` : '';
  const named = reasons.slice(0, MAX_NAMED).join(', ');
  return `${named}${more} (${replicas} asked); ${allowedBy(rails, present)}`;
}

/** Why one rail refuses a change to this count; undefined: it admits it. */
function reasonOf(rail: Rail, replicas: number, present: number): string | undefined {
  const { min, max, maxStep } = rail;
  if (rail.protected !== undefined) return `protected (${rail.protected})`;
  if (replicas === 0 && !admitsZero(rail)) return 'not 0';
  if (replicas > 0 && min !== undefined && replicas < min) return `at least ${min}`;
  if (max !== undefined && replicas > max) return `at most ${max}`;
  const step = maxStep && stepOf(maxStep, present);
  if (maxStep === undefined || step === undefined || Math.abs(replicas - present) <= step) return undefined;
  return `at most ${textOf(maxStep)} at a time from ${present}`;
}

/** A step as it was written down. */
export function textOf(step: Step): string {
  return 'percent' in step ? `${step.percent}%` : `${step.replicas}`;
}

/** The counts that all rails admit, in words. */
function allowedBy(rails: readonly Rail[], present: number): string {
  const limits = limitsOf(rails, present);
  const { min = 0, max = Number.POSITIVE_INFINITY, maxStep = Number.POSITIVE_INFINITY } = limits;
  const least = Math.max(1, min, present - maxStep);
  const most = Math.min(max, present + maxStep);
  const zero = limits.allowZero && present <= maxStep;
  const some = least <= most;
  if (limits.protected !== undefined || (!zero && !some)) return 'no change is allowed';
  if (!some) return 'allowed is 0';
  if (zero && least === 1)
    return most === Number.POSITIVE_INFINITY ? 'all are allowed' : `allowed are 0 to ${most}`;
  const range =
    most === Number.POSITIVE_INFINITY
      ? `${least} and more`
      : least === most
        ? `${least}`
        : `${least} to ${most}`;
  if (zero) return `allowed are 0 and ${range}`;
  return least === most ? `allowed is ${range}` : `allowed are ${range}`;
}
