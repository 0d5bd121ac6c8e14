import { AccessDeniedError } from '../cluster/cluster-errors.ts';
import { outcomeOfError, type WriteOutcome } from '../cluster/write-outcomes.ts';
import type { BatchOrder, ItemResult, ItemRollout, PlannedItem } from './batch.ts';
import { BatchEndedError, ChangedSinceError, DeploymentGoneError } from './batch-errors.ts';
import { Lane } from './lane.ts';
import type { Clusters } from './plan.ts';
import { sideBySide } from './side-by-side.ts';
import { type MadeWrite, unwritten, writeItem } from './write-item.ts';

/** The time for starting items. */
const BATCH_MS = 5 * 60_000;

/** Where the audit lines of items go: one for each that is tried. */
export interface BatchAudit {
  /**
   * Reserves room for the line of an item, before its write.
   * @returns fills the room, once; undefined: there is none, so the item must not be written
   */
  reserve(): ((result: ItemResult) => Promise<void>) | undefined;
  /** Logs the items that were never tried, once all others are settled. It must not throw. */
  untried(results: readonly ItemResult[]): Promise<void>;
}

/** A planned batch to write. */
export interface BatchRun {
  readonly order: BatchOrder;
  /** The items of the order, planned just now. None is `refused`. */
  readonly planned: readonly PlannedItem[];
  readonly clusters: Clusters;
  /** How long to wait for the rollout of each item, from its own write; undefined: not at all. */
  readonly waitSeconds: number | undefined;
  /** Starts no further items and ends the waits; the reason is a text. */
  readonly signal: AbortSignal;
  readonly audit: BatchAudit;
}

/** What has become of an item, and what will have become of its rollout. */
interface Settled {
  readonly result: ItemResult;
  /** Whether it has an audit line of its own. */
  readonly isTried: boolean;
  readonly rollout: Promise<ItemRollout> | undefined;
}

/**
 * Writes the items of a batch, 8 at a time in each cluster. A cluster that takes nothing makes its items pause; after 5
 * failures in a row it is given up, and the others go on. No further item is started after 5 minutes.
 * @returns the results in the order of the items, once all writes and waits have ended. It throws nothing
 */
export async function run(batch: BatchRun): Promise<readonly ItemResult[]> {
  const { planned, signal } = batch;
  const endsAt = performance.now() + BATCH_MS;
  const lanes = new Map<string, Lane>();
  const laneOf = (cluster: string) => {
    const lane = lanes.get(cluster) ?? new Lane(signal, endsAt);
    lanes.set(cluster, lane);
    return lane;
  };
  const settled = await sideBySide(
    planned,
    ({ item }) => item.cluster,
    async (each) => {
      const { cluster } = each.item;
      const settled = await settle(batch, each, laneOf(cluster));
      batch.clusters(cluster)?.countWrite(countedAs(settled.result));
      return settled;
    },
  );
  const untried = settled.filter(({ isTried }) => !isTried).map(({ result }) => result);
  if (untried.length > 0) await batch.audit.untried(untried);
  return Promise.all(settled.map(async ({ result, rollout }) => ({ ...result, rollout: await rollout })));
}

async function settle(batch: BatchRun, planned: PlannedItem, lane: Lane): Promise<Settled> {
  const { order, clusters, audit } = batch;
  if (!isTried(planned)) return untried(planned, planned.outcome, planned.error);
  await lane.ready();
  if (lane.end !== undefined) return untried(planned, 'notStarted', lane.end);
  const fill = audit.reserve();
  if (fill === undefined) {
    lane.giveUp(new BatchEndedError('NO_AUDIT_ROOM'));
    return untried(planned, 'notStarted', lane.end);
  }
  const { result, made } = await writeItem(order, planned, clusters, lane);
  const rollout = made && rolloutOf(batch, made);
  await fill(result);
  return { result, isTried: true, rollout };
}

/**
 * Whether the API server decides about the item. It also decides what the cache takes for changed or gone since the
 * receipt, because the cache may be behind.
 */
function isTried({ outcome, error }: PlannedItem): boolean {
  return (
    outcome === 'set' ||
    outcome === 'unchanged' ||
    error instanceof ChangedSinceError ||
    error instanceof DeploymentGoneError
  );
}

/** How metrics count an item, once for all its tries; undefined: it was not tried. */
function countedAs({ outcome, error }: ItemResult): WriteOutcome | undefined {
  switch (outcome) {
    case 'notStarted':
      return undefined;
    case 'leftAlone':
      return error instanceof AccessDeniedError ? 'denied' : 'refused';
    case 'failed':
      return error instanceof ChangedSinceError || error instanceof DeploymentGoneError
        ? 'refused'
        : outcomeOfError(error);
    default:
      return outcome;
  }
}

function untried(...parameters: Parameters<typeof unwritten>): Settled {
  return { result: unwritten(...parameters), isTried: false, rollout: undefined };
}

/** Waits for the rollout of an item, from now on; undefined: it is not waited for. */
function rolloutOf(
  { waitSeconds, signal }: BatchRun,
  { target, written }: MadeWrite,
): Promise<ItemRollout> | undefined {
  if (waitSeconds === undefined) return undefined;
  return target.rollout(written, { limitMs: waitSeconds * 1000, signal }).then(
    () => ({ ready: true, error: undefined }),
    (error: unknown) => ({ ready: false, error }),
  );
}
