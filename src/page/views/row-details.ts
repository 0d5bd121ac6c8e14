import { html, nothing, type TemplateResult } from 'lit-html';
import type { App } from '../control/app.ts';
import { progressText } from '../control/counts.ts';
import { limitTexts } from '../model/count-limits.ts';
import { countIn, type Draft, settable } from '../model/draft.ts';
import { forecastText, isCalm, parseForecast } from '../model/forecast-words.ts';
import { nameOf, type Row } from '../model/table-row.ts';

/** What belongs to a row and takes a line of its own: the draft or the write, and the details. */
export function detailRows(app: App, row: Row) {
  const draft = app.counts.drafts.get(row.key);
  const write = app.counts.writes.get(row.key);
  return html`${draft !== undefined ? line(row, 'draft', draftView(app, row, draft)) : nothing}${
    write !== undefined ? line(row, `write ${write.phase}`, writeView(app, row)) : nothing
  }${app.expanded.has(row.key) ? line(row, 'details', details(app, row)) : nothing}`;
}

function line({ key }: Row, kind: string, content: unknown): TemplateResult {
  return html`<tr role="row" class="detail ${kind}" data-of=${key}>
    <td role="cell" colspan="7">${content}</td>
  </tr>`;
}

function draftView(app: App, row: Row, draft: Draft): TemplateResult {
  const name = nameOf(row);
  const may = settable(draft);
  const count = countIn(draft.text);
  return html`<div class="line">
    <span class="arrow"><span class="number">${draft.base} → ${count ?? '?'}</span></span>
    <div class="plan">${
      draft.moved === undefined
        ? planText(draft)
        : html`<span class="warning">${draft.moved}: look at it, then set it again</span>`
    }</div>
    <span class="actions">
      ${
        may === 'yes'
          ? html`<button class="primary" aria-label="Set to ${count}: ${name}" @click=${() => app.counts.commit(row)}>Set to ${count}</button>`
          : nothing
      }
      ${
        may === 'forced'
          ? html`<button class="danger" aria-label="Set it in spite of that: ${name} to ${count}" @click=${() =>
              app.counts.commit(row, true)}>Set it in spite of that</button>`
          : nothing
      }
      <button class="quiet" aria-label="Drop: ${name}" @click=${() => app.counts.drop(row.key)}>Drop</button>
    </span>
  </div>`;
}

function planText({ plan }: Draft) {
  switch (plan.state) {
    case 'asking':
      return html`<span class="muted">planning …</span>`;
    case 'failed':
      return html`<span class="warning">This could not be planned: ${plan.message}</span>`;
    case 'refused':
      return html`<span class="refusal">${plan.message}</span>`;
    case 'possible': {
      const forecasts = parseForecast(plan.forecast);
      return html`<span class=${isCalm(forecasts) ? 'calm' : 'warning'}>${forecasts.map(forecastText).join('; ')}</span
        >${plan.warnings.map((text) => html`<span class="remedy">${text}</span>`)}`;
    }
  }
}

function writeView(app: App, row: Row) {
  const write = app.counts.writes.get(row.key);
  if (write === undefined) return nothing;
  const { phase, text, from, to, warnings, forcible } = write;
  const before = app.counts.countBefore(row.key);
  const name = nameOf(row);
  const reached = ['asked', 'seen', 'ready'].indexOf(phase === 'set' ? 'asked' : phase);
  const step = (at: number, words: string) => html`<li class=${reached >= at ? 'reached' : ''}>${words}</li>`;
  const isEnd = phase === 'failed' || phase === 'unknown' || phase === 'undone' || phase === 'stuck';
  return html`<div class="line">
    <span class="arrow"><span class="number">${from} → ${to}</span></span>
    <div class="plan">${
      isEnd
        ? html`<span class="refusal">${progressText(write)}</span>`
        : html`<ol class="steps" aria-label="Progress of ${name}">
          ${step(0, phase === 'asked' ? 'asked' : 'set')}${step(1, 'seen')}${step(2, phase === 'seen' ? text : 'ready')}
        </ol>`
    }${warnings.map((warning) => html`<span class="remedy">${warning}</span>`)}</div>
    <span class="actions">
      ${
        forcible
          ? html`<button class="danger" aria-label="Set it in spite of that: ${name} to ${to}" @click=${() => app.counts.force(row)}>
            Set it in spite of that</button>`
          : nothing
      }
      ${
        phase !== 'asked' && phase !== 'set' && before !== undefined
          ? html`<button class="quiet" aria-label="Undo: draft ${before} for ${name}" @click=${() => app.undo(row.key)}>Undo</button>`
          : nothing
      }
      ${
        phase === 'asked'
          ? nothing
          : html`<button class="quiet" aria-label="Hide: ${name}" @click=${() => app.counts.drop(row.key)}>Hide</button>`
      }
    </span>
  </div>`;
}

function details({ limits }: App, { key, cluster, state }: Row): TemplateResult {
  const known = limits.get(key);
  const rails = known === undefined ? [] : limitTexts(known);
  return html`<dl>
    ${entry('Cluster', cluster)}
    ${entry('Pods', `${state.current} in all, ${state.updated} of the newest template, ${state.ready} ready, ${state.available} available`)}
    ${entry('Phase', `${state.phase}: ${state.reason}${state.paused ? '; paused' : ''}`)}
    ${state.owners.map(({ kind, name, does, evidence }) => entry(`${kind} ${name}`, `${does} (${evidence})`))}
    ${state.unknownOwners.map((why) => entry('Perhaps others', why))}
    ${rails.length === 0 ? nothing : entry('Rails', rails.join('; '))}
    ${
      state.overridden === undefined
        ? nothing
        : entry(
            'Overridden',
            `${state.overridden.by} changed it from ${state.overridden.from} to ${state.overridden.to}`,
          )
    }
    ${
      state.fight === undefined
        ? nothing
        : entry(
            'Fight',
            `${state.fight.between.join(' and ')} set the count in turn, ${state.fight.switches} times`,
          )
    }
  </dl>`;
}

function entry(term: string, text: string): TemplateResult {
  return html`<div><dt>${term}</dt><dd>${text}</dd></div>`;
}
