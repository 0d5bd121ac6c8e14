import type { Receipt } from '../../client/scaler-client.ts';
import { parseReceipt, receiptFileName } from '../model/receipt-file.ts';
import type { KeptReceipt, ReceiptStore } from './receipt-store.ts';

/** The receipts that this browser keeps, as the page lists them. */
export class Receipts {
  kept: readonly KeptReceipt[] = [];
  error = '';
  readonly #store: ReceiptStore;
  readonly #changed: () => void;

  constructor(store: ReceiptStore, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Reads them: another tab may have kept some. */
  read(): Promise<void> {
    return this.#try(async () => {});
  }

  delete(id: string): Promise<void> {
    return this.#try(() => this.#store.delete(id));
  }

  /** Keeps the receipt in a file, of a browser or of the command line. */
  upload(file: Blob): Promise<void> {
    return this.#try(async () => {
      const receipt = parseReceipt(await file.text());
      await this.#store.keep({ id: receipt.id, receipt, keptAt: Date.now(), status: 'kept' });
    });
  }

  async #try(change: () => Promise<void>): Promise<void> {
    this.error = '';
    try {
      await change();
      this.kept = await this.#store.list();
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.#changed();
  }
}

/** Gives it to the browser as a file, which asks nobody. */
export function download(receipt: Receipt): void {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(receipt, undefined, 2)}\n`], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = receiptFileName(receipt);
  link.click();
  // The browser has begun to read it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
