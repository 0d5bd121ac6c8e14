import type { BatchMode, ItemName, ItemOutcome } from '../batch/batch.ts';

/** The fields of a batch of writes in the audit log. Of one that is carried out, each item has a line of its own too. */
export interface BatchAudit {
  /** The id of the batch. */
  readonly batch: string;
  /** The id of the receipt that the client has sent. */
  readonly receipt?: string;
  readonly mode: BatchMode;
  /** How many items there are. */
  readonly items: number;
  /** How many have each outcome; undefined: not known yet. */
  counts: Readonly<Record<ItemOutcome, number>> | undefined;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly wait?: number;
}

/** The fields of one item of a batch that is carried out. */
export interface ItemAudit extends ItemName {
  readonly batch: string;
  readonly receipt?: string;
  /** The count right before the write; undefined: not known. */
  readonly from: number | undefined;
  /** The requested count. */
  readonly to: number;
  readonly outcome: ItemOutcome;
  /** Why it was not set. */
  readonly code?: string;
  readonly force?: boolean;
}
