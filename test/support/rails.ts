import fc from 'fast-check';
import { LabelSelector } from '../../src/cluster/labels/label-selector.ts';
import { NO_LIMITS, type Rail, type RailLimits, type RailRule } from '../../src/cluster/rails/rule.ts';

/** A rule with the given parts, for everything as far as they do not say otherwise. */
export function rule(
  name: string,
  { selector, ...parts }: Partial<Omit<RailRule, 'selector'>> & { readonly selector?: string },
): RailRule {
  return {
    ...NO_LIMITS,
    name,
    clusters: [],
    namespaces: [],
    selector: selector === undefined ? undefined : LabelSelector.parse(selector),
    ...parts,
  };
}

/** A rail with the given limits. */
export function rail(from: string, limits: Partial<RailLimits>): Rail {
  return { ...NO_LIMITS, ...limits, from };
}

/** Few and small numbers, so that limits meet each other and the present count. */
const count = fc.integer({ min: 0, max: 12 });
const limits = fc.record<Partial<RailLimits>>(
  {
    min: count,
    max: count,
    maxStep: fc.oneof(
      fc.record({ replicas: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ percent: fc.constantFrom(1, 10, 33, 50, 100, 200) }),
    ),
    allowZero: fc.boolean(),
    protected: fc.constant('frozen'),
  },
  { requiredKeys: [] },
);
/** Any limits. Most protect nothing: otherwise hardly any change would pass. */
export const anyLimits: fc.Arbitrary<Partial<RailLimits>> = fc
  .tuple(limits, fc.integer({ min: 0, max: 9 }))
  .map(([some, at]) => (at === 0 ? some : { ...some, protected: undefined }));

/** Whether limits admit a change, as the documentation says it: written apart from the product. */
export function admits(
  { min, max, maxStep, allowZero, protected: reason }: Partial<RailLimits>,
  replicas: number,
  present: number,
): boolean {
  if (replicas === present) return true;
  if (reason !== undefined) return false;
  const zero = allowZero ?? !(min !== undefined && min >= 1);
  if (replicas === 0 ? !zero : min !== undefined && replicas < min) return false;
  if (max !== undefined && replicas > max) return false;
  if (maxStep === undefined || present === 0) return true;
  let step = 1;
  if ('replicas' in maxStep) step = maxStep.replicas;
  else while (step * 100 < present * maxStep.percent) step += 1;
  return Math.abs(replicas - present) <= step;
}
