import { ApiError, isUnknown } from '../../client/api-error.ts';
import type { ScalerClient } from '../../client/scaler-client.ts';
import { type CountChange, countIn, type Draft, type Plan, refusalText, settable } from '../model/draft.ts';
import type { Update } from '../model/fleet-copy.ts';
import { keyOf, nameOf, type Row } from '../model/table-row.ts';
import {
  answered,
  asked,
  failed,
  observed,
  overridden,
  unknown,
  type WriteProgress,
  whoChanged,
} from '../model/write-progress.ts';

export interface CountsOptions {
  readonly client: Pick<ScalerClient, 'set'>;
  readonly rowOf: (key: string) => Row | undefined;
  /** Something is to be drawn. */
  readonly changed: () => void;
  /** Tells people, also those who hear the page. A row that is drawn shows it already. */
  readonly say: (text: string, key?: string) => void;
}

/** Steps in quick succession are planned together. */
const PLAN_AFTER_MS = 200;
const PLAN_DEADLINE_MS = 15_000;
const WRITE_DEADLINE_MS = 45_000;
/** How long a row shows that a write is done. */
const DONE_MS = 20_000;
/** How many writes can be undone. */
const UNDO_STEPS = 50;

/** Counts of single Deployments: drafts with their plans, writes with their progress, and drafts that undo them. */
export class Counts {
  readonly drafts = new Map<string, Draft>();
  readonly writes = new Map<string, WriteProgress>();
  readonly #options: CountsOptions;
  /** The dry runs that are under way or about to begin. */
  readonly #planning = new Map<string, AbortController>();
  /** What this tab has set and not taken back, the last one at the end. */
  readonly #done: CountChange[] = [];

  constructor(options: CountsOptions) {
    this.#options = options;
  }

  /** The count that the row would have. */
  countOf(row: Row): number {
    return countIn(this.drafts.get(row.key)?.text ?? '') ?? row.state.replicas;
  }

  /**
   * Drafts a count, as it is typed. The present count is not a draft.
   * @param undoes the change that it takes back, if it does
   */
  draft(row: Row, text: string, undoes?: CountChange): void {
    const { key } = row;
    if (countIn(text) === row.state.replicas) {
      this.drop(key);
      return;
    }
    if (this.writes.get(key)?.phase !== 'asked') this.writes.delete(key);
    const base = undoes?.to ?? row.state.replicas;
    const draft: Draft = { base, text, plan: { state: 'asking' }, undoes };
    this.drafts.set(key, draft);
    this.#plan(key);
    // Somebody may have set another count since the change that is to be taken back.
    this.#moveDraft(row, draft);
    this.#options.changed();
  }

  /** Forgets the draft or the end of a write. */
  drop(key: string): void {
    this.#planning.get(key)?.abort();
    this.#planning.delete(key);
    this.drafts.delete(key);
    if (this.writes.get(key)?.phase !== 'asked') this.writes.delete(key);
    this.#options.changed();
  }

  /** Sets what is drafted. @param force in spite of a plan that says that somebody will undo it */
  commit(row: Row, force = false): void {
    const draft = this.drafts.get(row.key);
    if (draft === undefined) return;
    if (this.#isAsked(row)) return;
    // Between a look and a key the count may change: what was decided for 3 is not set for 20.
    if (draft.moved !== undefined) {
      this.#options.say(`${nameOf(row)}: ${draft.moved}. Look at it, then set it again`);
      this.draft(row, draft.text);
      return;
    }
    const count = countIn(draft.text);
    const may = settable(draft);
    if (count === undefined || may === 'no' || (may === 'forced' && !force)) {
      this.#options.say(`${nameOf(row)}: ${whyNot(draft)}`);
      return;
    }
    this.drop(row.key);
    void this.#write(row, draft.base, count, { force, undoes: draft.undoes });
  }

  /** Sets again what was refused because somebody will undo it. */
  force(row: Row): void {
    const write = this.writes.get(row.key);
    if (write?.forcible) void this.#write(row, write.from, write.to, { force: true, undoes: undefined });
  }

  /** The last change, or the last one of a Deployment, if it can be taken back now. Otherwise it says why not. */
  toUndo(key?: string): { readonly row: Row; readonly change: CountChange } | undefined {
    const change = this.#lastOf(key);
    if (change === undefined) {
      this.#options.say('There is nothing to undo: this page has set no count');
      return undefined;
    }
    const row = this.#options.rowOf(change.key);
    if (row === undefined) {
      this.#forget(change);
      this.#options.say(`${change.key} cannot be undone: it is gone`);
      return undefined;
    }
    if (this.#isAsked(row)) return undefined;
    if (this.writes.get(row.key)?.phase === 'set') {
      this.#options.say(`${nameOf(row)}: wait until its row shows the count that was set`);
      return undefined;
    }
    if (row.state.replicas === change.from) {
      this.#forget(change);
      this.#options.say(`${nameOf(row)}: the count is ${change.from} again, there is nothing to undo`);
      return undefined;
    }
    return { row, change };
  }

  /** The count to which an undo of the Deployment would go back; undefined: there is nothing to undo. */
  countBefore(key: string): number | undefined {
    return this.#lastOf(key)?.from;
  }

  #lastOf(key?: string): CountChange | undefined {
    return this.#done.findLast((each) => key === undefined || each.key === key);
  }

  #forget(change: CountChange): void {
    const at = this.#done.indexOf(change);
    if (at >= 0) this.#done.splice(at, 1);
  }

