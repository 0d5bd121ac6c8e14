import { ApiError, isUnknown } from '../../client/api-error.ts';
import type { Batch, BatchAnswer, BatchItem, Receipt, ScalerClient } from '../../client/scaler-client.ts';
import { droppedText, type KeptReceipt, type ReceiptStore, refusalOfStore } from './receipt-store.ts';

/** What a plan is made of. */
export type Intent =
  | { readonly kind: 'set'; readonly items: NonNullable<Batch['items']> }
  /** Finishes what a receipt asks for. */
  | { readonly kind: 'finish'; readonly receipt: Receipt }
  /** Takes it back. */
  | { readonly kind: 'restore'; readonly receipt: Receipt };

/** A plan on its way from the question to the outcome. */
export interface PlanView {
  readonly intent: Intent;
  /** Sets also what somebody else will undo. */
  readonly force: boolean;
  /** `blocked`: the browser could not keep the receipt. */
  readonly phase: 'planning' | 'planned' | 'blocked' | 'doing' | 'done' | 'failed';
  /** The plan, then the outcome. */
  readonly items: readonly BatchItem[];
  readonly counts: BatchAnswer['counts'] | undefined;
  /** The one that does it, or that it does. */
  readonly receipt: Receipt | undefined;
  readonly error: string;
  /** What else happened: it stays beside the outcome, which would replace a message at once. */
  readonly note: string;
}

export interface PlansOptions {
  readonly client: Pick<ScalerClient, 'batch'>;
  readonly store: Pick<ReceiptStore, 'keep' | 'setStatus'>;
  readonly changed: () => void;
  readonly say: (text: string) => void;
}

const PLAN_DEADLINE_MS = 60_000;
/** The service ends a batch after 5 minutes. */
const BATCH_DEADLINE_MS = 320_000;

/** What a receipt becomes. */
const STATUSES = {
  set: { complete: 'done', incomplete: 'incomplete' },
  finish: { complete: 'done', incomplete: 'incomplete' },
  restore: { complete: 'restored', incomplete: 'restoredInPart' },
} as const;
/** What to do about a batch of which a part is missing. To finish the receipt of a restore would undo the restore. */
const REST: Readonly<Record<Intent['kind'], string>> = {
  set: 'Finish or restore it in the receipts',
  finish: 'Finish or restore it in the receipts',
  restore: 'Restore the receipt again',
};

