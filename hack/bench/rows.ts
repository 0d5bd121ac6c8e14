/** What a figure should be: compared with bare node:https in the same round, or by itself. */
export type Target = { readonly of: 'ratio' | 'figure' } & (
  | { readonly atMost: number }
  | { readonly atLeast: number }
);

/** A row of the report. */
export interface Row {
  readonly title: string;
  readonly unit: 'us' | 'ms' | 's' | 'B' | 'MB' | '/s' | 'x' | '%';
  readonly target?: Target;
}

/** How many Deployments a cluster has where nothing else is said. */
export const DEPLOYMENTS = 10_000;
/** How many HPAs it has where it has any. */
export const AUTOSCALERS = 1_000;
/** How many changes a second the API server makes where it makes any. */
export const CHANGES_PER_SECOND = 1_000;
/** How many streams are read at a time, and how many changes a second all of them get. */
export const STREAM_READERS = 1_000;
export const STREAM_CHANGES_PER_SECOND = 100;

const ratioAtMost = (atMost: number): Target => ({ of: 'ratio', atMost });
const atMost = (most: number): Target => ({ of: 'figure', atMost: most });

/** The rows of a start with this many Deployments. */
function startRows<Size extends number>(
  size: Size,
  targets: Partial<Record<'start' | 'ready' | 'peak', Target>>,
): Record<`${'start' | 'cpu' | 'api' | 'ready' | 'collected' | 'peak'}-${Size}`, Row>;
function startRows(
  size: number,
  { start, ready, peak }: Partial<Record<'start' | 'ready' | 'peak', Target>>,
): Record<string, Row> {
  const row = (title: string, unit: Row['unit'], target?: Target): Row => {
    const full = { title: `${title}, ${size.toLocaleString('en')}`, unit };
    return target === undefined ? full : { ...full, target };
  };
  return {
    [`start-${size}`]: row('Start to ready', 's', start),
    [`cpu-${size}`]: row('Processor time until ready', 's'),
    [`api-${size}`]: row('The same list read and thrown away', 's'),
    [`ready-${size}`]: row('Memory a second after it is ready', 'MB', ready),
    [`collected-${size}`]: row('Memory after a collection', 'MB'),
    [`peak-${size}`]: row('Memory at its peak', 'MB', peak),
  };
}

/** The rows of each line that ONLY names, with what is to be reached as shipped. */
export const LINES = {
  count: { count: { title: 'One count', unit: 'us', target: ratioAtMost(1.3) } },
  'list-100': { 'list-100': { title: 'List of 100', unit: 'us', target: ratioAtMost(1.5) } },
  'list-10000': { 'list-10000': { title: 'List of 10,000', unit: 'us', target: ratioAtMost(1) } },
  'selected-100': { 'selected-100': { title: 'List of 100 of 10,000, by a label', unit: 'us' } },
  'selected-10000': { 'selected-10000': { title: 'List of 10,000 of 10,000, by a label', unit: 'us' } },
  'states-100': { 'states-100': { title: 'States of 100', unit: 'us' } },
  'states-10000': { 'states-10000': { title: 'States of 10,000', unit: 'us' } },
  health: { health: { title: 'Health', unit: 'us', target: ratioAtMost(1.3) } },
  // Without a target: the service slows a client down that is refused more than 100 times a second.
  'not-found': { 'not-found': { title: 'Not found', unit: 'us' } },
  'connections-1': {
    'connections-1': { title: 'One count, 1 connection', unit: 'us', target: ratioAtMost(1.3) },
  },
  'connections-256': {
    'connections-256': { title: 'One count, 256 connections', unit: 'us', target: ratioAtMost(1.3) },
  },
  handshakes: {
    handshakes: {
      title: 'Handshakes/s of a core (more is better)',
      unit: '/s',
      target: { of: 'ratio', atLeast: 1 },
    },
  },
  mixed: {
    mixed: { title: 'Mixed reads at 1,000 changes/s', unit: 'us' },
    'mixed-p99': { title: 'Their p99 over that without changes', unit: 'x', target: atMost(1.2) },
  },
  'event-loop': {
    'event-loop': { title: 'Event-loop delay at full load, p99', unit: 'ms', target: atMost(20) },
  },
  writes: {
    writes: { title: 'Write, time added to that of the API server', unit: 'ms' },
    'writes-ratio': { title: 'Write, time over that of the API server', unit: 'x' },
  },
  visible: {
    'visible-p50': { title: 'Change to visible, p50', unit: 'ms' },
    'visible-p99': { title: 'Change to visible, p99', unit: 'ms', target: atMost(5) },
    'visible-busy-p50': { title: 'The same at 1,000 changes/s, p50', unit: 'ms' },
    'visible-busy-p99': { title: 'The same at 1,000 changes/s, p99', unit: 'ms', target: atMost(5) },
  },
  streams: {
    'streams-cpu': { title: '1,000 streams at 100 changes/s, of a core', unit: '%' },
    'streams-p50': { title: 'Change to their readers, p50', unit: 'ms' },
    'streams-p99': { title: 'Change to their readers, p99', unit: 'ms' },
  },
  'start-1000': startRows(1_000, {}),
  'start-10000': startRows(10_000, { start: atMost(1.2), ready: atMost(110), peak: atMost(130) }),
  // Ten times as long as for 10,000: the time grows linearly.
  'start-100000': startRows(100_000, { start: atMost(12), ready: atMost(300), peak: atMost(300) }),
  // Lists and counts alone took 281; states, forecasts and selectors may take 500 more.
  memory: { memory: { title: 'Memory per Deployment', unit: 'B', target: atMost(781) } },
  autoscalers: {
    'autoscalers-memory': { title: 'Memory of 1,000 HPAs', unit: 'MB' },
    'autoscalers-count': { title: 'One count with 1,000 HPAs', unit: 'us' },
    'autoscalers-ratio': { title: 'The same over that without HPAs', unit: 'x' },
  },
  'first-list': {
    'first-list': { title: 'First `scaler list`, 100, from a new process', unit: 'ms', target: atMost(300) },
    'first-list-ratio': { title: 'The same over `node -e 0`', unit: 'x' },
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
  return LINE_NAMES.filter((name) => names.length === 0 || names.includes(name));
}
