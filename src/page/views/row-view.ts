import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { State } from '../../client/scaler-client.ts';
import type { App } from '../control/app.ts';
import { ageText } from '../model/age-text.ts';
import { refusalOf } from '../model/count-limits.ts';
import { ownerName } from '../model/owner-names.ts';
import { nameOf, type Row } from '../model/table-row.ts';

export function rowView(app: App, row: Row, several: boolean): TemplateResult {
  const { key, cluster, state } = row;
  const isCurrent = (app.currentRow ?? app.rows[0])?.key === key;
  return html`
    <tr
      role="row"
      data-key=${key}
      class="row ${state.phase} ${state.replicas === 0 ? 'parked' : ''} ${app.selected.has(key) ? 'selected' : ''}"
      tabindex=${isCurrent ? 0 : -1}
    >
      <td role="cell" class="box">${box(app, row)}</td>
      <th role="rowheader" scope="row" class="name">
        <button
          class="name"
          aria-expanded=${app.expanded.has(key) ? 'true' : 'false'}
          @click=${() => app.toggleDetails(key)}
        >${several ? html`<span class="cluster">${cluster}</span>` : nothing}<span class="namespace"
            >${state.namespace}/</span
          ><wbr /><span class="deployment">${state.deployment}</span></button>
      </th>
      <td role="cell" class="count">${countView(app, row)}</td>
      <td role="cell" class="ready">${readyView(row)}</td>
      <td role="cell" class="phase" title=${state.reason}>${phaseView(state)}</td>
      <td role="cell" class="owner">${owners(state)}</td>
      <td role="cell" class="change">${changeView(state)}</td>
    </tr>
  `;
}

function box(app: App, row: Row) {
  const { key } = row;
  if (!app.limits.maySet(key)) return nothing;
  return html`<input
    type="checkbox"
    aria-label="Select ${nameOf(row)}"
    .checked=${live(app.selected.has(key))}
    @click=${({ target, shiftKey }: MouseEvent) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (shiftKey) app.selectTo(key, target.checked);
      else app.selectOne(key, target.checked);
      app.current = key;
    }}
  />`;
}

function countView(app: App, row: Row): TemplateResult {
  const { key, state } = row;
  const limits = app.limits.get(key);
  if (limits === undefined || !limits.may.scale) return html`<span class="number">${state.replicas}</span>`;
  const draft = app.counts.drafts.get(key);
  const count = app.counts.countOf(row);
  const name = nameOf(row);
  const step = (by: number, sign: string, text: string) => {
    const why = refusalOf(limits, count + by);
    return html`<button
      class="step"
      tabindex="-1"
      aria-label="${text} of ${name}"
      aria-disabled=${why === undefined ? 'false' : 'true'}
      title=${why ?? `${text} (${sign})`}
      @click=${() => app.step(row, by)}
    >${sign}</button>`;
  };
  return html`<span class="stepper ${draft === undefined ? '' : 'drafted'}"
    ><span class="base">${draft === undefined ? '' : `${state.replicas} →`}</span>${step(
      -1,
      '−',
      'One fewer',
    )}<input
      class="number"
      inputmode="numeric"
      autocomplete="off"
      aria-label="Count of ${name}"
      .value=${draft?.text ?? String(state.replicas)}
      @input=${({ target }: InputEvent) =>
        target instanceof HTMLInputElement && app.counts.draft(row, target.value)}
      @focus=${({ target }: FocusEvent) => target instanceof HTMLInputElement && target.select()}
    />${step(1, '+', 'One more')}</span>`;
}

function readyView(row: Row): TemplateResult {
  const { ready, replicas } = row.state;
  return html`<progress
      max=${Math.max(replicas, 1)}
      value=${replicas === 0 ? 0 : Math.min(ready, replicas)}
      aria-label="Ready replicas of ${nameOf(row)}"
    ></progress><span class="number">${ready}/${replicas}</span>`;
}

function phaseView({ phase, reason, overridden, fight, replicas }: State): TemplateResult {
  const text = phase === 'stable' ? (replicas === 0 ? 'parked' : 'stable') : phase;
  return html`<span class="state ${phase}"><span class="dot" aria-hidden="true"></span>${text}</span>${
    phase === 'stable' ? nothing : html`<span class="reason">${reason}</span>`
  }${
    overridden === undefined
      ? nothing
      : html`<span class="badge warn" title="${overridden.by} changed it from ${overridden.from} to ${
          overridden.to
        } after the service had set it">overridden</span>`
  }${
    fight === undefined
      ? nothing
      : html`<span class="badge warn" title="${fight.between.join(' and ')} set the count in turn, ${
          fight.switches
        } times">fight</span>`
  }`;
}

function owners({ owners, unknownOwners }: State) {
  return html`${owners.map(
    ({ kind, name, does, evidence }) =>
      html`<span class="badge" title="${kind} ${name} ${does}: ${evidence}"
        >${ownerName(kind)} <span class="of">${name}</span></span
      >`,
  )}${
    unknownOwners.length === 0
      ? nothing
      : html`<span class="badge unsure" title=${unknownOwners.join('\n')}>perhaps others</span>`
  }`;
}

function changeView({ lastChange }: State) {
  if (lastChange === undefined) return nothing;
  const { at, from, to, user, manager } = lastChange;
  const counts = from === undefined ? html`` : html`<span class="number">${from} → ${to}</span> `;
  const age =
    at === undefined
      ? nothing
      : html`<time datetime=${at} title=${new Date(at).toLocaleString()}>${agoText(at)}</time>`;
  return html`${counts}<span class="by">by <b>${user ?? manager}</b></span> ${age}`;
}

function agoText(at: string): string {
  const text = ageText(Date.now() - Date.parse(at));
  return text === 'now' ? 'just now' : `${text} ago`;
}
