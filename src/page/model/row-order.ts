import type { Row } from './table-row.ts';

/** What the rows can be sorted by. */
export type Column = 'name' | 'count' | 'ready' | 'phase' | 'owner' | 'change';

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

export const BY_NAME: Order = { column: 'name', descending: false };

type Compare = (a: Row, b: Row) => number;

/** What needs attention comes first. */
const PHASES = { stuck: 0, progressing: 1, stable: 2 } as const;

const COMPARE: Readonly<Record<Column, Compare>> = {
  name: () => 0,
  count: (a, b) => a.state.replicas - b.state.replicas,
  ready: (a, b) => readiness(a) - readiness(b),
  phase: (a, b) => PHASES[a.state.phase] - PHASES[b.state.phase],
  owner: (a, b) => compareText(ownerOf(a), ownerOf(b)),
  // The newest first: that is what the column is sorted by for.
  change: (a, b) => compareText(changedAt(b), changedAt(a)),
};

/** A total order: no two rows are equal, so that a row is found again by binary search. */
export function compareBy({ column, descending }: Order): Compare {
  const compare = COMPARE[column];
  const sign = descending ? -1 : 1;
  return (a, b) => sign * (compare(a, b) || compareText(a.key, b.key));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The share of replicas that are ready. A Deployment without replicas lacks none. */
function readiness({ state }: Row): number {
  return state.replicas === 0 ? 1 : state.ready / state.replicas;
}

/** Rows without an owner come last. */
function ownerOf({ state }: Row): string {
  return state.owners[0]?.kind ?? '\u{10ffff}';
}

function changedAt({ state }: Row): string {
  return state.lastChange?.at ?? '';
}
