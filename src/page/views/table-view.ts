import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { type App, PAGE_ROWS } from '../control/app.ts';
import type { Column } from '../model/row-order.ts';
import { detailRows } from './row-details.ts';
import { rowView } from './row-view.ts';

/** The rows of one page. Roles are written out, because CSS makes cards of the rows on narrow screens. */
export function tableView(app: App): TemplateResult {
  const { rows } = app;
  const several = app.copy.clusters.length > 1;
  const settable = rows.filter(({ key }) => app.limits.maySet(key)).map(({ key }) => key);
  const chosen = settable.filter((key) => app.selected.has(key)).length;
  return html`
    <table
      role="table"
      class=${settable.length > 0 ? 'may-set' : ''}
      aria-label="Deployments"
      aria-busy=${app.selector.isAsked ? 'true' : 'false'}
    >
      <thead role="rowgroup">
        <tr role="row">
          <td role="columnheader" class="box">
            ${
              settable.length === 0
                ? html`<span class="hidden">Selected</span>`
                : html`<input
                  type="checkbox"
                  aria-label="Select all that are shown"
                  .checked=${chosen === settable.length}
                  .indeterminate=${chosen > 0 && chosen < settable.length}
                  @change=${({ target }: Event) =>
                    target instanceof HTMLInputElement && app.select(settable, target.checked)}
                />`
            }
          </td>
          ${heading(app, 'name', several ? 'Cluster / Deployment' : 'Deployment')}
          ${heading(app, 'count', 'Count')}
          ${heading(app, 'ready', 'Ready')}
          ${heading(app, 'phase', 'Phase')}
          ${heading(app, 'owner', 'Also set by')}
          ${heading(app, 'change', 'Last change')}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          rows,
          ({ key }) => key,
          (row) => html`${rowView(app, row, several)}${detailRows(app, row)}`,
        )}
      </tbody>
    </table>
    ${footer(app)}
  `;
}

function heading(app: App, column: Column, text: string): TemplateResult {
  const { order } = app;
  const sorted = order.column !== column ? 'none' : order.descending ? 'descending' : 'ascending';
  return html`
    <th role="columnheader" scope="col" class=${column} aria-sort=${sorted}>
      <button class="sort" @click=${() => app.sortBy(column)}>${text}<span aria-hidden="true"></span></button>
    </th>
  `;
}

function footer(app: App): TemplateResult {
  const { page, pages } = app;
  const { shown, size } = app.copy.rows;
  const first = page * PAGE_ROWS + 1;
  const last = Math.min(shown.length, first + PAGE_ROWS - 1);
  return html`
    <nav class="pages" aria-label="Pages">
      <span
        ><span aria-live="polite">${shown.length === 0 ? emptyText(app) : ''}</span>${
          shown.length === 0 ? '' : `${first}–${last} of ${shown.length}`
        }${shown.length < size && shown.length > 0 ? ` (${size} in all)` : ''}</span>
      ${
        pages === 1
          ? nothing
          : html`
            <button class="quiet" ?disabled=${page === 0} @click=${() => {
              app.page -= 1;
            }}>Previous</button>
            <button class="quiet" ?disabled=${page === pages - 1} @click=${() => {
              app.page += 1;
            }}>Next</button>
          `
      }
    </nav>
  `;
}

function emptyText({ copy, filter, selector }: App): string {
  if (copy.rows.size > 0) {
    if (selector.isAsked) return 'Asking the service which Deployments the selector selects …';
    if (selector.error !== '')
      return `The selector has no answer, so nothing is shown (${copy.rows.size} in all)`;
    return `No Deployment matches the filter (${copy.rows.size} in all)`;
  }
  if (copy.clusters.some(({ read }) => read)) return 'There is no Deployment that you may list';
  return filter === '' && copy.link.state === 'connecting'
    ? 'Reading the Deployments …'
    : 'Nothing is known yet';
}
