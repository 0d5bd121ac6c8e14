import { describe, expect, it } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.ts';
import type { ReflectorTiming } from '../../../src/kube/reflector/reflector.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { folder } from '../../support/kube/clients.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { RARE_PROBES } from '../../support/service.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

const DEPLOYMENTS = 200;
/** Two pieces are this far apart only if this process pauses for almost as long. */
const SILENCE_MS = 2_000;
const PAUSE_MS = SILENCE_MS / 2;
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

interface Scene {
  readonly demo: FakeApiServer;
  /** Starts the cluster, and resolves once it is synced. */
  readonly synced: () => Promise<{ tookMs: number; stats: unknown }>;
}

/** Plays with a cluster that has not been started, and its API server. */
function scene(play: (scene: Scene) => Promise<void>, timing: Partial<ReflectorTiming> = {}): Promise<void> {
  return undisturbed(PAUSE_MS, async () => {
    const demo = await FakeApiServer.start({ deployments: DEPLOYMENTS });
    const cluster = new Cluster({
      name: 'far',
      namespaces: [],
      authorization: 'AlwaysAllow',
      autoscalers: { horizontalPodAutoscalers: false, scaledObjects: false },
      onConflict: 'refuse-certain',
      rails: { current: [] },
      journalBytes: 2 ** 20,
      log: new RecordingLogger(),
      kubeconfig: folder().write('kubeconfig', demo.kubeconfig),
      timing: { reflector: { ...TIMING, ...timing }, health: RARE_PROBES },
    });
    const synced = async () => {
      const startedAt = performance.now();
      cluster.start();
      await until(() => cluster.synced);
      expect(cluster.objects).toBe(DEPLOYMENTS);
      return { tookMs: performance.now() - startedAt, stats: cluster.mirrors[0]?.stats };
    };
    try {
      await play({ demo, synced });
    } finally {
      await cluster.stop();
      await demo.stop();
    }
  });
}

describe('a cluster over a slow link', { timeout: 300_000 }, () => {
  it('syncs by initial events that take several times the deadline for silence', () =>
    scene(async ({ demo, synced }) => {
      demo.faults.add({ on: 'any', fault: DRIP });
      const { tookMs, stats } = await synced();
      expect(tookMs).toBeGreaterThan(2 * SILENCE_MS);
      expect(stats).toMatchObject({ lists: 1, watches: 1, failures: 0 });
      expect(demo.requests.count('list')).toBe(0);
    }));

  it('syncs by pages that take longer than the deadline for silence each', () =>
    scene(async ({ demo, synced }) => {
      demo.initialEvents = 'refused';
      demo.faults.add({ on: 'any', fault: DRIP });
      const { tookMs, stats } = await synced();
      expect(tookMs).toBeGreaterThan(2 * SILENCE_MS);
      expect(stats).toMatchObject({ lists: 1, failures: 0 });
      expect(demo.requests.count('list')).toBe(2);
    }));

  it('switches to pages if the initial events would take too long', () =>
    scene(
      async ({ demo, synced }) => {
        demo.faults.add({ on: 'watch', fault: DRIP });
        expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
        expect(demo.requests.count('list')).toBe(2);
      },
      { initialEventsMs: { silence: SILENCE_MS, whole: 500 } },
    ));
});

describe('a link that goes dead during a list', () => {
  const dead = { type: 'cut', how: 'silence', afterBytes: 5_000 } as const;

  it('ends the initial events, and pages replace them at once', () =>
    scene(async ({ demo, synced }) => {
      demo.faults.add({ on: 'watch', fault: dead, times: 1 });
      expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
      expect(demo.requests.count('list')).toBe(2);
    }));

  it('ends a page, and the list is tried again after a wait', () =>
    scene(async ({ demo, synced }) => {
      demo.initialEvents = 'refused';
      demo.faults.add({ on: 'list', fault: dead, times: 1 });
      expect((await synced()).stats).toMatchObject({ lists: 2, failures: 1 });
    }));
});

describe('an API server without initial events', () => {
  it.each(['refused', 'ignored'] as const)('is mirrored by pages: its parameters are %s', (how) =>
    scene(async ({ demo, synced }) => {
      demo.initialEvents = how;
      expect((await synced()).stats).toMatchObject({ lists: 1, failures: 0 });
      expect(demo.requests.count('list')).toBe(2);
      await until(() => demo.openWatches === 1);
    }),
  );
});
