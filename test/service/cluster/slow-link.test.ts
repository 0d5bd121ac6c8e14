import { describe, expect, it, onTestFinished } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.ts';
import type { ReflectorTiming } from '../../../src/kube/reflector/reflector.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { folder } from '../../support/kube/clients.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { until } from '../../support/until.ts';

const DEPLOYMENTS = 200;
/** Long enough that even on a busy machine two pieces are never this far apart. */
const SILENCE_MS = 2_000;
/** At this pace each page takes longer than SILENCE_MS, and the initial events take several times as long. */
const DRIP = { type: 'drip', bytes: 1_000, everyMs: 100 } as const;
const TIMING: ReflectorTiming = {
  pageSilenceMs: SILENCE_MS,
  initialEventsMs: { silence: SILENCE_MS, whole: 30_000 },
  pagesMs: 3_600_000,
  silenceMs: { least: 60_000, most: 60_000 },
  optionalRetryMs: { least: 45_000, most: 75_000 },
  refusalMs: 10_000,
};

/** A cluster that has not been started, and its API server. */
async function scene(timing: Partial<ReflectorTiming> = {}) {
  const demo = await FakeApiServer.start({ deployments: DEPLOYMENTS });
  const cluster = new Cluster({
    name: 'far',
    namespaces: [],
    authorization: 'AlwaysAllow',
    autoscalers: { horizontalPodAutoscalers: false, scaledObjects: false },
    onConflict: 'refuse-certain',
    journalBytes: 2 ** 20,
    log: new RecordingLogger(),
    kubeconfig: folder().write('kubeconfig', demo.kubeconfig),
    timing: { reflector: { ...TIMING, ...timing } },
  });
  onTestFinished(async () => {
    await cluster.stop();
    await demo.stop();
  });
  const synced = async () => {
    const startedAt = performance.now();
    cluster.start();
    await until(() => cluster.synced);
    expect(cluster.objects).toBe(DEPLOYMENTS);
    return { tookMs: performance.now() - startedAt, stats: cluster.mirrors[0]?.stats };
  };
  return { demo, synced };
}

describe('a cluster over a slow link', () => {
  it('syncs by initial events that take several times the deadline for silence', async () => {
    const { demo, synced } = await scene();
    demo.faults.add({ on: 'any', fault: DRIP });
    const { tookMs, stats } = await synced();
    expect(tookMs).toBeGreaterThan(2 * SILENCE_MS);
    expect(stats).toMatchObject({ lists: 1, watches: 1, failures: 0 });
    expect(demo.requests.count('list')).toBe(0);
  });

  it('syncs by pages that take longer than the deadline for silence each', async () => {
    const { demo, synced } = await scene();
    demo.initialEvents = 'refused';
    demo.faults.add({ on: 'any', fault: DRIP });
    const { tookMs, stats } = await synced();
    expect(tookMs).toBeGreaterThan(2 * SILENCE_MS);
    expect(stats).toMatchObject({ lists: 1, failures: 0 });
    expect(demo.requests.count('list')).toBe(2);
  });

  it('switches to pages if the initial events would take too long', async () => {
    const { demo, synced } = await scene({ initialEventsMs: { silence: SILENCE_MS, whole: 500 } });
    demo.faults.add({ on: 'watch', fault: DRIP });
    expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
    expect(demo.requests.count('list')).toBe(2);
  });
});

describe('a link that goes dead during a list', () => {
  const dead = { type: 'cut', how: 'silence', afterBytes: 5_000 } as const;

  it('ends the initial events, and pages replace them at once', async () => {
    const { demo, synced } = await scene();
    demo.faults.add({ on: 'watch', fault: dead, times: 1 });
    expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
    expect(demo.requests.count('list')).toBe(2);
  });

  it('ends a page, and the list is tried again after a wait', async () => {
    const { demo, synced } = await scene();
    demo.initialEvents = 'refused';
    demo.faults.add({ on: 'list', fault: dead, times: 1 });
    expect((await synced()).stats).toMatchObject({ lists: 2, failures: 1 });
  });
});

describe('an API server without initial events', () => {
  it.each(['refused', 'ignored'] as const)(
    'is mirrored by pages: its parameters are %s',
    async (how) => {
      const { demo, synced } = await scene();
      demo.initialEvents = how;
      expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
      expect(demo.requests.count('list')).toBe(2);
      await until(() => demo.openWatches === 1);
    },
    30_000,
  );
});
