import { entityTag } from '../cluster/deployment.ts';
import type { Precondition } from '../cluster/scaler.ts';
import { InvalidHeaderError } from './errors.ts';

/** An entity tag (RFC 9110, section 8.8.3) without commas, which the tags of this service do not contain. */
const ENTITY_TAG = '(W/)?"([\\x21\\x23-\\x2b\\x2d-\\x7e\\x80-\\xff]*)"';

/** The form of an If-Match or If-None-Match header: `*` or a list of entity tags. */
export const ENTITY_TAGS_PATTERN = `^(\\*|${ENTITY_TAG}([\\x20\\t]*,[\\x20\\t]*${ENTITY_TAG})*)$`;

const HEADER = new RegExp(ENTITY_TAGS_PATTERN);
const ENTITY_TAGS = new RegExp(ENTITY_TAG, 'g');
const NONE = () => false;
const ANY = () => true;

/**
 * The precondition that an If-Match header states (RFC 9110, section 13.1.1): one of the tags identifies the current
 * state of the Deployment or, for `*`, the Deployment exists. Weak tags never match.
 * @throws InvalidHeaderError
 */
export function preconditionOf(ifMatch: string | undefined): Precondition | undefined {
  if (ifMatch === undefined) return undefined;
  const tags = tagsIn('If-Match', ifMatch);
  // If the Deployment does not exist, the answer is 404 before any precondition is checked.
  if (tags === '*') return undefined;
  const strong = new Set<string>();
  for (const { tag, weak } of tags) if (!weak) strong.add(tag);
  return (current) => strong.has(entityTag(current));
}

/** The precondition that both must hold; one that is undefined always holds. */
export function bothOf(a: Precondition | undefined, b: Precondition | undefined): Precondition | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (current) => a(current) && b(current);
}

/**
 * Tells of entity tags whether an If-None-Match header names them (RFC 9110, section 13.1.2). Then the client has what
 * they identify, and the answer is 304. Weak tags match as strong ones do.
 * @throws InvalidHeaderError
 */
export function namedIn(ifNoneMatch: string | undefined): (tag: string) => boolean {
  if (ifNoneMatch === undefined) return NONE;
  const tags = tagsIn('If-None-Match', ifNoneMatch);
  if (tags === '*') return ANY;
  const named = new Set(tags.map(({ tag }) => tag));
  return (tag) => named.has(tag);
}

function tagsIn(
  name: string,
  value: string,
): '*' | readonly { readonly tag: string; readonly weak: boolean }[] {
  if (!HEADER.test(value))
    throw new InvalidHeaderError(`${name} is not a list of entity tags: send the ETag of an answer`);
  if (value === '*') return value;
  return Array.from(value.matchAll(ENTITY_TAGS), ([, weak, tag = '']) => ({ tag, weak: weak !== undefined }));
}
