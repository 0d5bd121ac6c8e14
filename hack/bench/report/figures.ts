import type { Row } from '../rows.ts';
import { median, medianRatio } from '../statistics.ts';
import type { SubjectName } from '../subjects/subject.ts';

/** What was measured of a row: a figure of each subject for each round. */
export type Rounds = Partial<Record<SubjectName, number[]>>;

/** A row with all that the report says of it. */
export interface Result extends Row {
  readonly name: string;
  readonly rounds: Rounds;
  /** Of the service as shipped over bare node:https, in pairs; undefined if that was not measured. */
  readonly ratio: number | undefined;
  /** Undefined without a target. */
  readonly met: boolean | undefined;
}

export function resultOf(name: string, row: Row, rounds: Rounds): Result {
  const { image = [], bare } = rounds;
  const ratio = bare === undefined || image.length === 0 ? undefined : medianRatio(image, bare);
  const { target } = row;
  const reached = target?.of === 'ratio' ? (ratio ?? Number.NaN) : median(image);
  let met: boolean | undefined;
  if (target !== undefined) met = 'atMost' in target ? reached <= target.atMost : reached >= target.atLeast;
  return { ...row, name, rounds, ratio, met };
}
