import { createHash } from 'node:crypto';
import type { BatchItem, BatchMode, ItemName } from './batch.ts';

/** The version of receipts that this service makes and takes. */
export const RECEIPT_VERSION = 1;
/** Hexadecimal digits of a checksum: enough that damage cannot go unseen. */
const CHECKSUM_DIGITS = 32;

/** A Deployment, and its count before a batch and after it. */
export interface ReceiptItem extends ItemName {
  /** One that was created again under the same name is another Deployment. */
  readonly uid: string;
  readonly before: number;
  readonly asked: number;
}

/**
 * What a batch has to do, kept by its client. With it alone, any replica of the service can finish the batch or take it
 * back. It is not signed, because it gives no rights: those of its sender are asked for, and rails hold.
 */
export interface Receipt {
  readonly version: number;
  /** Of the batch that made it. */
  readonly id: string;
  /** When it was made, as RFC 3339 writes it. */
  readonly at: string;
  readonly items: readonly ReceiptItem[];
  /** Shows that a receipt was damaged while it was kept. */
  readonly checksum: string;
}

/** The service cannot use this receipt. `message` says why. */
export class ReceiptError extends Error {
  readonly code = 'RECEIPT_INVALID';
  override readonly name = 'ReceiptError';
}

/** Makes the receipt of a batch. @param batch its id */
export function makeReceipt(batch: string, items: readonly ReceiptItem[], at = new Date()): Receipt {
  const receipt = { version: RECEIPT_VERSION, id: batch, at: at.toISOString(), items };
  return { ...receipt, checksum: checksumOf(receipt) };
}

/**
 * The items that finish the batch of a receipt, or take it back.
 * @throws ReceiptError if it is damaged, of another version, or names a Deployment twice
 */
export function itemsOf(receipt: Receipt, mode: Exclude<BatchMode, 'items'>): BatchItem[] {
  const { version, items, checksum } = receipt;
  // Before the checksum, which another version may make in another way.
  if (version !== RECEIPT_VERSION)
    throw new ReceiptError(`it is of version ${version}, and this service takes version ${RECEIPT_VERSION}`);
  if (checksum !== checksumOf(receipt)) throw new ReceiptError('its checksum does not fit, so it is damaged');
  const twice = namedTwice(items);
  if (twice !== undefined) throw new ReceiptError(`it names ${keyOf(twice)} twice`);
  return items.map(({ uid, before, asked, ...name }) =>
    mode === 'finish'
      ? { ...name, replicas: asked, expected: { uid, replicas: before } }
      : { ...name, replicas: before, expected: { uid, replicas: asked } },
  );
}

/** The first item that names the same Deployment as an earlier one; undefined: none does. */
export function namedTwice<T extends ItemName>(items: readonly T[]): T | undefined {
  const seen = new Set<string>();
  for (const item of items) {
    const key = keyOf(item);
    if (seen.has(key)) return item;
    seen.add(key);
  }
  return undefined;
}

function keyOf({ cluster, namespace, deployment }: ItemName): string {
  return `${cluster}/${namespace}/${deployment}`;
}

/** It covers the values in a fixed order, so it does not depend on how the receipt is written. */
function checksumOf({ version, id, at, items }: Omit<Receipt, 'checksum'>): string {
  const rows = items.map(({ cluster, namespace, deployment, uid, before, asked }) => {
    return [cluster, namespace, deployment, uid, before, asked];
  });
  const content = JSON.stringify([version, id, at, rows]);
  return createHash('sha256').update(content).digest('hex').slice(0, CHECKSUM_DIGITS);
}
