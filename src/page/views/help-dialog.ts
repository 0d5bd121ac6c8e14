import { html, type TemplateResult } from 'lit-html';
import type { App } from '../control/app.ts';

const KEYS = [
  ['/', 'Filter'],
  ['j k ↓ ↑', 'Next and previous row'],
  ['+ −', 'One more or one fewer, as a draft'],
  ['1 … 9', 'Type a count'],
  ['0', 'Park: a draft of 0'],
  ['Enter', 'Set the draft; without one, show details'],
  ['Esc', 'Drop the draft'],
  ['u', 'Undo: draft the count from before the last one that was set here'],
  ['x', 'Select the row; with Shift up to here'],
  ['p', 'Plan to park what is selected'],
  ['r', 'Receipts'],
  ['?', 'This help'],
] as const;

export function helpDialog(app: App): TemplateResult {
  return html`
    <dialog aria-labelledby="help-title" @close=${() => app.close()}>
      <h2 id="help-title">Help</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Keys and filters">
        <table class="keys">
          <caption>Keys</caption>
          ${KEYS.map(
            ([keys, text]) =>
              html`<tr><th scope="row">${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</th><td>${text}</td></tr>`,
          )}
        </table>
        <label class="switch">
          <input
            type="checkbox"
            .checked=${app.keysOn}
            @change=${({ target }: Event) => {
              if (target instanceof HTMLInputElement) app.keysOn = target.checked;
            }}
          />
          Use these keys
        </label>
        <h3>Filter</h3>
        <p>
          Words such as <code>shop hpa stuck</code> look for each word in cluster, namespace, name, owner and phase. A text
          with one of <code>= ! , ( ) &lt; &gt;</code> is a label selector as kubectl has it: <code>app=cart</code>,
          <code>tier in (web,api),!canary</code>. For a label alone write <code>-l canary</code>.
        </p>
        <h3>What is shown</h3>
        <p>
          What you may not do is not offered. Counts are drafts until Enter or a button sets them, and a count is set only
          if it is still the one that you saw. What the service says of a plan is what it would do now: it decides again
          when the count is set.
        </p>
      </div>
      <form method="dialog" class="actions"><button class="primary" autofocus>Close</button></form>
    </dialog>
  `;
}
