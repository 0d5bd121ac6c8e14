import type { Rail, Step } from './rule.ts';

/** What several rails admit together, for one present count: the strictest of each limit. */
export interface Limits {
  /** The least count besides 0; undefined: none. */
  readonly min: number | undefined;
  /** The greatest count; undefined: none. */
  readonly max: number | undefined;
  /** How many replicas a change may add or remove; undefined: any number. */
  readonly maxStep: number | undefined;
  readonly allowZero: boolean;
  /** Why no change is admitted; undefined: some are. */
  readonly protected: string | undefined;
}

/** How many replicas this step is. @param present the count before the change */
export function stepOf(step: Step, present: number): number | undefined {
  if (present === 0) return undefined;
  if ('replicas' in step) return step.replicas;
  // Multiplied first: both are integers, so a share that is an integer stays one.
  return Math.max(1, Math.ceil((present * step.percent) / 100));
}

/** Whether a rail admits the count 0, apart from its `maxStep`. */
export function admitsZero({ min = 0, allowZero }: Pick<Rail, 'min' | 'allowZero'>): boolean {
  return allowZero ?? min === 0;
}

/** @param present the count before the change */
export function limitsOf(rails: readonly Rail[], present: number): Limits {
  const mins = rails.flatMap(({ min }) => min ?? []);
  const maxes = rails.flatMap(({ max }) => max ?? []);
  const steps = rails.flatMap(({ maxStep }) => (maxStep && stepOf(maxStep, present)) ?? []);
  return {
    min: mins.length === 0 ? undefined : Math.max(...mins),
    max: maxes.length === 0 ? undefined : Math.min(...maxes),
    maxStep: steps.length === 0 ? undefined : Math.min(...steps),
    allowZero: rails.every(admitsZero),
    protected: rails.find((rail) => rail.protected !== undefined)?.protected,
  };
}
