import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '../../../src/client/api-error.ts';
import type { StreamEvent } from '../../../src/client/event-stream.ts';
import type { Cluster, State } from '../../../src/client/scaler-client.ts';
import { FleetCopy, type Update } from '../../../src/page/model/fleet-copy.ts';
import { FleetReader } from '../../../src/page/stream/fleet-reader.ts';
import { patienceMs } from '../../../src/page/stream/patience.ts';
import { state } from './rows.ts';

/** The reader of the stream against a service that a test plays, on a clock of its own. */

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
});
afterEach(async () => {
  await scene.stop();
  vi.useRealTimers();
});

/** A service with one cluster, and its reader. */
class Scene {
  readonly copy = new FleetCopy();
  /** The Last-Event-ID of each stream that was opened. */
  readonly opened: (string | undefined)[] = [];
  readonly listed: (string | undefined)[] = [];
  clusters: Cluster[] = [{ name: 'eu', default: true, state: 'ready', authorizer: 'available' }];
  list: () => Promise<State[]> = async () => [state('cart')];
  refusal: ApiError | undefined;
  readonly #stop = new AbortController();
  #push: (event: StreamEvent | undefined) => void = () => {};
  #running: Promise<void> | undefined;

  async start(): Promise<void> {
    const client = {
      clusters: async () => this.clusters,
      listing: async (
        _cluster: string | undefined,
        selection: { minResourceVersion?: string | undefined },
      ) => {
        this.listed.push(selection.minResourceVersion);
        return { items: await this.list(), ageSeconds: 0 };
      },
      events: async (_selection: object, id?: string, signal?: AbortSignal) => {
        this.opened.push(id);
        if (this.refusal !== undefined) throw this.refusal;
        return this.#stream(signal);
      },
    };
    const publish = (update: Update) => this.copy.apply(update);
    this.#running = new FleetReader({ client, copy: this.copy, publish, random: () => 0 }).run(
      this.#stop.signal,
    );
    await vi.advanceTimersByTimeAsync(0);
  }

  async send(event: string, data: object, id?: string): Promise<void> {
    this.#push({ event, data: JSON.stringify(data), id });
    await vi.advanceTimersByTimeAsync(0);
  }

  async cut(): Promise<void> {
    this.#push(undefined);
    await vi.advanceTimersByTimeAsync(0);
  }

  counts(): string[] {
    return this.copy.rows.shown.map(({ state: { deployment, replicas } }) => `${deployment} ${replicas}`);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    await this.#running;
  }

  async *#stream(signal: AbortSignal | undefined): AsyncGenerator<StreamEvent> {
    const waiting: (StreamEvent | undefined)[] = [];
    let wake = () => {};
    this.#push = (event) => {
      waiting.push(event);
      wake();
    };
    let aborted = false;
    signal?.addEventListener('abort', () => {
      aborted = true;
      wake();
    });
    for (;;) {
      while (waiting.length > 0) {
        const event = waiting.shift();
        if (event === undefined) return;
        yield event;
      }
      if (aborted) throw signal?.reason;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

it('reads the list at least as new as the stream, then applies what came in between', async () => {
  let answer = (_states: State[]) => {};
  scene.list = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  await scene.send('changed', { cluster: 'eu', ...state('cart', { replicas: 8 }) }, 'eu=8');
  await scene.send('gone', { cluster: 'eu', ...state('old') }, 'eu=9');
  expect(scene.counts()).toEqual([]);
  answer([state('cart', { replicas: 5 }), state('old')]);
  await vi.advanceTimersByTimeAsync(0);
  expect(scene.counts()).toEqual(['cart 8']);
  expect([scene.listed, scene.copy.position]).toEqual([['7'], 'eu=9']);
  await scene.send('changed', { cluster: 'eu', ...state('cart', { replicas: 9 }) }, 'eu=10');
  expect(scene.counts()).toEqual(['cart 9']);
});

it('goes on after a cut with the last id, without reading the list again', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  await scene.send('', {}, 'eu=8');
  await scene.cut();
  expect(scene.copy.link).toMatchObject({ state: 'waiting', why: 'the connection was lost' });
  await vi.advanceTimersByTimeAsync(1_000);
  await scene.send('ready', { clusters: { eu: '8' } }, 'eu=8');
  expect([scene.opened, scene.listed]).toEqual([[undefined, 'eu=8'], ['7']]);
  expect(scene.copy.link).toEqual({ state: 'live' });
});

it('reads a cluster again after reset', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.list = async () => [state('new', { replicas: 1 })];
  await scene.send('reset', { cluster: 'eu' }, 'eu=20');
  expect([scene.counts(), scene.listed]).toEqual([['new 1'], ['7', '20']]);
});

it('takes a stream that is silent for 45 s for dead', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  await vi.advanceTimersByTimeAsync(44_000);
  await scene.send('', {}, 'eu=7');
  await vi.advanceTimersByTimeAsync(44_000);
  expect(scene.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scene.opened).toEqual([undefined, 'eu=7']);
});

