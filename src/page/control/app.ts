import type { Limits, ScalerClient } from '../../client/scaler-client.ts';
import { refusalOf } from '../model/count-limits.ts';
import { FleetCopy, type Update } from '../model/fleet-copy.ts';
import { matchesWords, parseFilter } from '../model/row-filter.ts';
import { BY_NAME, type Column, type Order } from '../model/row-order.ts';
import { keyOf, nameOf, type Row } from '../model/table-row.ts';
import { Counts } from './counts.ts';
import { LimitsReader } from './limits-reader.ts';
import { type Intent, Plans } from './plans.ts';
import { ReceiptStore } from './receipt-store.ts';
import { Receipts } from './receipts.ts';
import { SelectorReader } from './selector-reader.ts';

export type Dialog = 'plan' | 'receipts' | 'help';

export interface AppOptions {
  readonly client: ScalerClient;
  /** Distinguishes services at one origin, behind a proxy. */
  readonly base: string;
  /** Asks for the page to be drawn again soon. */
  readonly draw: () => void;
}

/** How many rows are drawn: more would make the page slow, and nobody reads them. */
export const PAGE_ROWS = 100;
/** How long a message is shown. What it says of a row stays in the row. */
const MESSAGE_MS = 15_000;
const KEYS = 'k8s-deployment-scaler keys';
/** How many items a batch may have. */
const MAX_SELECTED = 1_000;

