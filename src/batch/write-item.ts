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
  let earlier: Deployment | undefined;
  for (;;) {
    const round = await lane.ready();
    const { end } = lane;
    if (end !== undefined) return { result: unwritten(planned, 'notStarted', end), made: undefined };
    const attempt = new Attempt(order, planned, lane, earlier);
    try {
      const made = await attempt.write(clusters);
      lane.succeeded();
      return { result: attempt.resultOf(made.written), made };
    } catch (error) {
      if (!takesNothing(error) || lane.failed(round, error))
        return { result: attempt.resultOfFailure(error), made: undefined };
      // A proxy may have answered for the API server, which has carried the write out.
      if (error instanceof KubeStatusError) earlier = attempt.replaced ?? earlier;
    }
  }
}

/** One try to set an item. */
class Attempt {
  readonly #order: BatchOrder;
  readonly #planned: PlannedItem;
  readonly #lane: Lane;
  /** The state that the write of an earlier try may have replaced; undefined: there was none. */
  readonly #earlier: Deployment | undefined;
  /** The count in the cache right before the write. */
  #cached: number | undefined;
  /** The state that the write replaces, as the last try was shown it; undefined: none was sent. */
  #replaced: Deployment | undefined;
  /** Why it was not sent when its turn came. */
  #end: unknown;

  constructor(order: BatchOrder, planned: PlannedItem, lane: Lane, earlier: Deployment | undefined) {
    this.#order = order;
    this.#planned = planned;
    this.#lane = lane;
    this.#earlier = earlier;
  }

  /** The state that the write replaces; undefined: none was sent. */
  get replaced(): Deployment | undefined {
    return this.#replaced;
  }

  async write(clusters: Clusters): Promise<MadeWrite> {
    const { id: batch, force } = this.#order;
    const { cluster: name, namespace, deployment, replicas } = this.#planned.item;
    const cluster = clusters(name);
    if (cluster === undefined) throw new UnknownClusterError(name);
    const target = await cluster.toScale(namespace, deployment);
    this.#cached = target.replicas;
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
    // The count was there already: if an earlier try had come to the write, that has set it.
    const replaced = applied ? this.#replaced : (this.#earlier ?? this.#replaced);
    return {
      item,
      outcome: applied || this.#earlier !== undefined ? 'set' : 'unchanged',
      error: undefined,
      uid,
      from: replaced?.replicas ?? from,
      resourceVersion,
      forecasts,
      warnings: [...known, ...warnings],
      changedBy: undefined,
      rollout: undefined,
    };
  }

  resultOfFailure(error: unknown): ItemResult {
    const planned = this.#planned;
    const { item } = planned;
    if (this.#replaced === undefined && this.#isIdle(error))
      return unwritten(planned, planned.outcome, planned.error);
    const reason = this.#end ?? itemError(item, error);
    const changed = reason instanceof ChangedSinceError ? reason : undefined;
    const seen = isRefusal(reason) ? this.#cached : undefined;
    return {
      ...unwritten(planned, this.#outcomeOf(reason), reason),
      from: changed?.replicas ?? this.#replaced?.replicas ?? seen ?? planned.from,
      changedBy: changed?.writer,
    };
  }

  /** Whether there was nothing to write, as far as anybody knows, so that it does not matter that it was refused. */
  #isIdle(refusal: unknown): boolean {
    const { item, outcome, error } = this.#planned;
    const isAside = error instanceof ChangedSinceError || error instanceof DeploymentGoneError;
    // No rail refuses the present count.
    if (refusal instanceof RailError) return isAside;
    if (!(refusal instanceof ReplicasManagedError)) return false;
    return isAside || (outcome === 'unchanged' && this.#cached === item.replicas);
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
