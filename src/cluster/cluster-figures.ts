import { CallFigures } from '../kube/client/call-figures.ts';
import { DecisionCounts } from './access/decision-counts.ts';
import type { WriteOutcome } from './write-outcomes.ts';

/** What a cluster counts for metrics. It begins and ends with the cluster, so nothing is left of a removed one. */
export class ClusterFigures {
  readonly calls = new CallFigures();
  readonly decisions = new DecisionCounts();
  /** Writes of counts, by outcome. Dry runs are not counted; a batch counts per item. */
  readonly writes: Record<WriteOutcome, number> = {
    set: 0,
    unchanged: 0,
    refused: 0,
    denied: 0,
    failed: 0,
    unknown: 0,
  };
}
