import { html, nothing, type TemplateResult } from 'lit-html';
import type { App } from '../control/app.ts';
import { KEPT_RECEIPTS, type KeptReceipt } from '../control/receipt-store.ts';
import { download } from '../control/receipts.ts';
import { receiptText } from '../model/receipt-file.ts';

const STATUS: Readonly<Record<KeptReceipt['status'], string>> = {
  kept: 'kept, not known to be done',
  nothing: 'nothing was changed',
  done: 'done',
  incomplete: 'not complete',
  restored: 'restored',
  restoredInPart: 'restored in part',
};

/** The receipts that this browser keeps: each can be taken back, or finished. */
export function receiptsDialog(app: App): TemplateResult {
  const { kept, error, note } = app.receipts;
  return html`
    <dialog class="wide" aria-labelledby="receipts-title" @close=${() => app.close()}>
      <h2 id="receipts-title">Receipts</h2>
      <p class="muted">
        This browser keeps the last ${KEPT_RECEIPTS}. A receipt has the counts before and after: download it to use it
        elsewhere, for example with <code>scaler restore FILE</code>. <span role="status">${note}</span>
      </p>
      ${error === '' ? nothing : html`<p class="error" role="alert">${error}</p>`}
      <div class="scroll" tabindex="0" role="region" aria-label="Kept receipts">
        ${
          kept.length === 0 && error === ''
            ? html`<p class="muted">None yet. Select Deployments and set their counts, or upload a receipt.</p>`
            : html`<ul class="receipts">${kept.map((each) => receiptView(app, each))}</ul>`
        }
      </div>
      <form method="dialog" class="actions">
        <label class="upload button">
          Upload a receipt
          <input
            type="file"
            accept="application/json,.json"
            @change=${({ target }: Event) => {
              if (!(target instanceof HTMLInputElement)) return;
              const [file] = target.files ?? [];
              if (file !== undefined) void app.receipts.upload(file);
              target.value = '';
            }}
          />
        </label>
        <button class="quiet" autofocus>Close</button>
      </form>
    </dialog>
  `;
}

function receiptView(app: App, { id, receipt, status }: KeptReceipt): TemplateResult {
  const what = receiptText(receipt);
  const at = new Date(receipt.at).toLocaleString(undefined, { hourCycle: 'h23' });
  return html`<li>
    <span class="what">${what}</span>
    <time datetime=${receipt.at}>${at}</time>
    <span class="muted">${STATUS[status]}</span>
    <span class="actions">
      <button aria-label="Restore: ${what}, ${at}" @click=${() => app.plan({ kind: 'restore', receipt })}>Restore</button>
      <button class="quiet" aria-label="Finish: ${what}, ${at}" @click=${() => app.plan({ kind: 'finish', receipt })}>
        Finish</button>
      <button class="quiet" aria-label="Download: ${what}, ${at}" @click=${() => download(receipt)}>Download</button>
      <button class="quiet" aria-label="Delete: ${what}, ${at}" @click=${() => void app.receipts.delete(id)}>Delete</button>
    </span>
  </li>`;
}