it('stops for good once the certificate is revoked', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  await scene.send('end', { reason: 'revoked' });
  await vi.advanceTimersByTimeAsync(600_000);
  expect([scene.copy.link, scene.opened.length]).toEqual([{ state: 'revoked' }, 1]);
});

it('reads all that is left after a change of rights', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.list = async () => [];
  await scene.send('end', { reason: 'rights' });
  await vi.advanceTimersByTimeAsync(1_000);
  await scene.send('ready', { clusters: { eu: '9' } }, 'eu=9');
  expect([scene.opened, scene.counts()]).toEqual([[undefined, undefined], []]);
});

it('says which right is missing, and asks again after a minute', async () => {
  const message = 'client may not list deployments in any namespace';
  scene.refusal = new ApiError(403, { code: 'FORBIDDEN', message }, new Headers());
  await scene.start();
  expect(scene.copy.link).toMatchObject({ state: 'waiting', why: message });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(scene.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scene.opened).toHaveLength(2);
});

it('shows nothing of a cluster that may no longer be listed, and why', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.list = async () => {
    throw new ApiError(403, { code: 'FORBIDDEN', message: 'no' }, new Headers());
  };
  await scene.send('reset', { cluster: 'eu' }, 'eu=8');
  expect(scene.counts()).toEqual([]);
  expect(scene.copy.clusters).toMatchObject([{ read: false, problem: { code: 'FORBIDDEN', message: 'no' } }]);
});

it('keeps the age of a cluster that cannot be reached', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  const before = Date.now();
  scene.clusters = [{ name: 'eu', default: true, state: 'unreachable', authorizer: 'available' }];
  await vi.advanceTimersByTimeAsync(40_000);
  expect(scene.copy.clusters).toMatchObject([{ state: 'unreachable', confirmedAt: before }]);
});

it('a copy of the copy is the same, so that another tab goes on where this one was', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  const other = new FleetCopy();
  for (const update of scene.copy.snapshot()) other.apply(update);
  expect(other).toMatchObject({ position: 'eu=7', clusters: [{ read: true }], link: { state: 'live' } });
  expect(other.rows.shown).toEqual(scene.copy.rows.shown);
});

it('waits longer after each failure, by chance up to half, and as long as the service asks for', () => {
  expect([1, 2, 3, 9].map((failures) => patienceMs(failures, () => 1))).toEqual([500, 1_000, 2_000, 30_000]);
  expect(patienceMs(3, () => 0)).toBe(1_000);
  expect(patienceMs(1, () => 1, 7_000)).toBe(7_000);
});

it('keeps a cluster current that was added while the stream was open', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.clusters = [
    ...scene.clusters,
    { name: 'us', default: false, state: 'ready', authorizer: 'available' },
  ];
  await scene.send('reset', { cluster: 'us' }, 'eu=7;us=3');
  await vi.advanceTimersByTimeAsync(20_000);
  await scene.send('changed', { cluster: 'us', ...state('cart', { replicas: 9 }) }, 'eu=7;us=4');
  expect(scene.copy.rows.get('us/shop/cart')?.state.replicas).toBe(9);
  expect(scene.copy.clusters).toMatchObject([{ read: true }, { name: 'us', read: true }]);
});

it('shows nothing any longer once no cluster may be listed', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.refusal = new ApiError(403, { code: 'FORBIDDEN', message: 'no' }, new Headers());
  await scene.send('end', { reason: 'rights' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect([scene.counts(), scene.copy.link]).toEqual([[], expect.objectContaining({ why: 'no' })]);
});

it('does not call the routine end of a stream a lost connection, unless it cannot be opened again', async () => {
  await scene.start();
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  scene.refusal = new ApiError(503, { code: 'OVERLOADED', message: 'overloaded' }, new Headers());
  await scene.send('end', { reason: 'age' });
  expect(scene.copy.link).toEqual({ state: 'connecting' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(scene.copy.link).toMatchObject({ state: 'waiting', why: 'overloaded' });
});

it('tries again in a tab that takes over from one whose certificate was revoked', async () => {
  scene.copy.apply({ kind: 'link', link: { state: 'revoked' } });
  scene.refusal = new ApiError(503, { code: 'OVERLOADED', message: 'overloaded' }, new Headers());
  await scene.start();
  expect(scene.copy.link).toEqual({ state: 'revoked' });
  scene.refusal = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  expect(scene.copy.link).toEqual({ state: 'live' });
});

it('reads a cluster again at least as new as the events that came in between', async () => {
  await scene.start();
  scene.list = async () => {
    throw new ApiError(503, { code: 'OVERLOADED', message: 'overloaded' }, new Headers());
  };
  await scene.send('ready', { clusters: { eu: '7' } }, 'eu=7');
  await scene.send('changed', { cluster: 'eu', ...state('cart', { replicas: 8 }) }, 'eu=8');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scene.listed).toEqual(['7', '8']);
});
