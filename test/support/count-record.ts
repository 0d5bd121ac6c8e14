import type { CountRecord } from '../../src/cluster/ownership/count-history.ts';

/** What is remembered of a Deployment: nothing but these fields. */
export function recordOf(parts: Partial<CountRecord>): CountRecord {
  return {
    lastChange: undefined,
    override: undefined,
    takenFrom: [],
    startedTaken: false,
    fight: undefined,
    changes: 0,
    ...parts,
  };
}
