import { entityTag } from '../cluster/deployment.ts';
import type { Precondition } from '../cluster/scaler.ts';
import { InvalidHeaderError } from './errors.ts';

/** An entity tag (RFC 9110, section 8.8.3) without commas: no tag of this service has one. */
const ENTITY_TAG = '(W/)?"([\\x21\\x23-\\x2b\\x2d-\\x7e\\x80-\\xff]*)"';

/** What an If-Match header has to be: `*` or a list of entity tags. */
export const IF_MATCH_PATTERN = `^(\\*|${ENTITY_TAG}([\\x20\\t]*,[\\x20\\t]*${ENTITY_TAG})*)$`;

const IF_MATCH = new RegExp(IF_MATCH_PATTERN);
const ENTITY_TAGS = new RegExp(ENTITY_TAG, 'g');

/**
 * The precondition that an If-Match header states (RFC 9110, section 13.1.1): the Deployment is one of those that the
 * tags name, or, for `*`, exists. Weak tags never match.
 * @throws InvalidHeaderError
 */
export function preconditionOf(ifMatch: string | undefined): Precondition | undefined {
  if (ifMatch === undefined) return undefined;
  if (!IF_MATCH.test(ifMatch))
    throw new InvalidHeaderError('If-Match is not a list of entity tags: send the ETag of an answer');
  // A Deployment that does not exist is answered with 404 before any precondition is looked at.
  if (ifMatch === '*') return undefined;
  const strong = new Set<string>();
  for (const [, weak, tag = ''] of ifMatch.matchAll(ENTITY_TAGS)) if (weak === undefined) strong.add(tag);
  return (current) => strong.has(entityTag(current));
}
