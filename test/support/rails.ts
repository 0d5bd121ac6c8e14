import { LabelSelector } from '../../src/cluster/labels/label-selector.ts';
import type { Rail, RailLimits, RailRule } from '../../src/cluster/rails/rule.ts';

const NO_LIMITS: RailLimits = {
  min: undefined,
  max: undefined,
  maxStep: undefined,
  allowZero: undefined,
  protected: undefined,
};

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