  /** One write at a time: the answer to another would be told as that of this one. */
  #isAsked(row: Row): boolean {
    const isAsked = this.writes.get(row.key)?.phase === 'asked';
    if (isAsked) this.#options.say(`${nameOf(row)}: wait for the answer to what was asked before`);
    return isAsked;
  }

  /** Follows the rows that have a draft or a write. */
  observe(update: Update): void {
    if (update.kind === 'overridden') {
      const { cluster, namespace, deployment } = update.override;
      const key = keyOf(cluster, namespace, deployment);
      const write = this.writes.get(key);
      if (write !== undefined) this.#advance(key, overridden(write, update.override));
    } else if (update.kind === 'changed') {
      this.#observeRow(keyOf(update.cluster, update.state.namespace, update.state.deployment));
    } else if (update.kind === 'gone') {
      this.#observeRow(keyOf(update.cluster, update.namespace, update.deployment));
    } else if (update.kind === 'states') {
      for (const key of [...this.writes.keys(), ...this.drafts.keys()]) this.#observeRow(key);
    }
  }

  #observeRow(key: string): void {
    const row = this.#options.rowOf(key);
    const draft = this.drafts.get(key);
    const write = this.writes.get(key);
    if (row === undefined) {
      if (draft !== undefined || write !== undefined) {
        this.#options.say(`${key} is gone`);
        this.drop(key);
        this.writes.delete(key);
      }
      return;
    }
    if (draft !== undefined) this.#moveDraft(row, draft);
    if (write !== undefined) this.#advance(key, observed(write, row.state));
  }

  /** The draft was made for another count: it is planned again, and set only once somebody has seen that. */
  #moveDraft(row: Row, draft: Draft): void {
    const { replicas } = row.state;
    if (countIn(draft.text) === replicas) {
      this.drop(row.key);
      return;
    }
    const moved =
      replicas === draft.base ? undefined : `${whoChanged(row.state)} has set it to ${replicas} since`;
    if (moved === draft.moved) return;
    this.drafts.set(row.key, { ...draft, moved, plan: { state: 'asking' } });
    this.#plan(row.key);
    this.#options.changed();
  }

  #plan(key: string): void {
    this.#planning.get(key)?.abort();
    const planning = new AbortController();
    this.#planning.set(key, planning);
    setTimeout(() => {
      if (!planning.signal.aborted) void this.#askForPlan(key, planning.signal);
    }, PLAN_AFTER_MS);
  }

  async #askForPlan(key: string, signal: AbortSignal): Promise<void> {
    const draft = this.drafts.get(key);
    const row = this.#options.rowOf(key);
    const count = countIn(draft?.text ?? '');
    if (draft === undefined || row === undefined) return;
    const plan: Plan =
      count === undefined
        ? { state: 'refused', message: 'A count is a whole number from 0 to 2147483647', forcible: false }
        : await this.#planOf(row, count, AbortSignal.any([signal, AbortSignal.timeout(PLAN_DEADLINE_MS)]));
    if (signal.aborted) return;
    this.#planning.delete(key);
    this.drafts.set(key, { ...draft, plan });
    if (count !== undefined && plan.state === 'refused')
      this.#options.say(`${nameOf(row)}: ${plan.message}`, key);
    this.#options.changed();
  }

  async #planOf(row: Row, count: number, signal: AbortSignal): Promise<Plan> {
    try {
      const { forecast, warnings } = await this.#options.client.set(
        targetOf(row),
        count,
        { dryRun: true },
        signal,
      );
      return { state: 'possible', forecast, warnings };
    } catch (error) {
      if (!(error instanceof ApiError)) return { state: 'failed', message: 'The service does not answer' };
      const forcible = error.code === 'REPLICAS_MANAGED';
      const isFinal = forcible || error.status === 403 || error.status === 422 || error.status === 404;
      return isFinal
        ? { state: 'refused', message: refusalText(error.message), forcible }
        : { state: 'failed', message: error.message };
    }
  }

  async #write(
    row: Row,
    from: number,
    to: number,
    { force, undoes }: { readonly force: boolean; readonly undoes: CountChange | undefined },
  ): Promise<void> {
    const { key } = row;
    this.writes.set(key, asked(from, to));
    this.#options.changed();
    try {
      const written = await this.#options.client.set(
        targetOf(row),
        to,
        // What was looked at when it was decided. If the count is another by now, the decision is, too.
        { currentReplicas: from, force },
        AbortSignal.timeout(WRITE_DEADLINE_MS),
      );
      const write = answered(this.writes.get(key) ?? asked(from, to), written);
      if (undoes === undefined) this.#done.push({ key, from: write.from, to });
      else this.#forget(undoes);
      if (this.#done.length > UNDO_STEPS) this.#done.shift();
      const now = this.#options.rowOf(key);
      this.#advance(key, now === undefined ? write : observed(write, now.state));
    } catch (error) {
      const write = this.writes.get(key) ?? asked(from, to);
      this.#advance(
        key,
        isUnknown(error)
          ? unknown(write, errorText(error))
          : failed(write, failureText(error, from), isManaged(error)),
      );
    }
  }

  #advance(key: string, write: WriteProgress): void {
    const before = this.writes.get(key);
    this.writes.set(key, write);
    this.#options.changed();
    if (before?.phase === write.phase) return;
    const row = this.#options.rowOf(key);
    const text = progressText(write);
    if (row !== undefined && write.phase !== 'set' && write.phase !== 'seen') {
      this.#options.say(`${nameOf(row)}: ${text}`, key);
    }
    if (write.phase === 'ready') {
      setTimeout(() => {
        if (this.writes.get(key)?.phase !== 'ready') return;
        this.writes.delete(key);
        this.#options.changed();
      }, DONE_MS);
    }
  }
}

