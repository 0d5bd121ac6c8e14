import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClusterHealth, type ProbeLimits } from '../../../../src/cluster/health/cluster-health.ts';
import { KubeStatusError, KubeTimeoutError } from '../../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';

const silent = new KubeTimeoutError(true, 3_000);
const broken = new Error('the watch is broken');
const forbidden = new KubeStatusError(403, 'Forbidden', 'subjectaccessreviews is forbidden');

/** A cluster whose signs a test sets. */
class Scene {
  readonly log = new RecordingLogger();
  isSynced = true;
  watchFailure: Error | undefined;
  lastContactAt = performance.now();
  isCallingInVain = false;
  /** Why a probe fails, and after how long. */
  probeFails: Error | undefined;
  probeMs = 0;
  probes = 0;
  reviewFails: Error | undefined;
  reviews = 0;
  retries = 0;
  readonly reviewed = {
    decidedAt: Number.NEGATIVE_INFINITY,
    state: 'available' as 'available' | 'unavailable',
  };
  readonly health: ClusterHealth;

  constructor(authorization: 'reviews' | 'AlwaysAllow' = 'reviews') {
    const { reviewed } = this;
    this.health = new ClusterHealth(
      {
        isSynced: () => this.isSynced,
        watchFailure: () => this.watchFailure,
        lastContactAt: () => this.lastContactAt,
        isCallingInVain: () => this.isCallingInVain,
        retryWatch: () => {
          this.retries += 1;
        },
        probe: (limits) => this.#probe(limits),
        reviews:
          authorization === 'AlwaysAllow'
            ? undefined
            : {
                get decidedAt() {
                  return reviewed.decidedAt;
                },
                get state() {
                  return reviewed.state;
                },
                ask: () => this.#ask(),
              },
      },
      this.log,
    );
  }

  async #probe({ signal }: ProbeLimits): Promise<void> {
    this.probes += 1;
    const { probeFails: error, probeMs } = this;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => (error === undefined ? resolve() : reject(error)), probeMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }

  async #ask(): Promise<void> {
    this.reviews += 1;
    if (this.reviewFails === undefined) {
      this.reviewed.decidedAt = performance.now();
      this.reviewed.state = 'available';
      return;
    }
    this.reviewed.state = 'unavailable';
    throw this.reviewFails;
  }

  get lines(): readonly string[] {
    return this.log.lines.map(({ message }) => message.split(':', 1)[0] ?? '');
  }

  get state() {
    return this.health.state;
  }
}

const elapse = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

