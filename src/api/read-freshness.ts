import { Type } from 'typebox';
import type { Freshness } from '../cluster/cache/freshness.ts';
import type { Reading } from '../cluster/cache/reading.ts';

/**
 * Query parameters that require a fresh answer. They are strings of digits, because validation does not convert types.
 */
export const freshnessParameters = {
  maxAge: Type.Optional(
    Type.String({
      description:
        'Maximum age of the answer, in seconds. If the state in memory is older, the service asks the API server; if that fails, the answer is 504',
      pattern: '^(0|[1-9][0-9]{0,8})$',
      examples: ['10'],
    }),
  ),
  minResourceVersion: Type.Optional(
    Type.String({
      description:
        'Waits for up to 5 s until the service has seen this resourceVersion, which is the X-Resource-Version of another answer. If too many reads wait, the answer is 429',
      pattern: '^[1-9][0-9]*$',
      maxLength: 100,
      examples: ['48151623'],
    }),
  ),
};

interface FreshnessQuery {
  readonly maxAge?: string;
  readonly minResourceVersion?: string;
}

/** The freshness that a query requires; undefined: none, so the answer comes from memory at once. */
export function freshnessOf({ maxAge, minResourceVersion }: FreshnessQuery): Freshness | undefined {
  if (maxAge === undefined && minResourceVersion === undefined) return undefined;
  return { maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge), minResourceVersion };
}

/** The headers that tell how old an answer is, up to which resourceVersion it is complete, and what is missing. */
export function freshnessHeaders({
  ageMs,
  resourceVersion,
  unavailable,
}: Omit<Reading<unknown>, 'value'>): string[] {
  const headers = ['age', `${Math.ceil(ageMs / 1000)}`];
  if (resourceVersion !== '') headers.push('x-resource-version', resourceVersion);
  if (unavailable.length > 0) headers.push('x-unavailable-namespaces', unavailable.join(', '));
  return headers;
}
