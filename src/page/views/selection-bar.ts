import { html, nothing } from 'lit-html';
import type { App } from '../control/app.ts';
import { countIn } from '../model/draft.ts';

/** What can be done with the rows that are selected. */
export function selectionBar(app: App) {
  const { selected, copy, batchCount } = app;
  if (selected.size === 0) return nothing;
  const count = countIn(batchCount);
  const { shown } = copy.rows;
  const hidden = app.hiddenSelected;
  const more = shown.length > selected.size && shown.length <= 1_000;
  return html`
    <section class="selection" aria-label="Selection">
      <strong>${selected.size} selected${hidden === 0 ? '' : `, ${hidden} of them hidden by the filter`}</strong>
      ${
        more
          ? html`<button class="quiet" @click=${() =>
              app.select(
                shown.filter(({ key }) => app.limits.get(key)?.may.scale !== false).map(({ key }) => key),
                true,
              )}>Select all ${shown.length}</button>`
          : nothing
      }
      <form
        @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          if (count !== undefined) app.planFor(count);
        }}
      >
        <label for="batch-count">Count</label>
        <input
          id="batch-count"
          class="number"
          inputmode="numeric"
          autocomplete="off"
          .value=${batchCount}
          @input=${({ target }: InputEvent) => {
            if (target instanceof HTMLInputElement) app.setBatchCount(target.value);
          }}
        />
        <button class="primary" ?disabled=${count === undefined}>Plan</button>
      </form>
      <button @click=${() => app.planFor(0)}>Park (0)</button>
      <button class="quiet" @click=${() => app.select([...selected], false)}>Clear</button>
    </section>
  `;
}
