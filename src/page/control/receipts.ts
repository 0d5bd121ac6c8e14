import type { Receipt } from '../../client/scaler-client.ts';
import { parseReceipt, receiptFileName } from '../model/receipt-file.ts';
import { droppedText, type KeptReceipt, type ReceiptStore, refusalOfStore } from './receipt-store.ts';

/** Far more than a receipt of 1,000 items has. */
const MAX_FILE_BYTES = 4 * 2 ** 20;

/** The receipts that this browser keeps, as the page lists them. */
export class Receipts {
  kept: readonly KeptReceipt[] = [];
  error = '';
  /** What a file has cost. */
  note = '';
  readonly #store: Pick<ReceiptStore, 'list' | 'keep' | 'delete'>;
  readonly #changed: () => void;

  constructor(store: Pick<ReceiptStore, 'list' | 'keep' | 'delete'>, changed: () => void) {
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
      if (file.size > MAX_FILE_BYTES)
        throw new Error('this file is too large for a receipt: choose one that was downloaded as a receipt');
      const receipt = parseReceipt(await file.text());
      const same = (await this.#store.list()).find(({ id }) => id === receipt.id);
      // What is known of it, and what it has, are not lost to a file.
      if (same?.receipt.checksum === receipt.checksum) return;
      if (same !== undefined)
        throw new Error(
          'another version of this receipt is kept: delete that one first if this one is right',
        );
      const dropped = await this.#store.keep({ id: receipt.id, receipt, keptAt: Date.now(), status: 'kept' });
      this.note = droppedText(dropped);
    });
  }

  async #try(change: () => Promise<void>): Promise<void> {
    this.error = '';
    this.note = '';
    try {
      await change();
      this.kept = await this.#store.list();
    } catch (error) {
      this.error = errorText(error);
    }
    this.#changed();
  }
}

/** The words of a browser that refuses to store something do not say what that is. */
function errorText(error: unknown): string {
  const text = refusalOfStore(error);
  return error instanceof DOMException ? `This browser cannot keep receipts (${text})` : text;
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
