import type { Receipt } from '../../client/scaler-client.ts';

/**
 * The receipt in a file that somebody chose. The service checks it against its checksum when it is used.
 * @throws Error that says what is wrong
 */
export function parseReceipt(text: string): Receipt {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('this file is not JSON: choose one that was downloaded as a receipt');
  }
  // The answer to a plan or a batch has it inside.
  if (isObject(value) && isObject(value.receipt)) value = value.receipt;
  if (!isReceipt(value))
    throw new Error('this file has no receipt: choose one that was downloaded as a receipt');
  if (value.version !== 1)
    throw new Error(`this receipt has version ${value.version}: this page knows version 1`);
  return value;
}

function isReceipt(value: unknown): value is Receipt {
  return (
    isObject(value) &&
    typeof value.version === 'number' &&
    typeof value.id === 'string' &&
    typeof value.at === 'string' &&
    typeof value.checksum === 'string' &&
    Array.isArray(value.items) &&
    value.items.every(isItem)
  );
}

function isItem(item: unknown): boolean {
  return (
    isObject(item) &&
    typeof item.cluster === 'string' &&
    typeof item.namespace === 'string' &&
    typeof item.deployment === 'string' &&
    typeof item.before === 'number' &&
    typeof item.asked === 'number'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function receiptFileName({ at, id }: Receipt): string {
  return `receipt-${at.slice(0, 19).replaceAll(':', '')}-${id.slice(0, 8)}.json`;
}

/** What it does in a few words: `park 12 Deployments`, `shop/cart 3 → 5`. */
export function receiptText({ items }: Receipt): string {
  const [first] = items;
  if (items.length === 1 && first !== undefined) {
    return `${first.namespace}/${first.deployment} ${first.before} → ${first.asked}`;
  }
  const counts = new Set(items.map(({ asked }) => asked));
  const [count] = counts;
  if (counts.size === 1)
    return count === 0 ? `park ${items.length} Deployments` : `set ${items.length} Deployments to ${count}`;
  return `set ${items.length} Deployments`;
}
