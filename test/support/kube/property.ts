import fc from 'fast-check';
import { seed } from '../seed.ts';

/** Runs a property. A failure prints its seed and path, for SEED and FC_PATH. FC_RUNS sets the number of runs (100). */
export async function holds<T>(property: fc.IRawProperty<T>): Promise<void> {
  const { FC_PATH, FC_RUNS } = process.env;
  await fc.assert(property, {
    seed: seed(),
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
    ...(FC_RUNS === undefined ? {} : { numRuns: Number(FC_RUNS) }),
  });
}

/**
 * Keys of JSON objects without a backslash. V8 confuses a key that has an escape with a key of an earlier object if the
 * two begin with the same bytes: after a key `\` it reads `"\n"` as `\` (https://github.com/nodejs/node/issues/63785).
 * No name of the API has a backslash, and a key that is read wrongly always has one, so the service never takes it for
 * a known name. For generated keys, however, JSON.parse would not be a valid reference.
 */
export function jsonKey(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.filter((key) => !key.includes('\\'));
}
