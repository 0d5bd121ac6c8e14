import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeploymentCache } from '../../../src/cluster/cache/deployment-cache.ts';
import { reduceDeployment } from '../../../src/cluster/deployment.ts';
import { deploymentsPath } from '../../../src/cluster/paths.ts';
import type { KubeApi, KubeStream } from '../../../src/kube/client/kube-client.ts';
import { Informer } from '../../../src/kube/reflector/informer.ts';
import { INITIAL_EVENTS_QUERY } from '../../../src/kube/reflector/initial-events.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { clientOf } from '../../support/kube/clients.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { until } from '../../support/until.ts';

const DEPLOYMENTS = 10_000;
/** By the clock of these tests. A turn of the event loop has 3 ms for events: time for 30 Deployments. */
const MS_PER_DEPLOYMENT = 0.1;
const MAX_EVENTS = 30;
const MAX_PAGE = 100;

let demo: FakeApiServer;
/** How many Deployments each turn of the event loop has taken in. */
let turns: number[];
let movedMs: number;

beforeAll(async () => {
  demo = await FakeApiServer.start({ deployments: DEPLOYMENTS });
});
afterAll(() => demo?.stop());
beforeEach(() => {
  turns = [];
  movedMs = 0;
  const now = performance.now.bind(performance);
  // Real time can only end the time of a turn sooner: the bounds hold however busy the machine is.
  vi.spyOn(performance, 'now').mockImplementation(() => now() + movedMs);
});
afterEach(() => void vi.restoreAllMocks());

const newClient = () => clientOf(demo.url, demo.ca, { user: { token: demo.token } });

/** Fills a cache. */
async function fill(api: KubeApi): Promise<void> {
  const cache = new DeploymentCache();
  const informer = new Informer({
    api,
    path: deploymentsPath(undefined),
    reduce: counted(),
    store: cache.scope(undefined),
    log: new RecordingLogger(),
  });
  onTestFinished(() => informer.stop());
  informer.start();
  await until(() => informer.reflector.synced);
  expect(cache.size).toBe(DEPLOYMENTS);
  expect(turns.reduce((sum, count) => sum + count)).toBe(DEPLOYMENTS);
}

/** The reduction of Deployments, which also counts them by turns and moves the clock. */
function counted(): typeof reduceDeployment {
  let isNewTurn = true;
  return (object) => {
    if (isNewTurn) {
      isNewTurn = false;
      turns.push(0);
      setImmediate(() => {
        isNewTurn = true;
      });
    }
    turns.push((turns.pop() ?? 0) + 1);
    movedMs += MS_PER_DEPLOYMENT;
    return reduceDeployment(object);
  };
}

/** The bytes of a watch up to the end of its initial events. */
async function bytesOfInitialEvents(): Promise<readonly Buffer[]> {
  const query = { ...INITIAL_EVENTS_QUERY, watch: true, allowWatchBookmarks: true };
  const stream = await newClient().watch({ path: deploymentsPath(undefined), query, deadlineMs: 20_000 });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (chunk.includes('"k8s.io/initial-events-end"')) break;
  }
  return chunks;
}

/** A watch whose bytes have all arrived. It stays open. */
async function* arrived(chunks: readonly Buffer[], signal: AbortSignal | undefined): KubeStream {
  yield* chunks;
  if (signal?.aborted === false) await once(signal, 'abort');
}

describe('a turn of the event loop takes in', { timeout: 120_000 }, () => {
  it('no more of 10,000 initial events than it has time for, even if all their bytes have arrived', async () => {
    const chunks = await bytesOfInitialEvents();
    const client = newClient();
    await fill({
      call: (request) => client.call(request),
      reloadCredentials: () => client.reloadCredentials(),
      watch: async ({ signal }) => arrived(chunks, signal),
    });
    // The time begins when the first event has been parsed, and the last event uses it up.
    expect(Math.max(...turns)).toBeLessThanOrEqual(MAX_EVENTS + 1);
  });

  it('at most one page of a list of 10,000 Deployments, which holds 100', async () => {
    demo.initialEvents = 'refused';
    await fill(newClient());
    expect(Math.max(...turns)).toBe(MAX_PAGE);
    expect(demo.requests.count('list')).toBe(DEPLOYMENTS / MAX_PAGE);
  });
});
