import type { LastWriter } from '../cluster/access/guarded-cluster.ts';
import type { Forecast } from '../cluster/ownership/forecast.ts';

/** How many items a batch has at most. */
export const MAX_ITEMS = 1_000;

/** Where a count is to be set. */
export interface ItemName {
  /** The name of the cluster, also of the default one. */
  readonly cluster: string;
  readonly namespace: string;
  readonly deployment: string;
}

/** One count to set. */
export interface BatchItem extends ItemName {
  readonly replicas: number;
  /**
   * Of a receipt: the count is set only while the Deployment is this one and has this count; undefined: whatever it has.
   */
  readonly expected: { readonly uid: string; readonly replicas: number } | undefined;
}

/**
 * `items`: counts that are named. `finish`: what a receipt asked for. `restore`: what was before. Of the first two, an
 * item that cannot be set refuses the whole batch before its first write; of a restore it is left out alone.
 */
export type BatchMode = 'items' | 'finish' | 'restore';

/** What to do together. */
export interface BatchOrder {
  /** Names the batch in the audit log and in Events. */
  readonly id: string;
  readonly mode: BatchMode;
  readonly items: readonly BatchItem[];
  /** Whether to set counts even if somebody else will undo them. */
  readonly force: boolean;
}

/**
 * What became of an item, or what would become of it.
 * `set`: the count was changed. `unchanged`: it was so already. `leftAlone`: of a receipt; somebody else has changed the
 * Deployment since, or, in a restore, the item may not be set. `refused`: it may not be set; only before the first write.
 * `failed`: the write was tried and changed nothing, or, in a restore, whether the item may be set could not be found out.
 * `unknown`: the cluster did not say whether it made the change. `notStarted`: the batch ended before its turn.
 */
export type ItemOutcome = 'set' | 'unchanged' | 'leftAlone' | 'refused' | 'failed' | 'unknown' | 'notStarted';

/** An item with what became of it, or would. */
export interface ItemReport {
  readonly item: BatchItem;
  readonly outcome: ItemOutcome;
  /** Why it is not set: src/api/to-http-error.ts says what that means to a client. */
  readonly error: unknown;
  /** undefined: it is not there, or the caller may not scale it. */
  readonly uid: string | undefined;
  /** The count right before the write, or the present one if there was none. */
  readonly from: number | undefined;
  readonly forecasts: readonly Forecast[];
  /** What the caller should know besides, in words. */
  readonly warnings: readonly string[];
  /** Who has changed it since the receipt, if it is left alone for that. */
  readonly changedBy: LastWriter | undefined;
}

/**
 * An item with what is known of it before the first write. What would become of it is `set`, `unchanged`, `leftAlone`,
 * `refused` or, in a restore, `failed`.
 */
export interface PlannedItem extends ItemReport {
  /** Whether the caller may scale it; undefined: that could not be found out. */
  readonly right: boolean | undefined;
  /** Why a rail refuses the count; undefined: none does. */
  readonly rail: string | undefined;
  /** Whether a restore could bring the present count back, as far as is known now. */
  readonly restorable: boolean;
}

/** What became of the rollout of an item that was waited for. */
export interface ItemRollout {
  readonly ready: boolean;
  /** Why it is not ready: a RolloutError, or another error. */
  readonly error: unknown;
}

/**
 * An item with what became of it. Its warnings are those of the plan, and those of the API server and its admission
 * control.
 */
export interface ItemResult extends ItemReport {
  readonly resourceVersion: string | undefined;
  /** undefined: it was not waited for. */
  readonly rollout: ItemRollout | undefined;
}
