import { admitsZero, limitsOf, stepOf } from './limits.ts';
import type { Rail, Step } from './rule.ts';

/** How many rails a refusal names. */
const MAX_NAMED = 4;

/**
 * Why a count is refused, with what would be allowed; undefined: every rail admits it. The present count changes
 * nothing, so it is always admitted.
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
  const zero = limits.allowZero && present <= maxStep;
  const least = Math.max(1, min, present - maxStep);
  const most = Math.min(max, present + maxStep);
  if (limits.protected !== undefined || (!zero && least > most)) return 'no change is allowed';
  if (least > most) return 'allowed is 0';
  const from = zero && least === 1 ? 0 : least;
  if (most === Number.POSITIVE_INFINITY) return `allowed are ${zero ? '0 and ' : ''}${from} and more`;
  if (from === most) return zero ? `allowed are 0 and ${most}` : `allowed is ${most}`;
  return `allowed are ${zero && from > 0 ? '0 and ' : ''}${from} to ${most}`;
}
