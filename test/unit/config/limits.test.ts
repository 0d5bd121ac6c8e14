import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { ConfigSchema, LIMITS } from '../../../src/config/config-schema.ts';
import { limitsOf } from '../../../src/config/limits.ts';

const defaults = Value.Create(ConfigSchema);

it('limits: each variable sets the limit that has its name in camel case', () => {
  const set = {
    MAX_URL_LENGTH: 1,
    MAX_REQUESTS_PER_CLIENT: 2,
    KEEP_ALIVE_TIMEOUT_SECONDS: 3,
    MAX_HEAP_MIB: 4,
  };
  expect(limitsOf({ ...defaults, ...set })).toMatchObject({
    maxUrlLength: 1,
    maxRequestsPerClient: 2,
    keepAliveTimeoutSeconds: 3,
    maxHeapMib: 4,
  });
});

it('limits: they contain every limit of the schema and no other variable', () => {
  const values = Object.fromEntries(Object.keys(LIMITS).map((name, index) => [name, index + 1]));
  const expected = Object.values(values).toSorted();
  expect(Object.values(limitsOf({ ...defaults, ...values })).toSorted()).toEqual(expected);
});
