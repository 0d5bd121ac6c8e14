import fc from 'fast-check';
import { seed } from '../seed.ts';

/** Runs a property. A failure prints its seed and path, for SEED and FC_PATH; FC_RUNS asks for other than 100 runs. */
export async function holds<T>(property: fc.IRawProperty<T>): Promise<void> {
  const { FC_PATH, FC_RUNS } = process.env;
  await fc.assert(property, {
    seed: seed(),
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
