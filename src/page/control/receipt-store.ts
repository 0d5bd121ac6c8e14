import type { Receipt } from '../../client/scaler-client.ts';
import { receiptText } from '../model/receipt-file.ts';

/** A receipt that this browser keeps. */
export interface KeptReceipt {
  /** That of the receipt. */
  readonly id: string;
  readonly receipt: Receipt;
  /** When it was kept, in ms since the epoch. */
  readonly keptAt: number;
  /** What has become of it, as far as this browser knows. */
  readonly status: 'kept' | 'nothing' | 'done' | 'incomplete' | 'restored' | 'restoredInPart';
}

/** How many are kept: with 1,000 items each, they take some 10 MB. */
export const KEPT_RECEIPTS = 50;
const STORE = 'receipts';

/** Says which receipts were dropped to make room for another; empty: none. */
export function droppedText(dropped: readonly KeptReceipt[]): string {
  if (dropped.length === 0) return '';
  const which = dropped.map(({ receipt }) => `${receiptText(receipt)} of ${receipt.at}`).join('; ');
  return `This browser keeps ${KEPT_RECEIPTS} receipts: the oldest was dropped (${which}).`;
}

/** Why the browser did not store something. Chromium has no words for a store that is full. */
export function refusalOfStore(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'QuotaExceededError' ? 'it has no room left' : error.message || error.name;
}

/** Receipts in the IndexedDB of the browser: localStorage is too small for them. */
export class ReceiptStore {
  readonly #name: string;

  /** @param name the same for all pages of one service */
  constructor(name: string) {
    this.#name = name;
  }

  /** The newest first. */
  async list(): Promise<KeptReceipt[]> {
    const kept: KeptReceipt[] = await this.#do('readonly', (store) => store.getAll());
    return kept.sort((a, b) => b.keptAt - a.keptAt);
  }

  /**
   * Keeps one. Resolves once it is on the disk, to those that were dropped to make room for it.
   * @throws DOMException if the browser has no room or stores nothing
   */
  async keep(kept: KeptReceipt): Promise<KeptReceipt[]> {
    await this.#do('readwrite', (store) => store.put(kept));
    // It is not dropped itself, even if the clock has been set back.
    const others = (await this.list()).filter(({ id }) => id !== kept.id);
    const dropped = others.slice(KEPT_RECEIPTS - 1);
    for (const { id } of dropped) await this.delete(id);
    return dropped;
  }

  async setStatus(id: string, status: KeptReceipt['status']): Promise<void> {
    const kept: KeptReceipt | undefined = await this.#do('readonly', (store) => store.get(id));
    if (kept !== undefined) await this.#do('readwrite', (store) => store.put({ ...kept, status }));
  }

  async delete(id: string): Promise<void> {
    await this.#do('readwrite', (store) => store.delete(id));
  }

  async #do<Result>(
    mode: IDBTransactionMode,
    request: (store: IDBObjectStore) => IDBRequest<Result>,
  ): Promise<Result> {
    const database = await this.#open();
    try {
      const transaction = database.transaction(STORE, mode, { durability: 'strict' });
      const asked = request(transaction.objectStore(STORE));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      return asked.result;
    } finally {
      database.close();
    }
  }

  #open(): Promise<IDBDatabase> {
    const opening = indexedDB.open(this.#name, 1);
    return new Promise((resolve, reject) => {
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'id' });
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
  }
}