/** The way of a write in words. */
export function progressText({ from, to, phase, text }: WriteProgress): string {
  switch (phase) {
    case 'asked':
      return `setting ${from} → ${to}`;
    case 'set':
      return `set ${from} → ${to}, not seen yet`;
    case 'seen':
      return `set ${from} → ${to}, ${text}`;
    case 'ready':
      return `set ${from} → ${to}, all ready`;
    case 'stuck':
      return `set ${from} → ${to}, but it is stuck: ${text}`;
    case 'undone':
      return `set ${from} → ${to}, but ${text}`;
    case 'unknown':
      return `perhaps set to ${to}: ${text}. Look at the count before you try again`;
    case 'failed':
      return `not set to ${to}: ${text}`;
  }
}

function targetOf({ cluster, state: { namespace, deployment } }: Row) {
  return { cluster, namespace, deployment };
}

function whyNot({ plan }: Draft): string {
  if (plan.state === 'refused') return plan.message;
  return 'type a whole number that is not the present count';
}

function isManaged(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'REPLICAS_MANAGED';
}

function errorText(error: unknown): string {
  return error instanceof ApiError ? refusalText(error.message) : 'the service does not answer';
}

function failureText(error: unknown, from: number): string {
  if (error instanceof ApiError && error.code === 'PRECONDITION_FAILED') {
    return `the count was not ${from} any longer: look at it, then decide again`;
  }
  return errorText(error);
}
