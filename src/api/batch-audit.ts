import type { BatchMode, ItemName, ItemOutcome, ItemResult } from '../batch/batch.ts';
import { toHttpError } from './to-http-error.ts';

/** The fields of a batch of writes in the audit log. Of one that is carried out, its items have lines too. */
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

/** What the lines of all items of a batch say. */
export interface AuditedBatch {
  readonly batch: string;
  readonly receipt?: string;
  readonly force?: boolean;
}

/** The fields of one item of a batch that is carried out. */
export interface ItemAudit extends AuditedBatch, ItemName {
  /** The count right before the write; undefined: not known. */
  readonly from: number | undefined;
  /** The requested count. */
  readonly to: number;
  readonly outcome: ItemOutcome;
  /** Why it was not set. */
  readonly code?: string;
}

/** The fields of items of a batch that were never tried, for the same reason. */
export interface UntriedAudit extends AuditedBatch {
  readonly outcome: ItemOutcome;
  readonly code?: string;
  /** `cluster/namespace/name` of each. */
  readonly deployments: readonly string[];
  /** How many others there are that no line names. */
  readonly more?: number;
}

/** Characters of the names in one line. A line with them is far from the 16 KiB above which the log drops one. */
const MAX_NAMES = 12 * 1024;
/** Quotation marks and a comma. */
const PER_NAME = 3;

/** The line of an item that was tried. */
export function itemAudit(batch: AuditedBatch, { item, from, outcome, error }: ItemResult): ItemAudit {
  const { cluster, namespace, deployment, replicas: to } = item;
  return { ...batch, cluster, namespace, deployment, from, to, outcome, ...codeOf(error) };
}

/**
 * The lines of items that were never tried. Those that the batch did not come to are all named. Of those that may not be
 * set there is one line for each reason: a client without any rights can send any number of them.
 */
export function untriedAudits(batch: AuditedBatch, results: readonly ItemResult[]): UntriedAudit[] {
  const alike = Map.groupBy(results, ({ outcome, error }) => `${outcome} ${codeOf(error).code ?? ''}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { outcome, error } = first;
    const common = { ...batch, outcome, ...codeOf(error) };
    const [names = [], ...others] = inLines(group.map(({ item }) => nameOf(item)));
    if (outcome === 'notStarted')
      return [names, ...others].map((deployments) => ({ ...common, deployments }));
    const more = group.length - names.length;
    return [{ ...common, deployments: names, ...(more > 0 && { more }) }];
  });
}

function inLines(names: readonly string[]): string[][] {
  const lines: string[][] = [];
  let left = 0;
  for (const name of names) {
    const size = name.length + PER_NAME;
    if (size > left) {
      lines.push([]);
      left = MAX_NAMES;
    }
    lines.at(-1)?.push(name);
    left -= size;
  }
  return lines;
}

function nameOf({ cluster, namespace, deployment }: ItemName): string {
  return `${cluster}/${namespace}/${deployment}`;
}

function codeOf(error: unknown): { readonly code?: string } {
  return error === undefined ? {} : { code: toHttpError(error).code };
}
