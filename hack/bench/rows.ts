/** What a figure should be: compared with bare node:https in the same round, or by itself. */
export type Target = { readonly of: 'ratio' | 'figure' } & (
  | { readonly atMost: number }
  | { readonly atLeast: number }
);

/** A row of the report. */
export interface Row {
  readonly title: string;
  readonly unit: 'us' | 'ms' | 's' | 'MB' | '/s' | 'x';
  readonly target?: Target;
}

const ratioAtMost = (atMost: number): Target => ({ of: 'ratio', atMost });

/** The rows of each line that ONLY names, with what is to be reached as shipped. */
export const LINES = {
  count: { count: { title: 'One count', unit: 'us', target: ratioAtMost(1.3) } },
  'list-100': { 'list-100': { title: 'List of 100', unit: 'us', target: ratioAtMost(1.5) } },
  'list-10000': { 'list-10000': { title: 'List of 10,000', unit: 'us', target: ratioAtMost(1) } },
  health: { health: { title: 'Health', unit: 'us', target: ratioAtMost(1.3) } },
  'not-found': { 'not-found': { title: 'Not found', unit: 'us', target: ratioAtMost(1.3) } },
  'connections-1': {
    'connections-1': { title: 'One count, 1 connection', unit: 'us', target: ratioAtMost(1.3) },
  },
  'connections-256': {
    'connections-256': { title: 'One count, 256 connections', unit: 'us', target: ratioAtMost(1.3) },
  },
  handshakes: {
    handshakes: { title: 'New connections with one count', unit: '/s', target: { of: 'ratio', atLeast: 1 } },
  },
  isolation: {
    'isolation-reads': { title: 'Reads while another cluster fails, p99 over before', unit: 'x' },
    'isolation-writes': { title: 'Writes while another cluster fails, p99 over before', unit: 'x' },
  },
  blocking: {
    blocking: { title: 'Longest block while a cache takes in 10,000', unit: 'ms' },
    'blocking-ratio': { title: 'The same over parsing the list at once', unit: 'x' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Row>>>>;

export type LineName = keyof typeof LINES;

export const LINE_NAMES: readonly LineName[] = Object.keys(LINES).filter(isLineName);

function isLineName(name: string): name is LineName {
  return name in LINES;
}

/**
 * The lines in a list such as `count,health`. All of them if it is empty.
 * @throws Error if a name is unknown
 */
export function linesIn(list: string): readonly LineName[] {
  const names = list.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !isLineName(name));
  if (unknown.length > 0) {
    throw new Error(`ONLY names ${unknown.join(', ')}; the lines are ${LINE_NAMES.join(', ')}`);
  }
  return names.length === 0 ? LINE_NAMES : names.filter(isLineName);
}
