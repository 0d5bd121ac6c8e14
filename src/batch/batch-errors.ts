import type { LastWriter } from '../cluster/access/guarded-cluster.ts';
import {
  AccessDeniedError,
  DeploymentError,
  NamespaceNotWatchedError,
  RailError,
  ReplicasManagedError,
} from '../cluster/cluster-errors.ts';
import type { BatchItem, ItemName } from './batch.ts';

/**
 * What can go wrong with a batch or with one of its items, besides the errors of the cluster. Plain classes with a stable
 * `code`: src/api decides what they mean to an HTTP client.
 */

/** A selection hits more Deployments than a batch has items. */
export class TooManyItemsError extends Error {
  readonly code = 'TOO_MANY_ITEMS';
  override readonly name = 'TooManyItemsError';
  /** How many Deployments it hits. */
  readonly hits: number;
  constructor(hits: number) {
    super(`${hits} Deployments`);
    this.hits = hits;
  }
}

/** None of the Deployments of a receipt is there. */
export class ForeignReceiptError extends Error {
  readonly code = 'RECEIPT_FOREIGN';
  override readonly name = 'ForeignReceiptError';
}

/** Of an item: its cluster is not served. */
export class UnknownClusterError extends Error {
  readonly code = 'UNKNOWN_CLUSTER';
  override readonly name = 'UnknownClusterError';
  readonly cluster: string;
  constructor(cluster: string) {
    super(`there is no cluster ${cluster}`);
    this.cluster = cluster;
  }
}

/** Of an item: the Deployment that it names was deleted; one that is there now is another. */
export class DeploymentGoneError extends Error {
  readonly code = 'DEPLOYMENT_GONE';
  override readonly name = 'DeploymentGoneError';
  readonly namespace: string;
  readonly deployment: string;
  constructor({ namespace, deployment }: ItemName) {
    super(`${namespace}/${deployment} was deleted`);
    this.namespace = namespace;
    this.deployment = deployment;
  }
}

/** Of an item of a receipt: its count is neither the one before nor the one after. `message` says who set it to what. */
export class ChangedSinceError extends Error {
  readonly code = 'CHANGED_SINCE';
  override readonly name = 'ChangedSinceError';
  readonly writer: LastWriter;
  /** The present count. */
  readonly replicas: number;
  constructor(writer: LastWriter, replicas: number) {
    super(`${writer.by} set it to ${replicas}`);
    this.writer = writer;
    this.replicas = replicas;
  }
}

/**
 * Of an item: the batch ended before its turn. `INTERRUPTED`: its client has gone or the service stops; `message` says
 * which. `OUT_OF_TIME`: its time is up. `NO_AUDIT_ROOM`: the log takes no line for a write.
 */
export class BatchEndedError extends Error {
  override readonly name = 'BatchEndedError';
  readonly code: 'INTERRUPTED' | 'OUT_OF_TIME' | 'NO_AUDIT_ROOM';
  constructor(code: BatchEndedError['code'], message: string = code) {
    super(message);
    this.code = code;
  }
}

/** Whether the error says that the item may certainly not be set. Other errors leave open whether it may. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof AccessDeniedError ||
    error instanceof RailError ||
    error instanceof ReplicasManagedError ||
    error instanceof UnknownClusterError ||
    error instanceof NamespaceNotWatchedError ||
    (error instanceof DeploymentError && error.code === 'NOT_FOUND')
  );
}

/** What an error means for an item. A receipt knows that its Deployment was there, so a missing one is gone. */
export function itemError(item: BatchItem, error: unknown): unknown {
  const isMissing = error instanceof DeploymentError && error.code === 'NOT_FOUND';
  return isMissing && item.expected !== undefined ? new DeploymentGoneError(item) : error;
}
