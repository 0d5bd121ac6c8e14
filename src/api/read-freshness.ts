import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Freshness } from '../cluster/cache/freshness.ts';
import type { Reading } from '../cluster/cache/reading.ts';

/** How fresh an answer has to be. Numbers in queries are digits that we parse ourselves: nothing is coerced. */
export const freshnessParameters = {
  maxAge: Type.Optional(
    Type.String({
      description:
        'Seconds: if what the service holds is older, the API server itself is asked, and 504 answered if that fails',
      pattern: '^(0|[1-9][0-9]{0,8})$',
      examples: ['10'],
    }),
  ),
  minResourceVersion: Type.Optional(
    Type.String({
      description:
        'Waits, up to 5 s, until the service has seen this resourceVersion (X-Resource-Version of another answer); 429 if too many reads wait',
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

/** The freshness that a query asks for; undefined where it asks for none, which is answered from memory at once. */
export function freshnessOf({ maxAge, minResourceVersion }: FreshnessQuery): Freshness | undefined {
  if (maxAge === undefined && minResourceVersion === undefined) return undefined;
  return { maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge), minResourceVersion };
}

/** Says how old an answer is, and up to where it is complete. */
export function setFreshnessHeaders(
  reply: FastifyReply,
  { ageMs, resourceVersion, unavailable }: Omit<Reading<unknown>, 'value'>,
): void {
  reply.header('age', Math.ceil(ageMs / 1000));
  if (resourceVersion !== '') reply.header('x-resource-version', resourceVersion);
  if (unavailable.length > 0) reply.header('x-unavailable-namespaces', unavailable.join(', '));
}
