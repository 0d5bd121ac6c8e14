import { html, nothing, type TemplateResult } from 'lit-html';
import type { BatchItem } from '../../client/scaler-client.ts';
import type { App } from '../control/app.ts';
import { outcomeText, outcomeWord, type PlanView } from '../control/plans.ts';
import { download } from '../control/receipts.ts';
import { forecastText, isCalm } from '../model/forecast-words.ts';
import { keyOf } from '../model/table-row.ts';

const TITLES: Readonly<Record<PlanView['intent']['kind'], string>> = {
  set: 'Set counts',
  finish: 'Finish a receipt',
  restore: 'Restore a receipt',
};

/** A plan, what is done of it, and its outcome. */
export function planDialog(app: App) {
  const { view } = app.plans;
  if (view === undefined) return nothing;
  const { intent, phase, items, counts, error } = view;
  const isPlan = phase === 'planned' || phase === 'blocked';
  const refused = isPlan ? items.filter(({ outcome }) => outcome === 'refused').length : 0;
  return html`
    <dialog class="wide" aria-labelledby="plan-title" @close=${() => app.close()}>
      <h2 id="plan-title">${TITLES[intent.kind]}</h2>
      <p class="summary" role="status">${summary(view)} ${view.note}</p>
      ${error === '' ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${isPlan || phase === 'planning' ? forceBox(app, view) : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label="Deployments of the plan">
        <ul class="items">${items.map((item) => itemView(app, item, phase === 'done'))}</ul>
      </div>
      <form method="dialog" class="actions">
        ${
          isPlan && view.receipt !== undefined && (counts?.set ?? 0) > 0
            ? html`<button
              type="button"
              class="primary"
              autofocus
              @click=${() => void app.plans.carryOut(phase === 'blocked')}
            >${doText(view, refused)}</button>`
            : nothing
        }
        ${
          view.receipt !== undefined && phase !== 'planning'
            ? html`<button type="button" @click=${() => view.receipt && download(view.receipt)}>Download receipt</button>`
            : nothing
        }
        ${
          phase === 'done' && intent.kind !== 'restore' && view.receipt !== undefined
            ? html`<button type="button" @click=${() => view.receipt && app.plan({ kind: 'restore', receipt: view.receipt })}>
              Restore</button>`
            : nothing
        }
        <button class="quiet">${phase === 'doing' ? 'Stop' : phase === 'done' ? 'Close' : 'Cancel'}</button>
      </form>
    </dialog>
  `;
}

function summary({ phase, counts, items }: PlanView): string {
  switch (phase) {
    case 'planning':
      return 'Planning …';
    case 'planned':
    case 'blocked':
      return counts === undefined
        ? ''
        : `Plan for ${items.length}: ${planText(counts)}. Nothing is changed yet.`;
    case 'doing':
      return 'Setting the counts …';
    case 'done':
      return counts === undefined ? '' : `Done: ${outcomeText(counts)}.`;
    case 'failed':
      return 'This failed.';
  }
}

function planText(counts: NonNullable<PlanView['counts']>): string {
  return outcomeText(counts).replace(/^(\d+) set/, '$1 to set');
}

function doText({ intent, counts }: PlanView, refused: number): string {
  const verb = intent.kind === 'restore' ? 'Restore' : 'Set';
  const rest = refused === 0 ? '' : `, leave out ${refused}`;
  return `${verb} ${counts?.set ?? 0}${rest}`;
}

function forceBox(app: App, { intent, force, items }: PlanView) {
  if (!force && !items.some(({ code }) => code === 'REPLICAS_MANAGED')) return nothing;
  return html`<label class="force">
    <input
      type="checkbox"
      .checked=${force}
      @change=${({ target }: Event) =>
        target instanceof HTMLInputElement && void app.plans.make(intent, target.checked)}
    />
    Set also what somebody else will undo
  </label>`;
}

function itemView(app: App, item: BatchItem, isDone: boolean): TemplateResult {
  const { cluster, namespace, deployment, from, to, outcome, message, rail, forecast, warnings } = item;
  const row = app.copy.rows.get(keyOf(cluster, namespace, deployment));
  const isGood = outcome === 'set' || outcome === 'unchanged';
  const texts = forecast.map(forecastText).join('; ');
  const word = outcome === 'set' && !isDone ? '' : outcomeWord(outcome);
  const progress =
    isDone && outcome === 'set' && row !== undefined && row.state.replicas === to
      ? `${row.state.ready}/${to} ready`
      : '';
  return html`<li class=${isGood ? 'good' : 'bad'}>
    <span class="what">${app.copy.clusters.length > 1 ? html`<span class="cluster">${cluster}</span>` : nothing}${namespace}/${deployment}</span>
    <span class="number">${from ?? row?.state.replicas ?? '?'} → ${to}</span>
    <span class="outcome">${word} ${progress}</span>
    <span class="why">${
      isGood
        ? html`<span class=${isCalm(forecast) ? 'calm' : 'warning'}>${texts}</span>`
        : html`<span class="refusal">${rail ?? message ?? texts}</span>`
    }${isCalm(forecast) ? nothing : warnings.map((text) => html`<span class="remedy">${text}</span>`)}</span>
  </li>`;
}
