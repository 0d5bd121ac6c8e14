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
