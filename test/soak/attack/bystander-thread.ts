import { parentPort, workerData } from 'node:worker_threads';
import { Client, Pool } from 'undici';
import {
  type BystanderDuties,
  type BystanderMessage,
  type BystanderOrder,
  type BystanderResult,
  NO_DUTIES,
} from './bystander.ts';
import { placeIn } from './scenery.ts';

/** Milliseconds between two requests of the same kind. */
const PERIODS = {
  counts: 20,
  listsOfNamespace: 200,
  lists: 1_000,
  fresh: 200,
  writes: 1_000,
  newConnections: 1_000,
} satisfies Record<keyof BystanderDuties, number>;
/** Connections for counts. With these, counts wait for each other only if an answer takes longer than 160 ms. */
const COUNT_CONNECTIONS = 8;
/** A request without an answer for this time is lost. */
const TIMEOUT_MS = 10_000;
const MAX_KEPT = 20;

const { port, tls, localAddress, duties }: BystanderOrder = workerData;

let held: BystanderDuties = duties;
let requests = 0;
let lost = 0;
let reasons: string[] = [];
let countTimes: number[] = [];
let fresh = 0;
const running = new Set<Promise<void>>();

const origin = `https://127.0.0.1:${port}`;
const options = {
  connect: { ...tls, servername: 'localhost', timeout: TIMEOUT_MS },
  localAddress,
  headersTimeout: TIMEOUT_MS,
  bodyTimeout: TIMEOUT_MS,
};
/** Kept connections per kind, so that no kind waits for another. */
const kept = {
  counts: new Pool(origin, { ...options, connections: COUNT_CONNECTIONS }),
  listsOfNamespace: connect(),
  lists: connect(),
  fresh: connect(),
  writes: connect(),
};
const own = '/replica-count?namespace=own&deployment=bystander';

const actions = {
  counts: () => ask(kept.counts, 'GET', own, true),
  listsOfNamespace: () => ask(kept.listsOfNamespace, 'GET', '/deployments?namespace=own'),
  lists: () => ask(kept.lists, 'GET', '/deployments'),
  // A new namespace costs an access review, and maxAge=0 costs a read from the API server.
  fresh: () => {
    const { namespace, deployment } = placeIn(fresh++);
    return ask(kept.fresh, 'GET', `/replica-count?namespace=${namespace}&deployment=${deployment}&maxAge=0`);
  },
  writes: () => ask(kept.writes, 'POST', own),
  newConnections: async () => {
    const client = connect();
    await ask(client, 'GET', own);
    await client.destroy();
  },
} satisfies Record<keyof BystanderDuties, () => Promise<void>>;

const busy = new Set<keyof BystanderDuties>();
for (const kind of ['counts', 'listsOfNamespace', 'lists', 'fresh', 'writes', 'newConnections'] as const) {
  setInterval(async () => {
    // Counts are sent on time even while earlier ones wait, so the p99 includes the time in the queue.
    if (!held[kind] || (kind !== 'counts' && busy.has(kind))) return;
    busy.add(kind);
    const action = actions[kind]();
    running.add(action);
    await action;
    running.delete(action);
    busy.delete(kind);
  }, PERIODS[kind]);
}

parentPort?.on('message', async (message: BystanderMessage) => {
  if (typeof message !== 'string') {
    held = { ...held, ...message.duties };
    return;
  }
  if (message === 'end') {
    held = NO_DUTIES;
    await Promise.all(running);
  }
  const sorted = countTimes.sort((a, b) => a - b);
  const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1];
  const result: BystanderResult = { requests, lost, reasons, p99Ms };
  requests = 0;
  lost = 0;
  reasons = [];
  countTimes = [];
  parentPort?.postMessage(result);
});

function connect(): Client {
  return new Client(origin, options);
}

async function ask(
  client: Client | Pool,
  method: 'GET' | 'POST',
  path: string,
  timed = false,
): Promise<void> {
  const startedAt = performance.now();
  const write = {
    headers: { 'content-type': 'application/json' },
    body: `{"replicas":${requests % 10}}`,
  };
  let failure: string | undefined;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { statusCode, body } = await client.request({
      method,
      path,
      signal,
      ...(method === 'POST' ? write : {}),
    });
    const text = await body.text();
    if (statusCode !== 200) failure = `${statusCode} ${text.slice(0, 100)}`;
  } catch (error) {
    failure = String(error);
  }
  requests += 1;
  if (timed) countTimes.push(performance.now() - startedAt);
  if (failure === undefined) return;
  lost += 1;
  const [begun, ended] = [startedAt, performance.now()].map((time) => (time / 1000).toFixed(1));
  if (reasons.length < MAX_KEPT) reasons.push(`${method} ${path}: ${failure}, from ${begun} to ${ended} s`);
}
