import type { App } from './control/app.ts';

/** Keeps the keyboard where it was when rows are drawn elsewhere, and opens and leaves dialogs. */
export class Focus {
  readonly #app: App;
  #wantsRow = false;
  /** Where the keyboard was before the dialog was opened. */
  #before: Element | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  /** Moves the keyboard to the current row: at once, because keys may follow fast, and again where it is drawn next. */
  request(): void {
    this.#focusCurrent();
    this.#wantsRow = true;
  }

  /** Draws. */
  around(draw: () => void): void {
    const { activeElement } = document;
    const row = activeElement?.closest('tr');
    const caret = activeElement instanceof HTMLInputElement ? activeElement.selectionStart : null;
    const selectionEnd = activeElement instanceof HTMLInputElement ? activeElement.selectionEnd : null;
    const hadDialog = document.querySelector('dialog') !== null;
    draw();
    const dialog = document.querySelector('dialog');
    if (dialog !== null) {
      if (!hadDialog) this.#before = activeElement;
      if (!dialog.open) dialog.showModal();
      // The control that had the keyboard may be gone from the dialog. It goes to no button: the next key would press it.
      if (!dialog.contains(document.activeElement)) dialog.querySelector<HTMLElement>('.scroll')?.focus();
      return;
    }
    if (hadDialog) {
      if (this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus();
      else this.#wantsRow = true;
    }
    if (this.#wantsRow) this.#focusCurrent();
    // A row that moves loses the keyboard, and a line that goes takes it along.
    else if (row !== undefined && row !== null && document.activeElement === document.body) {
      if (activeElement instanceof HTMLElement && activeElement.isConnected) {
        activeElement.focus();
        // To go into a count selects it. Here somebody is in the middle of typing it.
        if (activeElement instanceof HTMLInputElement && caret !== null) {
          activeElement.setSelectionRange(caret, selectionEnd);
        }
      } else this.#focusCurrent();
    }
    this.#wantsRow = false;
  }

  #focusCurrent(): void {
    const key = this.#app.currentRow?.key ?? this.#app.rows[0]?.key;
    if (key === undefined) return;
    const row = document.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key)}"]`);
    row?.focus();
    row?.scrollIntoView({ block: 'nearest' });
  }
}
