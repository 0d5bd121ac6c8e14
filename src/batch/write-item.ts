import type { ScaleReading, ScaleTarget } from '../cluster/access/guarded-cluster.ts';
import { DeploymentError, RailError, ReplicasManagedError } from '../cluster/cluster-errors.ts';
import type { Deployment } from '../cluster/deployment.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import type { BatchOrder, ItemOutcome, ItemResult, PlannedItem } from './batch.ts';
import {
  ChangedSinceError,
  DeploymentGoneError,
  isRefusal,
  itemError,
  UnknownClusterError,
} from './batch-errors.ts';
import { type Lane, takesNothing } from './lane.ts';
import type { Clusters } from './plan.ts';

/** How long a write waits for its turn among the writes of its caller. */
const TURN_MS = 5_000;

/** A write that was made or was not needed, so that its rollout can be waited for. */
export interface MadeWrite {
  readonly target: ScaleTarget;
  readonly written: ScaleReading;
}

/** What became of an item, and its write. */
export interface ItemWrite {
  readonly result: ItemResult;
  /** undefined: it failed. */
  readonly made: MadeWrite | undefined;
}

/** The result of an item that is not written. */
export function unwritten(planned: PlannedItem, outcome: ItemOutcome, error: unknown): ItemResult {
  const { item, uid, from, forecasts, warnings, changedBy } = planned;
  return {
    item,
    outcome,
    error,
    uid,
    from,
    resourceVersion: undefined,
    forecasts,
    warnings,
    changedBy,
    rollout: undefined,
  };
}

/** Sets one item. While the cluster takes nothing, it pauses with the lane and tries again. It throws nothing. */
export async function writeItem(
  order: BatchOrder,
  planned: PlannedItem,
  clusters: Clusters,
  lane: Lane,
): Promise<ItemWrite> {
  for (;;) {
    const round = await lane.ready();
    const { end } = lane;
    if (end !== undefined) return { result: unwritten(planned, 'notStarted', end), made: undefined };
    const attempt = new Attempt(order, planned, lane);
    try {
      const made = await attempt.write(clusters);
      lane.succeeded();
      return { result: attempt.resultOf(made.written), made };
    } catch (error) {
      if (!takesNothing(error) || lane.failed(round, error))
        return { result: attempt.resultOfFailure(error), made: undefined };
    }
  }
}

/** One try to set an item. */
class Attempt {
  readonly #order: BatchOrder;
  readonly #planned: PlannedItem;
  readonly #lane: Lane;
  /** The state that the write replaces, as the last try was shown it; undefined: none was sent. */
  #replaced: Deployment | undefined;
  /** Why it was not sent when its turn came. */
  #end: unknown;

  constructor(order: BatchOrder, planned: PlannedItem, lane: Lane) {
    this.#order = order;
    this.#planned = planned;
    this.#lane = lane;
  }

  async write(clusters: Clusters): Promise<MadeWrite> {
    const { id: batch, force } = this.#order;
    const { cluster: name, namespace, deployment, replicas } = this.#planned.item;
    const cluster = clusters(name);
    if (cluster === undefined) throw new UnknownClusterError(name);
    const target = await cluster.toScale(namespace, deployment);
    const precondition = (current: Deployment) => this.#check(target, current);
    const written = await target.scale({ replicas, force, batch, turnMs: TURN_MS, precondition });
    return { target, written };
  }

  /** Checks the state in the API server, once the write has its turn. @returns true: the write may replace it */
  #check(target: ScaleTarget, current: Deployment): boolean {
    this.#end = this.#lane.end;
    // Not the end itself: an error of the API server that gave up the lane would be tried again here.
    if (this.#end !== undefined) throw new Error('the batch has ended');
    const { item, uid } = this.#planned;
    const { expected, replicas } = item;
    if (current.uid !== (expected?.uid ?? uid)) throw new DeploymentGoneError(item);
    const fits = [expected?.replicas ?? current.replicas, replicas].includes(current.replicas);
    if (!fits) throw new ChangedSinceError(target.lastWriterOf(current), current.replicas);
    this.#replaced = current;
    return true;
  }

  resultOf({ applied, uid, resourceVersion, forecasts, warnings }: ScaleReading): ItemResult {
    const { item, from, warnings: known } = this.#planned;
    return {
      item,
      outcome: applied ? 'set' : 'unchanged',
      error: undefined,
      uid,
      from: this.#replaced?.replicas ?? from,
      resourceVersion,
      forecasts,
      warnings: [...known, ...warnings],
      changedBy: undefined,
      rollout: undefined,
    };
  }

  resultOfFailure(error: unknown): ItemResult {
    const planned = this.#planned;
    // As far as anybody knows there was nothing to write, so it does not matter that it may not be written.
    const isIdle =
      planned.outcome !== 'set' &&
      this.#replaced === undefined &&
      (error instanceof RailError || error instanceof ReplicasManagedError);
    if (isIdle) return unwritten(planned, planned.outcome, planned.error);
    const { item } = planned;
    const reason = this.#end ?? itemError(item, error);
    const changed = reason instanceof ChangedSinceError ? reason : undefined;
    return {
      ...unwritten(planned, this.#outcomeOf(reason), reason),
      from: changed?.replicas ?? this.#replaced?.replicas ?? planned.from,
      changedBy: changed?.writer,
    };
  }

  #outcomeOf(error: unknown): ItemOutcome {
    if (this.#end !== undefined) return 'notStarted';
    const { item } = this.#planned;
    if (error instanceof ChangedSinceError || error instanceof DeploymentGoneError)
      return item.expected === undefined ? 'failed' : 'leftAlone';
    if (isRefusal(error)) return this.#order.mode === 'restore' ? 'leftAlone' : 'failed';
    if (error instanceof DeploymentError) return error.code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'failed';
    if (takesNothing(error) || (error instanceof KubeStatusError && error.status < 500)) return 'failed';
    // The write may have been carried out if it was sent.
    return this.#replaced === undefined ? 'failed' : 'unknown';
  }
}
