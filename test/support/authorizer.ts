import {
  type Authorizer,
  alwaysAllowing,
  type ResourceAttributes,
} from '../../src/cluster/access/authorizer.ts';
import { DecisionCounts } from '../../src/cluster/access/decision-counts.ts';

/** Allows everything. */
export const alwaysAllow = alwaysAllowing(new DecisionCounts());

/** An authoriser that decides by a function, and remembers nothing. */
export function decidedBy(
  allows: (attributes: ResourceAttributes) => boolean | Promise<boolean>,
): Authorizer {
  return {
    allows: (_subject, attributes) => allows(attributes),
    known: () => undefined,
    lastDecision: () => undefined,
    review: async (_subject, attributes) => allows(attributes),
  };
}
