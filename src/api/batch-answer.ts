import type {
  BatchOrder,
  ItemOutcome,
  ItemReport,
  ItemResult,
  ItemRollout,
  PlannedItem,
} from '../batch/batch.ts';
import { UnknownClusterError } from '../batch/batch-errors.ts';
import { makeReceipt, type Receipt, type ReceiptItem } from '../batch/receipt.ts';
import type { LastWriter } from '../cluster/access/guarded-cluster.ts';
import { RolloutError } from '../cluster/cluster-errors.ts';
import { BatchRefusedError, type Refusal } from './batch-refused.ts';
import type { BatchAnswerBody, BatchItemBody } from './batch-schema.ts';
import { warningTexts } from './forecast-headers.ts';
import { toHttpError } from './to-http-error.ts';

/** The answer to a plan: what would become of each item, and the receipt to send. */
export function planAnswer({ id, mode }: BatchOrder, planned: readonly PlannedItem[]): BatchAnswerBody {
  const doable = planned.filter(({ outcome }) => outcome === 'set' || outcome === 'unchanged');
  return {
    batch: id,
    dryRun: true,
    counts: countsOf(planned),
    items: planned.map(plannedBody),
    ...receiptOf(id, mode === 'items' ? doable : []),
  };
}

/** The answer to a batch that was carried out: what became of each item. */
export function resultAnswer({ id, mode }: BatchOrder, results: readonly ItemResult[]): BatchAnswerBody {
  return {
    batch: id,
    dryRun: false,
    counts: countsOf(results),
    items: results.map(resultBody),
    ...receiptOf(id, mode === 'items' ? results : []),
  };
}

/**
 * The error that a batch is answered with before its first write; undefined: no item refuses it. An item of a restore does
 * not, but a caller who may scale none of them is refused.
 */
export function refusalOf(planned: readonly PlannedItem[]): BatchRefusedError | undefined {
  const isDenied =
    planned.some(({ right }) => right === false) &&
    planned.every(({ right, error }) => right === false || error instanceof UnknownClusterError);
  const [first, ...others] = planned
    .filter(({ outcome }) => isDenied || outcome === 'refused')
    .map(({ item, error }): Refusal => ({ item, error: toHttpError(error) }));
  return first && new BatchRefusedError([first, ...others], planned.length);
}

/** How many items have each outcome. */
export function countsOf(items: readonly { readonly outcome: ItemOutcome }[]): Record<ItemOutcome, number> {
  const counts = { set: 0, unchanged: 0, leftAlone: 0, refused: 0, failed: 0, unknown: 0, notStarted: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  return counts;
}

/** It has no receipt if nothing is known to take back or to finish. */
function receiptOf(batch: string, known: readonly ItemReport[]): { receipt?: Receipt } {
  const items = known.flatMap(({ item, uid, from }): ReceiptItem[] => {
    const { cluster, namespace, deployment, replicas: asked } = item;
    if (uid === undefined || from === undefined) return [];
    return [{ cluster, namespace, deployment, uid, before: from, asked }];
  });
  return items.length === 0 ? {} : { receipt: makeReceipt(batch, items) };
}

function plannedBody(planned: PlannedItem): BatchItemBody {
  const { right, rail, restorable } = planned;
  return {
    ...itemBody(planned),
    ...(right !== undefined && { right }),
    ...(rail !== undefined && { rail }),
    restorable,
  };
}

function resultBody(result: ItemResult): BatchItemBody {
  const { resourceVersion, rollout } = result;
  return {
    ...itemBody(result),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(rollout !== undefined && { rollout: rolloutBody(rollout) }),
  };
}

function itemBody({ item, outcome, error, from, forecasts, warnings, changedBy }: ItemReport): BatchItemBody {
  const { cluster, namespace, deployment, replicas: to } = item;
  return {
    cluster,
    namespace,
    deployment,
    outcome,
    ...(from !== undefined && { from }),
    to,
    ...(error !== undefined && faultOf(error)),
    forecast: forecasts.map(({ kind, by, certain, message }) => ({
      kind,
      ...(by !== undefined && { by }),
      certainty: certain ? 'certain' : 'possible',
      ...(message !== '' && { message }),
    })),
    warnings: warningTexts(forecasts, warnings),
    ...(changedBy !== undefined && { changedBy: changedByBody(changedBy) }),
  };
}

function faultOf(error: unknown) {
  const { code, message } = toHttpError(error);
  return { code, message };
}

function changedByBody({ by, at }: LastWriter) {
  return { by, ...(at !== undefined && { at: new Date(at * 1000).toISOString() }) };
}

function rolloutBody({ ready, error }: ItemRollout) {
  if (ready) return { ready };
  const { code, message } = toHttpError(error);
  // The message of an answer says where to wait on, by a header that an item does not have.
  const isOfWait = error instanceof RolloutError && error.code !== 'GONE';
  return { ready, code, message: isOfWait ? error.message : message };
}
