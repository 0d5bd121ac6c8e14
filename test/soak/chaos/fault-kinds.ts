import { setTimeout as wait } from 'node:timers/promises';
import type { Ending, Fault, FaultRule } from '../../support/fake-apiserver/faults.ts';
import { ACTIONS } from './actions.ts';
import type { FaultKind, RuleKind, Site } from './fault-kind.ts';
import type { Random } from './random.ts';

/** One watch for all namespaces, and one for each of two namespaces. */
const WATCHES = 3;
const ENDINGS: readonly Ending[] = ['close', 'reset', 'silence', 'end'];
const REFUSALS = [401, 403, 410, 429, 500, 503, 504] as const;
const BROKEN_LINES = [
  'garbage',
  '{"type":"MODIFIED","object":{"kind":"Deployment","metadata":{"na',
  '{"type":"SURPRISE","object":{}}',
  '{"type":"ADDED","object":{"metadata":{"name":"half"}}}',
  '[]',
  'null',
  '\u0000\ufffd\u0000',
];

function late(random: Random, leastMs: number, mostMs: number): Fault {
  const ms = random.between(leastMs, mostMs);
  return { type: 'call', action: () => wait(ms) };
}

function onWatch(name: string, fault: (random: Random) => Fault): RuleKind {
  return {
    name: `watch: ${name}`,
    strikes: 'watch',
    rule: (random) => ({ on: 'watch', fault: fault(random), times: 1 }),
    lingers: /silence/.test(name),
  };
}

function onList(name: string, fault: (random: Random, site: Site) => Fault, more: Partial<FaultRule> = {}) {
  const rule: RuleKind['rule'] = (random, site) => ({
    on: 'list',
    fault: fault(random, site),
    times: 1,
    ...more,
  });
  return { name: `list: ${name}`, strikes: 'list', rule } as const;
}

/** Each watch of a scene. */
function onEveryWatch(name: string, fault: (random: Random) => Fault, misleads?: RuleKind['misleads']) {
  const rule: RuleKind['rule'] = (random) => ({ on: 'watch', fault: fault(random), times: WATCHES });
  return {
    name: `watch: ${name}`,
    strikes: 'watch',
    rule,
    ...(misleads && { misleads, lingers: true }),
  } as const;
}

function refusals(on: 'watch' | 'list'): RuleKind[] {
  return REFUSALS.map((code) => ({
    name: `${on}: ${code}`,
    strikes: on,
    rule: (random) => ({
      on,
      times: random.between(1, 2),
      fault: {
        type: 'status',
        code,
        ...(code === 429 || random.chance(0.2) ? { retryAfterSeconds: 1 } : {}),
      },
    }),
  }));
}

const events = (random: Random) => random.between(0, 5);

const WATCH: readonly RuleKind[] = [
  ...refusals('watch'),
  ...ENDINGS.slice(0, 3).map((how) => onWatch(`${how} without an answer`, () => ({ type: 'cut', how }))),
  onWatch('ends at once', () => ({ type: 'cut', how: 'end', afterEvents: 0 })),
  ...ENDINGS.map((how) =>
    onWatch(`${how} after events`, (random) => ({ type: 'cut', how, afterEvents: events(random) })),
  ),
  ...ENDINGS.map((how) =>
    onWatch(`${how} within a line`, (random) => ({
      type: 'cut',
      how,
      afterEvents: events(random),
      midLine: true,
    })),
  ),
  ...([410, 500, 504] as const).map((code) =>
    onWatch(`ERROR ${code}`, (random) => ({ type: 'errorEvent', code, afterEvents: events(random) })),
  ),
  onWatch('a broken line', (random) => ({
    type: 'line',
    text: random.pick(BROKEN_LINES),
    afterEvents: events(random),
  })),
  onWatch('resourceVersion too large', () => ({ type: 'tooLargeResourceVersion' })),
  onEveryWatch('duplicate events', () => ({ type: 'duplicateEvents' })),
  onEveryWatch('events out of order', () => ({ type: 'swapEvents' }), 'disordered'),
  onEveryWatch(
    'slow drip',
    (random) => ({ type: 'drip', bytes: random.between(100, 1_500), everyMs: random.between(1, 15) }),
    'late',
  ),
  onWatch('answers late', (random) => late(random, 100, 1_000)),
];

const LIST: readonly RuleKind[] = [
  ...refusals('list'),
  ...ENDINGS.slice(0, 3).map((how) => onList(`${how} without an answer`, () => ({ type: 'cut', how }))),
  ...ENDINGS.map((how) =>
    onList(`${how} in the middle`, (random) => ({
      type: 'cut',
      how,
      afterBytes: random.between(1, 500_000),
    })),
  ),
  // A page is some 40 kB when it is compressed.
  onList('slow drip', (random) => ({ type: 'drip', bytes: random.between(500, 10_000), everyMs: 10 }), {
    times: WATCHES,
  }),
  onList('later page late', (random) => late(random, 1_200, 2_000), { laterPages: true }),
  onList('resourceVersion too large', () => ({ type: 'tooLargeResourceVersion' })),
  onList('expired continue token', () => ({ type: 'expiredContinue' }), { laterPages: true }),
  onList('compacted between pages', (_, { demo }) => ({ type: 'call', action: () => demo.compact() }), {
    laterPages: true,
  }),
  onList(
    'recreated between pages',
    (random, site) => {
      const own = random.fork();
      return { type: 'call', action: () => site.recreateSome(own) };
    },
    { laterPages: true },
  ),
];

const ON_REQUESTS: readonly Fault[] = [
  { type: 'status', code: 409 },
  { type: 'status', code: 429, retryAfterSeconds: 1 },
  { type: 'status', code: 500 },
  { type: 'status', code: 503 },
  { type: 'drop', when: 'before' },
  { type: 'drop', when: 'after' },
  { type: 'cut', how: 'close', afterBytes: 20 },
];

const WRITE_AND_READ: readonly RuleKind[] = [
  {
    name: 'write',
    strikes: 'write',
    rule: (random) => ({ on: 'patchScale', times: 1, fault: random.pick(ON_REQUESTS) }),
  },
  {
    name: 'direct read',
    strikes: 'read',
    rule: (random) => ({ on: 'get', times: 1, fault: random.pick(ON_REQUESTS) }),
  },
];

/** All kinds except two that Walk makes at quiet points: an emptied etcd, and bookmarks without events. */
export const FAULT_KINDS: readonly FaultKind[] = [...WATCH, ...LIST, ...WRITE_AND_READ, ...ACTIONS];
