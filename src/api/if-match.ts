import { entityTag } from '../cluster/deployment.ts';
import type { Precondition } from '../cluster/scaler.ts';
import { InvalidHeaderError } from './errors.ts';

/** An entity tag of RFC 9110, section 8.8.3; the last part of it only where it is a strong one. */
const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;

/**
 * The precondition that an If-Match header states (RFC 9110, section 13.1.1): the Deployment is one of those that the
 * tags name, or, for `*`, exists. Weak tags never match.
 * @throws InvalidHeaderError
 */
export function preconditionOf(ifMatch: string | undefined): Precondition | undefined {
  // A Deployment that does not exist is answered with 404 before any precondition is looked at.
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const strong = new Set<string>();
  for (const part of ifMatch.split(',')) {
    const tag = ENTITY_TAG.exec(part.trim());
    if (tag === null)
      throw new InvalidHeaderError('If-Match is not a list of entity tags: send the ETag of an answer');
    if (tag[1] === undefined) strong.add(tag[2] ?? '');
  }
  return (current) => strong.has(entityTag(current));
}
