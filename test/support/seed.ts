/**
 * What decides the random choices of a test. It is fixed, so that the gate passes or fails for a reason; `SEED=random`
 * takes any, as `make soak` does, and `SEED=N` replays one.
 */
export function seed(): number {
  const { SEED = '1' } = process.env;
  return SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(SEED);
}
