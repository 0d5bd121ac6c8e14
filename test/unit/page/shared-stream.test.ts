import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FleetCopy, type Update } from '../../../src/page/model/fleet-copy.ts';
import { shareStream } from '../../../src/page/stream/shared-stream.ts';
import { until } from '../../support/until.ts';
import { state } from './rows.ts';

/** Tabs that share one stream, with the channels and locks of Node, which are those of browsers. */

/** A tab that a test can freeze: it neither hears nor answers, and keeps its lock. */
class Tab {
  readonly copy = new FleetCopy();
  isFrozen = false;
  /** How often it has become the one that reads. */
  reads = 0;
  publish: ((update: Update) => void) | undefined;
  signal: AbortSignal | undefined;
  /** How often it has heard that the leader is still there. */
  answers = 0;

  constructor(name: string) {
    const tab = this;
    class FreezingChannel extends BroadcastChannel {
      constructor(of: string) {
        super(of);
        channels.push(this);
      }

      override addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
        super.addEventListener(type, (event) => {
          if (tab.isFrozen || typeof listener !== 'function') return;
          listener(event);
          if (event instanceof MessageEvent && event.data.kind === 'here') tab.answers += 1;
        });
      }
    }
    vi.stubGlobal('BroadcastChannel', FreezingChannel);
    shareStream({
      name,
      copy: this.copy,
      onUpdate: () => {},
      read: (publish, signal) => {
        this.reads += 1;
        this.publish = publish;
        this.signal = signal;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    vi.unstubAllGlobals();
  }

  set(replicas: number): void {
    this.publish?.({ kind: 'changed', cluster: 'eu', state: state('cart', { replicas }) });
  }

  get replicas() {
    return this.copy.rows.get('eu/shop/cart')?.state.replicas;
  }
}

const channels: BroadcastChannel[] = [];
let name: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  name = crypto.randomUUID();
});
afterEach(() => {
  for (const channel of channels.splice(0)) channel.close();
  vi.useRealTimers();
});

/** Lets all tabs look whether something came from the leader. */
const look = () => vi.advanceTimersByTime(10_000);

async function twoTabs(): Promise<[Tab, Tab]> {
  const first = new Tab(name);
  await until(() => first.reads === 1);
  first.publish?.({
    kind: 'clusters',
    clusters: [{ name: 'eu', state: 'ready', read: true, confirmedAt: undefined }],
  });
  first.set(3);
  const second = new Tab(name);
  await until(() => second.replicas === 3);
  return [first, second];
}

it('a tab whose leader is frozen reads itself, and ignores what the other still sends', async () => {
  const [first, second] = await twoTabs();
  first.isFrozen = true;
  for (let time = 0; time < 4; time += 1) look();
  await until(() => second.reads === 1);
  second.set(5);
  // It was about to tell this before it was frozen.
  first.set(4);
  const third = new Tab(name);
  await until(() => third.replicas === 5);
  expect(second.replicas).toBe(5);
  // It wakes up, and is told what it has missed.
  first.isFrozen = false;
  await until(() => first.signal?.aborted === true);
  look();
  await until(() => first.replicas === 5);
  expect([first.reads, second.reads, third.reads]).toEqual([1, 1, 0]);
});

it('a leader that has nothing to tell keeps its place', async () => {
  const [first, second] = await twoTabs();
  for (let answers = 1; answers <= 10; answers += 1) {
    look();
    await until(() => second.answers === answers);
  }
  expect([first.reads, second.reads]).toEqual([1, 0]);
});