/** Counts of many Deployments: a plan, and doing it once its receipt is kept. There is one at a time. */
export class Plans {
  view: PlanView | undefined;
  readonly #options: PlansOptions;
  #call = new AbortController();

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  /** Asks the service what would become of it. */
  async make(intent: Intent, force = false): Promise<void> {
    const { signal } = this.#begin({
      intent,
      force,
      phase: 'planning',
      // Another plan of the same replaces what is shown once it is there.
      items: this.view?.intent === intent ? this.view.items : [],
      counts: undefined,
      receipt: intent.kind === 'set' ? undefined : intent.receipt,
      error: '',
      note: '',
    });
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(PLAN_DEADLINE_MS)]);
      const answer = await this.#options.client.batch(bodyOf(intent), { dryRun: true, force }, deadline);
      const { items, counts, receipt } = answer;
      this.#change(signal, { phase: 'planned', items, counts, ...(receipt !== undefined && { receipt }) });
    } catch (error) {
      this.#change(signal, { phase: 'failed', error: errorText(error, 'Nothing was changed') });
    }
  }

  /**
   * Keeps the receipt, then does what was planned. It sets exactly the counts of the plan: the receipt has the counts
   * before, and what has changed since is left alone.
   * @param keptByHand the receipt was downloaded, because the browser cannot keep it
   */
  async carryOut(keptByHand = false): Promise<void> {
    const { view } = this;
    if (view?.receipt === undefined || (view.phase !== 'planned' && view.phase !== 'blocked')) return;
    const { intent, force, receipt } = view;
    const { signal } = this.#begin({ ...view, phase: 'doing', error: '' });
    if (intent.kind === 'set' && !keptByHand && !(await this.#keep(receipt, signal))) return;
    try {
      const body = intent.kind === 'restore' ? { restore: receipt } : { receipt };
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(BATCH_DEADLINE_MS)]);
      const { items, counts } = await this.#options.client.batch(body, { force }, deadline);
      const isComplete = counts.refused + counts.failed + counts.unknown + counts.notStarted === 0;
      const { complete, incomplete } = STATUSES[intent.kind];
      await this.#note(receipt.id, isComplete ? complete : incomplete);
      this.#change(signal, { phase: 'done', items, counts });
      this.#options.say(`${outcomeText(counts)}${isComplete ? '' : `. ${REST[intent.kind]}`}`);
    } catch (error) {
      // An answer of the service that is an error changed nothing; otherwise some counts may have been set.
      const isOpen = isUnknown(error);
      if (isOpen) await this.#note(receipt.id, STATUSES[intent.kind].incomplete);
      else if (intent.kind === 'set') await this.#note(receipt.id, 'nothing');
      const refused = error instanceof ApiError ? error.items : [];
      this.#change(signal, {
        phase: 'failed',
        error: [
          errorText(error, isOpen ? `Some counts may be set. ${REST[intent.kind]}` : ''),
          ...refused.map(itemText),
        ].join('\n'),
      });
    }
  }

  /** Ends what is under way: the service stops when its client is gone. */
  close(): void {
    this.#call.abort();
    if (this.view?.phase === 'doing') {
      this.#options.say(`Stopped. Some counts may be set. ${REST[this.view.intent.kind]}`);
    }
    this.view = undefined;
    this.#options.changed();
  }

  async #keep(receipt: Receipt, signal: AbortSignal): Promise<boolean> {
    const kept: KeptReceipt = { id: receipt.id, receipt, keptAt: Date.now(), status: 'kept' };
    try {
      this.#change(signal, { note: droppedText(await this.#options.store.keep(kept)) });
      return !signal.aborted;
    } catch (error) {
      const why = refusalOfStore(error);
      this.#change(signal, {
        phase: 'blocked',
        error: `Nothing was changed, because this browser cannot keep the receipt (${why}). Download it, then go on.`,
      });
      return false;
    }
  }

  /** The receipt itself is kept: that the browser cannot note what became of it does not stop the rest. */
  async #note(id: string, status: KeptReceipt['status']): Promise<void> {
    await this.#options.store.setStatus(id, status).catch(() => undefined);
  }

  #begin(view: PlanView): AbortController {
    this.#call.abort();
    this.#call = new AbortController();
    this.view = view;
    this.#options.changed();
    return this.#call;
  }

  #change(signal: AbortSignal, change: Partial<PlanView>): void {
    if (signal.aborted || this.view === undefined) return;
    this.view = { ...this.view, ...change };
    this.#options.changed();
  }
}

function bodyOf(intent: Intent): Batch {
  switch (intent.kind) {
    case 'set':
      return { items: intent.items };
    case 'finish':
      return { receipt: intent.receipt };
    case 'restore':
      return { restore: intent.receipt };
  }
}

const OUTCOMES: Readonly<Record<keyof BatchAnswer['counts'], string>> = {
  set: 'set',
  unchanged: 'unchanged',
  leftAlone: 'left alone',
  refused: 'refused',
  failed: 'failed',
  unknown: 'unknown',
  notStarted: 'not started',
};

/** For example `3 set, 1 left alone`. */
export function outcomeText(counts: BatchAnswer['counts']): string {
  const texts = Object.entries(OUTCOMES).flatMap(([outcome, words]) => {
    const count = Object.entries(counts).find(([name]) => name === outcome)?.[1] ?? 0;
    return count === 0 ? [] : `${count} ${words}`;
  });
  return texts.join(', ') || 'nothing to do';
}

/** In a plan `set` has not happened yet. */
export function outcomeWord(outcome: BatchItem['outcome']): string {
  return OUTCOMES[outcome];
}

function itemText({ cluster, namespace, deployment, message }: ApiError['items'][number]): string {
  return `${cluster}/${namespace}/${deployment}: ${message}`;
}

function errorText(error: unknown, consequence: string): string {
  const what = error instanceof ApiError ? error.message : 'The service does not answer';
  return consequence === '' ? what : `${what}. ${consequence}`;
}
