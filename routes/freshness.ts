import type { FastifyReply } from 'fastify';
import type { Freshness } from '../src/cluster/freshness.ts';
import type { Reading } from '../src/cluster/reading.ts';

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
