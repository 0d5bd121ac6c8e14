import { html, nothing, type TemplateResult } from 'lit-html';
import type { App } from '../control/app.ts';
import { ageText } from '../model/age-text.ts';
import type { ClusterView, Link } from '../model/fleet-copy.ts';
import { helpDialog } from './help-dialog.ts';
import { planDialog } from './plan-dialog.ts';
import { receiptsDialog } from './receipts-dialog.ts';
import { selectionBar } from './selection-bar.ts';
import { tableView } from './table-view.ts';

export function pageView(app: App): TemplateResult {
  return html`
    <header>
      <h1>k8s-deployment-scaler</h1>
      ${filterBox(app)}
      <div class="tools">
        ${linkView(app.copy.link)}
        <button class="quiet" @click=${() => app.open('receipts')}>Receipts</button>
        <button class="quiet" aria-label="Help" title="Help (?)" @click=${() => app.open('help')}>?</button>
      </div>
    </header>
    <main>
      ${notices(app)}
      ${tableView(app)}
    </main>
    ${selectionBar(app)}
    <p class=${app.message.isShown ? 'hidden' : 'message'} role="status" aria-live="polite">${app.message.text}</p>
    ${dialogOf(app)}
  `;
}

function dialogOf(app: App) {
  switch (app.dialog) {
    case 'plan':
      return planDialog(app);
    case 'receipts':
      return receiptsDialog(app);
    case 'help':
      return helpDialog(app);
    case undefined:
      return nothing;
  }
}

function filterBox(app: App): TemplateResult {
  const { error } = app.selector;
  return html`
    <div class="filter">
      <label class="hidden" for="filter">Filter by words or by a label selector</label>
      <input
        id="filter"
        type="search"
        autocomplete="off"
        spellcheck="false"
        placeholder="Words (shop hpa stuck) or a selector (app=cart,tier in (web))"
        aria-invalid=${error === '' ? 'false' : 'true'}
        aria-describedby="filter-error"
        .value=${app.filter}
        @input=${({ target }: InputEvent) => target instanceof HTMLInputElement && app.setFilter(target.value)}
      />
      <p id="filter-error" class="error" role="alert">${error}</p>
    </div>
  `;
}

const LINKS: Readonly<Record<Link['state'], string>> = {
  connecting: 'connecting',
  live: 'live',
  waiting: 'not connected',
  revoked: 'revoked',
};

function linkView({ state }: Link): TemplateResult {
  return html`<span class="link ${state}"><span class="dot" aria-hidden="true"></span>${LINKS[state]}</span>`;
}

/** What keeps people from seeing everything as it is. */
function notices({ copy }: App): TemplateResult {
  return html`<div class="notices" role="alert">${linkNotice(copy.link)}${copy.clusters.map(clusterNotice)}</div>`;
}

function linkNotice(link: Link) {
  if (link.state === 'revoked') {
    return html`<p class="notice bad">
      <strong>Your certificate was revoked.</strong> What is shown is no longer current. Get another certificate, put it
      into your browser, and open this page again.
    </p>`;
  }
  if (link.state !== 'waiting') return nothing;
  return html`<p class="notice">
    <strong>Not connected:</strong> ${link.why}. What is shown may be old. Next attempt at ${clock(link.until)}.
  </p>`;
}

function clusterNotice({ name, state, read, problem, confirmedAt }: ClusterView) {
  const since =
    confirmedAt === undefined
      ? 'Nothing of it is known yet.'
      : `What is shown is ${ageText(Date.now() - confirmedAt)} old (${clock(confirmedAt)}).`;
  if (state === 'unreachable') {
    return html`<p class="notice"><strong>${name} cannot be reached</strong> by the service. ${since}</p>`;
  }
  if (state === 'blocked') {
    return html`<p class="notice">
      <strong>${name} is blocked:</strong> it does not tell the service what people may do. Changes fail until its
      administrator mends that. ${since}
    </p>`;
  }
  if (problem !== undefined && !read) {
    return html`<p class="notice"><strong>${name} cannot be read:</strong> ${problem.message}</p>`;
  }
  if (state === 'syncing')
    return html`<p class="notice">The service is reading ${name} for the first time.</p>`;
  return nothing;
}

function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { hourCycle: 'h23' });
}
