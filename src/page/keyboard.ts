import type { App } from './control/app.ts';

/** Where keys are text, or belong to the control itself. */
function isTyping(target: EventTarget | null): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.type !== 'checkbox';
}

/**
 * A key that is held down comes again and again: of these only the first one counts. Held down, Enter would take note of
 * the count of somebody else and replace it at once.
 */
const ONCE = /^([urp?xX0]|Enter|Escape)$/;
/** What changes the row at which the keyboard is. */
const OF_ROW = /^([0-9+=−xX-]|Enter)$/;

/** Makes the page work without a mouse. Keys with Ctrl, Alt or Meta are those of the browser. */
export function listenToKeys(app: App, focusRow: () => void): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || app.dialog !== undefined) return;
    if (event.repeat && (isTyping(event.target) ? event.key === 'Enter' : ONCE.test(event.key))) {
      event.preventDefault();
      return;
    }
    const handled = isTyping(event.target)
      ? keyInText(app, event, event.target, focusRow)
      : app.keysOn && keyOnPage(app, event, focusRow);
    if (handled) event.preventDefault();
  });
}

function keyInText(app: App, { key }: KeyboardEvent, input: HTMLInputElement, focusRow: () => void): boolean {
  if (input.id === 'filter') {
    if (key === 'Enter' || key === 'ArrowDown') {
      app.move(0);
      focusRow();
    } else if (key === 'Escape') {
      app.setFilter('');
      // Otherwise the next key, such as "/", would be text of the filter.
      input.blur();
    } else return false;
    return true;
  }
  const row = app.copy.rows.get(input.closest('tr')?.dataset.key ?? '');
  if (row === undefined) return false;
  if (key === 'Enter') app.counts.commit(row);
  else if (key === 'Escape') app.counts.drop(row.key);
  else if (key === 'ArrowUp') app.step(row, 1);
  else if (key === 'ArrowDown') app.step(row, -1);
  else return false;
  if (key === 'Enter' || key === 'Escape') focusRow();
  return true;
}

function keyOnPage(app: App, event: KeyboardEvent, focusRow: () => void): boolean {
  const { key, target, shiftKey } = event;
  const isControl = target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
  switch (key) {
    case '/': {
      const filter = document.getElementById('filter');
      filter?.focus();
      // What is typed next replaces the filter.
      if (filter instanceof HTMLInputElement) filter.select();
      return true;
    }
    case '?':
      app.open('help');
      return true;
    case 'r':
      app.open('receipts');
      return true;
    case 'p':
      app.planFor(0);
      return true;
    case 'u':
      if (app.undo()) focusRow();
      return true;
    case 'j':
    case 'ArrowDown':
      app.move(1);
      focusRow();
      return true;
    case 'k':
    case 'ArrowUp':
      app.move(-1);
      focusRow();
      return true;
  }
  return keyOnRow(app, key, isControl, shiftKey, focusRow);
}

function keyOnRow(
  app: App,
  key: string,
  isControl: boolean,
  shiftKey: boolean,
  focusRow: () => void,
): boolean {
  const row = app.currentRow;
  if (row === undefined) {
    if (isControl || !OF_ROW.test(key)) return false;
    // Nobody has chosen a row: show which one the next key is for.
    app.move(0);
    focusRow();
    return true;
  }
  const maySet = app.limits.maySet(row.key);
  if (/^[1-9]$/.test(key) && maySet) {
    // The digit itself goes into the input.
    inputOf(row.key)?.focus();
    return false;
  }
  switch (key) {
    case '+':
    case '=':
      app.step(row, 1);
      return true;
    case '-':
    case '−':
      app.step(row, -1);
      return true;
    case '0':
      app.draft(row, 0);
      return true;
    case 'x':
    case 'X':
      if (shiftKey) app.selectTo(row.key, true);
      else app.toggleSelected(row);
      return true;
    case 'Escape':
      app.counts.drop(row.key);
      return true;
    case 'Enter':
      // A button does what it says.
      if (isControl) return false;
      if (app.counts.drafts.has(row.key)) app.counts.commit(row);
      else app.toggleDetails(row.key);
      focusRow();
      return true;
  }
  return false;
}

function inputOf(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(key)}"] input.number`);
}
