/**
 * The seed of the random choices of a test. It is fixed, so that a result of the gate is reproducible. `SEED=random`
 * takes a random one, as `make soak` and `make soak-random` do, and `SEED=N` replays one.
 */
export function seed(): number {
  const { SEED = '1' } = process.env;
  return SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(SEED);
}
