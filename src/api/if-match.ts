import { entityTag } from '../cluster/deployment.ts';
import type { Precondition } from '../cluster/scaler.ts';
import { InvalidHeaderError } from './errors.ts';

/** An entity tag (RFC 9110, section 8.8.3) without commas, which the tags of this service do not contain. */
const ENTITY_TAG = '(W/)?"([\\x21\\x23-\\x2b\\x2d-\\x7e\\x80-\\xff]*)"';

/** The form of an If-Match header: `*` or a list of entity tags. */
export const IF_MATCH_PATTERN = `^(\\*|${ENTITY_TAG}([\\x20\\t]*,[\\x20\\t]*${ENTITY_TAG})*)$`;

const IF_MATCH = new RegExp(IF_MATCH_PATTERN);
const ENTITY_TAGS = new RegExp(ENTITY_TAG, 'g');

/**
 * The precondition that an If-Match header states (RFC 9110, section 13.1.1): one of the tags identifies the current
 * state of the Deployment or, for `*`, the Deployment exists. Weak tags never match.
 * @throws InvalidHeaderError
 */
export function preconditionOf(ifMatch: string | undefined): Precondition | undefined {
  if (ifMatch === undefined) return undefined;
  if (!IF_MATCH.test(ifMatch))
    throw new InvalidHeaderError('If-Match is not a list of entity tags: send the ETag of an answer');
  // If the Deployment does not exist, the answer is 404 before any precondition is checked.
  if (ifMatch === '*') return undefined;
  const strong = new Set<string>();
  for (const [, weak, tag = ''] of ifMatch.matchAll(ENTITY_TAGS)) if (weak === undefined) strong.add(tag);
  return (current) => strong.has(entityTag(current));
}