/** Lets up to 10 s elapse until this is so. */
async function elapseUntil(isSo: () => boolean): Promise<void> {
  for (let tenths = 0; tenths < 100 && !isSo(); tenths += 1) await elapse(0.1);
  expect(isSo()).toBe(true);
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await scene.health.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A cluster that is ready. */
async function ready(authorization?: 'AlwaysAllow'): Promise<Scene> {
  scene = new Scene(authorization);
  scene.health.start();
  await elapse(0);
  expect(scene.state).toBe('ready');
  return scene;
}

describe('a cluster is unreachable', () => {
  it('within 15 s after its API server has become silent, and until a probe succeeds', async () => {
    await ready();
    scene.probeFails = silent;
    scene.probeMs = 3_000;
    await elapse(8);
    expect(scene.state).toBe('ready');
    await elapse(7);
    expect(scene.state).toBe('unreachable');
    await elapse(60);
    scene.probeFails = undefined;
    scene.probeMs = 0;
    await elapse(5);
    expect(scene.state).toBe('ready');
    expect(scene.lines).toEqual([
      'cluster unreachable',
      'cluster still unreachable',
      'cluster reachable again',
    ]);
    expect(scene.log.lines.map(({ context }) => context)).toEqual([
      { code: 'KUBE_TIMEOUT', reason: 'no answer from the API server within 3000 ms' },
      expect.objectContaining({ seconds: expect.any(Number) }),
      { seconds: expect.any(Number) },
    ]);
  });

  it('once, and not again with each bookmark, while its API server cannot read its storage', async () => {
    await ready();
    scene.probeFails = new KubeStatusError(500, 'InternalError', 'etcdserver: request timed out');
    const states = new Set<string>();
    for (let second = 0; second < 50; second += 1) {
      await elapse(1);
      if (second % 10 === 0) scene.lastContactAt = performance.now();
      if (second > 20) states.add(scene.state);
    }
    expect([...states]).toEqual(['unreachable']);
    expect(scene.lines).toEqual(['cluster unreachable']);
  });

  it('once, although every other probe succeeds', async () => {
    await ready();
    for (let second = 0; second < 60; second += 1) {
      scene.probeFails = scene.probeFails === undefined || second < 10 ? silent : undefined;
      await elapse(1);
    }
    expect(scene.state).toBe('unreachable');
    expect(scene.lines).toEqual(['cluster unreachable']);
  });

  it('as little longer than its outage as two probes take, which let the watch try again', async () => {
    await ready();
    scene.probeFails = silent;
    scene.watchFailure = broken;
    await elapse(400);
    expect(scene.retries).toBe(0);
    scene.probeFails = undefined;
    await elapse(1.1);
    expect(scene.retries).toBe(1);
    scene.watchFailure = undefined;
    await elapse(1);
    expect(scene.state).toBe('ready');
  });

  it('not because of one failed probe', async () => {
    await ready();
    scene.probeFails = silent;
    await elapse(4);
    scene.probeFails = undefined;
    await elapse(20);
    expect(scene.lines).toEqual([]);
  });

  it('at once if its watch fails and a probe does too', async () => {
    await ready();
    scene.watchFailure = broken;
    scene.probeFails = silent;
    await elapse(1.1);
    expect(scene.state).toBe('unreachable');
  });

  it('if its watch fails for 5 s although probes succeed, and until the watch is back', async () => {
    await ready();
    scene.watchFailure = broken;
    await elapse(4);
    expect(scene.state).toBe('ready');
    await elapse(3);
    expect(scene.state).toBe('unreachable');
    expect(scene.log.lines[0]?.context).toMatchObject({ reason: 'the watch is broken' });
    scene.watchFailure = undefined;
    await elapse(2);
    expect(scene.state).toBe('ready');
  });

  it('not because its watch is replaced', async () => {
    await ready();
    for (let minute = 0; minute < 10; minute += 1) {
      scene.watchFailure = broken;
      await elapse(2);
      scene.watchFailure = undefined;
      await elapse(58);
    }
    expect(scene.lines).toEqual([]);
  });

  it('at once if neither calls for clients nor a probe get an answer, and until a probe succeeds', async () => {
    await ready();
    scene.isCallingInVain = true;
    scene.probeFails = silent;
    await elapse(1.1);
    expect(scene.state).toBe('unreachable');
    scene.isCallingInVain = false;
    await elapse(10);
    expect(scene.state).toBe('unreachable');
    scene.probeFails = undefined;
    await elapse(2);
    expect(scene.state).toBe('ready');
    expect(scene.lines).toEqual(['cluster unreachable', 'cluster reachable again']);
  });

  it('not because calls for clients get no answer, as long as it answers the probes', async () => {
    await ready();
    scene.isCallingInVain = true;
    await elapse(60);
    expect(scene.state).toBe('ready');
    expect(scene.lines).toEqual([]);
  });

  it('not because it asks to wait', async () => {
    await ready();
    scene.probeFails = new KubeStatusError(429, 'TooManyRequests', 'wait');
    await elapse(30);
    expect(scene.state).toBe('ready');
  });

  it('with a line in the log if it is no longer served before its end', async () => {
    await ready();
    scene.probeFails = silent;
    await elapse(15);
    await scene.health.stop();
    expect(scene.lines).toEqual(['cluster unreachable', 'cluster no longer served, in an outage']);
  });

  it('with the right to grant in the log if its API server refuses the account', async () => {
    await ready();
    scene.probeFails = new KubeStatusError(403, 'Forbidden', 'deployments.apps is forbidden');
    await elapse(15);
    expect(scene.log.lines[0]?.context).toEqual({
      code: 'KUBE_STATUS',
      status: 403,
      reason: 'deployments.apps is forbidden',
      grant: 'list and watch on deployments.apps to the account of the service',
    });
  });
});

describe('a cluster is blocked', () => {
  it('within 15 s after the right to create reviews was withdrawn, without any request, and until it is granted', async () => {
    await ready();
    scene.reviewFails = forbidden;
    await elapse(15);
    expect(scene.state).toBe('blocked');
    expect(scene.log.lines[0]).toEqual({
      level: 'error',
      message: expect.stringMatching(/^cluster blocked/),
      context: {
        code: 'KUBE_STATUS',
        status: 403,
        reason: 'subjectaccessreviews is forbidden',
        grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
      },
    });
    await elapse(60);
    scene.reviewFails = undefined;
    await elapse(2);
    expect(scene.state).toBe('ready');
    expect(scene.lines).toEqual(['cluster blocked', 'cluster still blocked', 'cluster no longer blocked']);
  });

  it('once, although every other review is decided', async () => {
    await ready();
    for (let second = 0; second < 60; second += 1) {
      scene.reviewFails = scene.reviewFails === undefined || second < 15 ? forbidden : undefined;
      await elapse(1);
    }
    expect(scene.lines).toEqual(['cluster blocked']);
  });

  it('not because of a review that failed before an outage, and one that failed after it', async () => {
    await ready();
    scene.reviewFails = forbidden;
    await elapseUntil(() => scene.reviewed.state === 'unavailable');
    scene.probeFails = silent;
    await elapse(10);
    expect(scene.state).toBe('unreachable');
    scene.reviewed.state = 'unavailable';
    scene.probeFails = undefined;
    await elapseUntil(() => scene.state !== 'unreachable');
    scene.reviewFails = undefined;
    await elapse(20);
    expect(scene.lines).toEqual(['cluster unreachable', 'cluster reachable again']);
  });

  it('not because of one review without a decision', async () => {
    await ready();
    scene.reviewed.state = 'unavailable';
    await elapse(20);
    expect(scene.lines).toEqual([]);
  });

  it('not under AlwaysAllow, where nobody is asked', async () => {
    await ready('AlwaysAllow');
    scene.reviewFails = forbidden;
    await elapse(60);
    expect([scene.state, scene.reviews]).toEqual(['ready', 0]);
  });

  it('not while it is unreachable', async () => {
    await ready();
    scene.reviewFails = silent;
    scene.probeFails = silent;
    await elapse(60);
    expect(scene.state).toBe('unreachable');
    expect(scene.lines).toEqual(['cluster unreachable']);
  });
});

describe('a cluster that starts', () => {
  it('is syncing until its cache is filled', async () => {
    scene = new Scene();
    scene.isSynced = false;
    scene.health.start();
    await elapse(0);
    expect([scene.state, scene.health.wasReady]).toEqual(['syncing', false]);
    scene.isSynced = true;
    expect([scene.state, scene.health.wasReady]).toEqual(['ready', true]);
  });

  it('was never ready if no review is decided', async () => {
    scene = new Scene();
    scene.reviewFails = forbidden;
    scene.health.start();
    await elapse(3);
    expect([scene.state, scene.health.wasReady]).toEqual(['blocked', false]);
    scene.reviewFails = undefined;
    await elapse(2);
    scene.reviewFails = forbidden;
    await elapse(20);
    expect([scene.state, scene.health.wasReady]).toEqual(['blocked', true]);
  });
});

describe('probes', () => {
  it('are not sent while the watch brings news', async () => {
    await ready();
    for (let second = 0; second < 60; second += 1) {
      scene.lastContactAt = performance.now();
      await elapse(1);
    }
    expect(scene.probes).toBe(0);
  });

  it('are sent once in 4 to 5 s on a quiet cluster, and reviews as often', async () => {
    await ready();
    await elapse(60);
    for (const sent of [scene.probes, scene.reviews - 1]) {
      expect(sent).toBeGreaterThanOrEqual(11);
      expect(sent).toBeLessThanOrEqual(15);
    }
  });
});

describe('a check of the health', () => {
  /** The clock goes on while nothing runs. */
  function stoodStill(seconds: number): void {
    vi.setSystemTime(Date.now() + seconds * 1_000);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1_000);
  }
  it('probes once for any number of callers if contact is older than 10 s', async () => {
    await ready();
    stoodStill(11);
    expect(scene.health.isVerified).toBe(false);
    const checks = Array.from({ length: 100 }, () => scene.health.check());
    await elapse(0);
    await Promise.all(checks);
    expect(scene.probes).toBe(1);
    expect(scene.health.isVerified).toBe(true);
  });

  it('fails if that probe fails, and probes at most once per second', async () => {
    await ready();
    scene.probeFails = silent;
    stoodStill(11);
    const first = expect(scene.health.check()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await elapse(0);
    await first;
    await expect(scene.health.check()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(scene.probes).toBe(1);
  });

  it('fails with the state that the cluster is in', async () => {
    await ready();
    scene.isSynced = false;
    await expect(scene.health.check()).rejects.toMatchObject({ code: 'NOT_SYNCED' });
    scene.isSynced = true;
    scene.reviewFails = forbidden;
    await elapse(15);
    await expect(scene.health.check()).rejects.toMatchObject({ code: 'BLOCKED' });
    scene.probeFails = silent;
    await elapse(15);
    await expect(scene.health.check()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
