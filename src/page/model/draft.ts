import { MAX_COUNT } from './count-limits.ts';

/** What would become of a count, as a dry run says. */
export type Plan =
  | { readonly state: 'asking' }
  | { readonly state: 'possible'; readonly forecast: string; readonly warnings: readonly string[] }
  /** @property forcible whether it can be set in spite of that */
  | { readonly state: 'refused'; readonly message: string; readonly forcible: boolean }
  /** It could not be found out. */
  | { readonly state: 'failed'; readonly message: string };

/** A count that this tab has set. */
export interface CountChange {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** A count that somebody is about to set. */
export interface Draft {
  /** The count that was shown when it was drafted. It is set only while this is the count. */
  readonly base: number;
  /** Who has set another count since, and which: somebody has to look at it before anything is set. */
  readonly moved?: string | undefined;
  /** As it was typed. */
  readonly text: string;
  readonly plan: Plan;
  /** What it takes back. Once it is set, the undo after it takes back the change before that one. */
  readonly undoes?: CountChange | undefined;
}

/** The count that is drafted; undefined if the text is none. */
export function countIn(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^\d{1,10}$/.test(trimmed)) return undefined;
  const count = Number(trimmed);
  return count > MAX_COUNT ? undefined : count;
}

/** Whether it may be set: as it is, or only in spite of what the plan says. */
export function settable({ base, text, plan }: Draft): 'yes' | 'forced' | 'no' {
  const count = countIn(text);
  if (count === undefined || count === base) return 'no';
  if (plan.state === 'refused') return plan.forcible ? 'forced' : 'no';
  // A plan that is late or failed keeps nobody from writing: the service decides again.
  return 'yes';
}

/** The message of a refusal, without the sentence that tells programs how to force it: the page has a button. */
export function refusalText(message: string): string {
  return message
    .replace(/^Nothing was changed, because /, '')
    .replace(/\. To set it in spite of that, send force=true\.?$/, '')
    .replace(/^./, (first) => first.toUpperCase());
}
