import fc from 'fast-check';

/**
 * Runs a property. A failure prints its seed and path; the same run comes again with FC_SEED and FC_PATH,
 * more runs with FC_RUNS.
 */
export async function holds<T>(property: fc.IRawProperty<T>): Promise<void> {
  const { FC_SEED, FC_PATH, FC_RUNS } = process.env;
  await fc.assert(property, {
    ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
    ...(FC_RUNS === undefined ? {} : { numRuns: Number(FC_RUNS) }),
  });
}

/**
 * Keys of JSON objects without a backslash in them. V8 reads a key with an escape as one that stood in an earlier
 * object where the two begin with the same bytes, so after a key `\` it reads `"\n"` as `\`
 * (https://github.com/nodejs/node/issues/63785). No name of the API has a backslash, and what is read wrong always has
 * one, so it is never taken for a name that the service knows; but of made-up keys JSON.parse would be no judge.
 */
export function jsonKey(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.filter((key) => !key.includes('\\'));
}