/** What the page shows, and what people can do with it. The views draw it, and call its methods. */
export class App {
  readonly copy = new FleetCopy();
  readonly counts: Counts;
  readonly limits: LimitsReader;
  readonly plans: Plans;
  readonly receipts: Receipts;
  readonly selector: SelectorReader;
  /** The keys of the Deployments that are selected. */
  readonly selected = new Set<string>();
  /** Those whose details are shown. */
  readonly expanded = new Set<string>();
  filter = '';
  order: Order = BY_NAME;
  dialog: Dialog | undefined;
  /** The row at which the keyboard is. */
  current: string | undefined;
  /** The count in the bar of the selection. */
  batchCount = '';
  /** What happened last. Only those who hear the page need it if a row that is drawn shows it. */
  message: { readonly text: string; readonly isShown: boolean } = { text: '', isShown: true };
  readonly #draw: () => void;
  #page = 0;
  /**
   * The row that was selected or taken out last, from which Shift selects. It is not the current one: the keyboard is at
   * the row of the box that is clicked before the click is.
   */
  #anchor: string | undefined;
  /** Whether the rows were arranged for several clusters. */
  #several = false;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor({ client, base, draw }: AppOptions) {
    this.#draw = draw;
    const rowOf = (key: string) => this.copy.rows.get(key);
    const say = (text: string, key?: string) => this.say(text, key);
    const store = new ReceiptStore(`k8s-deployment-scaler ${base}`);
    this.counts = new Counts({ client, rowOf, changed: draw, say });
    this.limits = new LimitsReader(client, rowOf, draw);
    this.plans = new Plans({ client, store, changed: draw, say });
    this.receipts = new Receipts(store, draw);
    this.selector = new SelectorReader(
      client,
      () => this.copy.clusters.filter(({ read }) => read).map(({ name }) => name),
      () => this.#arrange(),
    );
  }

  /** The copy has changed. */
  take(update: Update): void {
    const { kind } = update;
    if (kind === 'clusters' && this.copy.clusters.length > 1 !== this.#several) this.#arrange();
    if (kind === 'gone' || kind === 'states' || kind === 'clusters') {
      for (const key of this.selected) if (this.copy.rows.get(key) === undefined) this.selected.delete(key);
    }
    if (kind === 'states') {
      this.selector.again();
      this.limits.again();
    }
    this.counts.observe(update);
    if (kind === 'changed') this.limits.want();
    if (kind !== 'position') this.#draw();
  }

  /** @param key of the row that shows the same */
  say(text: string, key?: string): void {
    this.message = { text, isShown: key !== undefined && this.rows.some((row) => row.key === key) };
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      this.message = { text: '', isShown: true };
      this.#draw();
    }, MESSAGE_MS);
    this.#draw();
  }

  /** Whether single keys do something: they trouble people who speak to their computer. The browser remembers it. */
  get keysOn(): boolean {
    return localStorage.getItem(KEYS) !== 'off';
  }

  set keysOn(on: boolean) {
    localStorage.setItem(KEYS, on ? 'on' : 'off');
    this.#draw();
  }

  get pages(): number {
    return Math.max(1, Math.ceil(this.copy.rows.shown.length / PAGE_ROWS));
  }

  get page(): number {
    return Math.min(this.#page, this.pages - 1);
  }

  set page(page: number) {
    this.#page = Math.min(Math.max(0, page), this.pages - 1);
    this.current = this.rows[0]?.key;
    this.#draw();
  }

  /** The rows that are drawn. */
  get rows(): readonly Row[] {
    return this.copy.rows.shown.slice(this.page * PAGE_ROWS, (this.page + 1) * PAGE_ROWS);
  }

  /**
   * Where the keyboard is. Undefined also if the filter hides that row, or another order has it on another page: keys
   * must not change what nobody sees.
   */
  get currentRow(): Row | undefined {
    const { current, copy, page } = this;
    const at = current === undefined ? -1 : copy.rows.indexOf(current);
    return Math.floor(at / PAGE_ROWS) === page ? copy.rows.shown[at] : undefined;
  }

  /** How many of those that are selected the filter hides. */
  get hiddenSelected(): number {
    let hidden = 0;
    for (const key of this.selected) if (this.copy.rows.indexOf(key) < 0) hidden += 1;
    return hidden;
  }

  setFilter(text: string): void {
    this.filter = text;
    const filter = parseFilter(text);
    this.selector.use(filter.kind === 'selector' ? filter.selector : undefined);
    this.#page = 0;
    this.#arrange();
  }

  /** Sorts by this column, or the other way round. */
  sortBy(column: Column): void {
    const descending = this.order.column === column && !this.order.descending;
    this.order = { column, descending };
    this.#page = 0;
    this.#arrange();
  }

  /** Goes to the row that is `by` places further on, also on another page. */
  move(by: number): void {
    const { shown } = this.copy.rows;
    const from = this.current === undefined ? -1 : this.copy.rows.indexOf(this.current);
    const to = from < 0 ? this.page * PAGE_ROWS : Math.min(Math.max(0, from + by), shown.length - 1);
    const row = shown[to];
    if (row !== undefined) this.#goTo(row);
  }

  #goTo({ key }: Row): void {
    this.current = key;
    this.#page = Math.floor(this.copy.rows.indexOf(key) / PAGE_ROWS);
    this.#draw();
  }

  /** Makes a draft of one more or one fewer, unless a rail is known to refuse it. */
  step(row: Row, by: number): void {
    this.draft(row, this.counts.countOf(row) + by);
  }

  draft(row: Row, count: number): void {
    const limits = this.limits.get(row.key);
    const why = whyNot(limits) ?? (limits && refusalOf(limits, count));
    if (why === undefined) this.counts.draft(row, String(count));
    else this.say(`${nameOf(row)}: ${why}`);
  }

  /**
   * Drafts the count from before the last change here, or before that of one Deployment, and goes to its row: like any
   * other count, it is set once somebody has looked at it.
   * @returns whether it did; otherwise it says why not
   */
  undo(key?: string): boolean {
    const last = this.counts.toUndo(key);
    if (last === undefined) return false;
    const { row, change } = last;
    const limits = this.limits.get(row.key);
    const why =
      this.copy.rows.indexOf(row.key) < 0
        ? 'the filter hides it. Change the filter, then undo'
        : // They are not known of a row that was not in view: then its plan tells them.
          limits && (whyNot(limits) ?? refusalOf(limits, change.from));
    if (why !== undefined) {
      this.say(`${nameOf(row)}: ${why}`);
      return false;
    }
    this.#goTo(row);
    this.counts.draft(row, String(change.from), change);
    return true;
  }

  toggleSelected(row: Row): void {
    const why = whyNot(this.limits.get(row.key));
    if (why === undefined) this.selectOne(row.key, !this.selected.has(row.key));
    else this.say(`${nameOf(row)}: ${why}`);
  }

  toggleDetails(key: string): void {
    if (!this.expanded.delete(key)) this.expanded.add(key);
    this.#draw();
  }

  select(keys: readonly string[], on: boolean): void {
    for (const key of keys) {
      if (!on) this.selected.delete(key);
      else if (this.selected.size < MAX_SELECTED) this.selected.add(key);
      else if (!this.selected.has(key)) {
        this.say(`A batch has at most ${MAX_SELECTED} Deployments: the others are not selected`);
        break;
      }
    }
    this.#draw();
  }

  selectOne(key: string, on: boolean): void {
    this.#anchor = key;
    this.select([key], on);
  }

  /** Selects the rows from the one that was selected last to this one, or takes them out. */
  selectTo(key: string, on: boolean): void {
    const { rows } = this.copy;
    const from = this.#anchor === undefined ? -1 : rows.indexOf(this.#anchor);
    const to = rows.indexOf(key);
    this.#anchor = key;
    const range = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    const keys = rows.shown.slice(range[0], (range[1] ?? to) + 1).map((row) => row.key);
    this.select(
      // Those that the caller may not set have no box.
      keys.filter((each) => this.limits.get(each)?.may.scale !== false),
      on,
    );
  }

  setBatchCount(text: string): void {
    this.batchCount = text;
    this.#draw();
  }

  planFor(count: number): void {
    const items = [...this.selected].flatMap((key) => {
      const row = this.copy.rows.get(key);
      if (row === undefined) return [];
      const { namespace, deployment } = row.state;
      return { cluster: row.cluster, namespace, deployment, replicas: count };
    });
    if (items.length > 0) this.plan({ kind: 'set', items });
  }

  plan(intent: Intent): void {
    this.#deselectDone();
    void this.plans.make(intent);
    this.open('plan');
  }

  open(dialog: Dialog): void {
    this.dialog = dialog;
    if (dialog === 'receipts') void this.receipts.read();
    this.#draw();
  }

  close(): void {
    if (this.dialog === 'plan') {
      this.#deselectDone();
      this.plans.close();
    }
    this.dialog = undefined;
    this.#draw();
  }

  /** The plan of a selection that is done ends it. A receipt that is restored or finished has no part in a selection. */
  #deselectDone(): void {
    const { view } = this.plans;
    if (view?.phase !== 'done' || view.intent.kind !== 'set') return;
    for (const { cluster = '', namespace, deployment } of view.intent.items) {
      this.selected.delete(keyOf(cluster, namespace, deployment));
    }
  }

  #arrange(): void {
    const filter = parseFilter(this.filter);
    const { selected } = this.selector;
    const several = this.copy.clusters.length > 1;
    this.#several = several;
    this.copy.rows.arrange(
      this.order,
      filter.kind === 'words'
        ? (row) => matchesWords(filter.words, row, several)
        : // Until the service has answered, nobody knows which rows these are: none is offered.
          ({ key }) => selected?.has(key) === true,
    );
    this.#draw();
  }
}

/** Why nothing can be done with a Deployment; undefined: its count can be set, as far as rails allow. */
function whyNot(limits: Limits | undefined): string | undefined {
  if (limits === undefined) return 'what you may do here is not known yet';
  return limits.may.scale ? undefined : 'you may not scale it';
}
