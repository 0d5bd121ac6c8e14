import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ClusterStream,
  type EndReason,
  type EventStream,
  FleetStream,
  type Sink,
} from '../../../src/api/events/event-stream.ts';
import type { ResourceAttributes } from '../../../src/cluster/access/authorizer.ts';
import { ListRightsOfAll } from '../../../src/cluster/access/list-rights.ts';
import type { Deployment } from '../../../src/cluster/deployment.ts';
import { EventHub } from '../../../src/cluster/events/event-hub.ts';
import { Feed } from '../../../src/cluster/events/feed.ts';
import { LabelSelector } from '../../../src/cluster/labels/label-selector.ts';
import { stateOf } from '../../../src/cluster/state/deployment-state.ts';
import { Passes } from '../../../src/lib/passes.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { deployment } from '../../support/deployment-objects.ts';
import { FollowedInformer } from '../../support/followed-informer.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { until } from '../../support/until.ts';

const KIB = 1024;
const alice = { user: 'alice', groups: [] };

// Frames are made at once unless that takes time, which none does here.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Keeps what it gets, until it is told to be flushed. */
class HeldSink implements Sink {
  text = '';
  ended = false;
  /** The largest number of bytes that were not flushed. */
  most = 0;
  #held = 0;
  readonly #flush: (() => void)[] = [];
  readonly #holds: boolean;

  constructor(holds = false) {
    this.#holds = holds;
  }

  write(bytes: Buffer, flushed: () => void): void {
    this.text += bytes;
    this.#held += bytes.length;
    this.most = Math.max(this.most, this.#held);
    this.#flush.push(() => {
      this.#held -= bytes.length;
      flushed();
    });
    if (!this.#holds) queueMicrotask(() => this.flush());
  }

  end(last: string): void {
    this.text += last;
    this.ended = true;
  }

  flush(): void {
    for (const each of this.#flush.splice(0)) each();
  }

  /** The frames in short: `type:name=replicas@id`. */
  get frames(): string[] {
    return this.text
      .split('\n\n')
      .filter((frame) => frame !== '')
      .map((frame) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1];
        const { cluster, deployment: name, replicas, reason } = JSON.parse(field('data') ?? '{}');
        const from = cluster === undefined ? '' : `${cluster}/`;
        const what = name === undefined ? (reason ?? '') : `${name}=${replicas}`;
        return `${field('event') ?? 'heartbeat'}:${from}${what}@${field('id') ?? ''}`;
      });
  }
}

class TestCluster {
  readonly informer = new FollowedInformer();
  readonly hub: EventHub;
  readonly name: string;
  readonly #known = new Map<string, Deployment>();
  #version = 10;
  #allows: (attributes: ResourceAttributes) => boolean | Promise<boolean> = () => true;

  constructor(name = 'production', ringBytes = 1024 * KIB) {
    this.name = name;
    this.hub = new EventHub({
      stateOf: (item) =>
        stateOf(
          item,
          { namespace: item.namespace, deployment: item.name, autoscalers: [], claims: [], unknown: [] },
          undefined,
        ),
      isSynced: () => true,
      log: new RecordingLogger(),
      timing: { ringBytes, aheadMs: 10 },
    });
    this.hub.follow(this.informer);
    this.informer.reached('10');
  }

  /** The next change: the first one of a name adds it. */
  set(name: string, replicas: number, parts: Partial<Deployment> = {}): void {
    this.#version += 1;
    const item = deployment(name, `${this.#version}`, { replicas, ...parts });
    const known = this.#known.get(name);
    if (known === undefined) this.informer.added(item);
    else this.informer.updated(item, known);
    this.#known.set(name, item);
    this.informer.reached(`${this.#version}`);
  }

  decide(allows: (attributes: ResourceAttributes) => boolean | Promise<boolean>): this {
    this.#allows = allows;
    return this;
  }

  feed({
    namespace,
    selector,
    shown,
  }: {
    namespace?: string;
    selector?: string;
    shown?: string[];
  } = {}): Feed {
    const authorizer = decidedBy((attributes) => this.#allows(attributes));
    const rights = new ListRightsOfAll(authorizer, { holdsMs: 60_000, retryMs: 5 });
    return new Feed({
      cluster: this.name,
      hub: this.hub,
      namespace,
      selector: selector === undefined ? undefined : LabelSelector.parse(selector),
      rights: rights.of(alice, { namespace, shown, find: async () => [] }),
    });
  }
}

function optionsOf(sink: Sink, ends: (EndReason | undefined)[] = []) {
  return { sink, passes: new Passes(), onEnd: (reason: EndReason | undefined) => void ends.push(reason) };
}

async function started(stream: EventStream, lastEventId?: string): Promise<void> {
  await stream.start(lastEventId);
}

describe('the stream of a cluster', () => {
  it('begins with its position, and goes on with every change', async () => {
    const cluster = new TestCluster();
    cluster.set('old', 1);
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    // Between the answer and its first bytes.
    cluster.set('a', 1);
    await started(stream);
    cluster.set('a', 2);
    cluster.set('b', 3);
    await until(() => sink.frames.length === 4);
    expect(sink.text.startsWith('event: ready\ndata: {"resourceVersion":"11"}\nid: 11\n\n')).toBe(true);
    expect(sink.frames).toEqual(['ready:@11', 'changed:a=1@12', 'changed:a=2@13', 'changed:b=3@14']);
    stream.close();
  });

  it('goes on after the id that its reader knows', async () => {
    const cluster = new TestCluster();
    for (const replicas of [1, 2, 3]) cluster.set('a', replicas);
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    await started(stream, '12');
    await until(() => sink.frames.length === 2);
    expect(sink.frames).toEqual(['ready:@12', 'changed:a=3@13']);
    stream.close();
  });

  it('gives no id before reset: a reader that is cut between them must be told again', async () => {
    const cluster = new TestCluster();
    cluster.set('a', 1);
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    await started(stream, 'nonsense');
    cluster.set('a', 2);
    await until(() => sink.frames.length === 3);
    expect(sink.frames).toEqual(['ready:@', 'reset:@11', 'changed:a=2@12']);
    stream.close();
  });

  it('sends an id when it has sent none for a while, also if nothing was for its reader', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed({ namespace: 'other' }), optionsOf(sink));
    await started(stream);
    for (let i = 0; i < 5; i += 1) cluster.set('a', i);
    stream.tick(60_000);
    await until(() => cluster.hub.position === '15');
    stream.tick(0);
    await until(() => sink.frames.length > 1);
    expect(sink.frames).toEqual(['ready:@10', 'heartbeat:@15']);
    expect(sink.text.endsWith('id: 15\n:\n\n')).toBe(true);
    stream.close();
  });

  it('sends only what the namespace and the selector name; what leaves the selector is gone', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink();
    const feed = cluster.feed({ namespace: 'default', selector: 'app=a' });
    const stream = new ClusterStream(feed, optionsOf(sink));
    await started(stream);
    cluster.set('x', 1, { labels: ['app', 'a'], namespace: 'elsewhere' });
    cluster.set('y', 1, { labels: ['app', 'b'] });
    cluster.set('z', 1, { labels: ['app', 'a'] });
    cluster.set('z', 2, { labels: ['app', 'b'] });
    cluster.set('z', 3, { labels: ['app', 'b'] });
    cluster.set('y', 4, { labels: ['app', 'a'] });
    await until(() => sink.frames.length === 4);
    expect(sink.frames).toEqual(['ready:@10', 'changed:z=1@13', 'gone:z=2@14', 'changed:y=4@16']);
    stream.close();
  });

  it('waits for the decision on a namespace, and never shows one that is denied', async () => {
    const decision = Promise.withResolvers<boolean>();
    const cluster = new TestCluster().decide(
      ({ namespace }) => namespace === 'shop' || (namespace === 'new' && decision.promise),
    );
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed({ shown: ['shop'] }), optionsOf(sink));
    await started(stream);
    cluster.set('a', 1, { namespace: 'shop' });
    cluster.set('s', 1, { namespace: 'secret' });
    cluster.set('b', 2, { namespace: 'new' });
    cluster.set('c', 3, { namespace: 'shop' });
    await until(() => sink.frames.length === 2);
    stream.tick(0);
    await until(() => sink.frames.length === 3);
    // What the namespace had before, no frame has shown. `reset` stands for all that has waited, too.
    decision.resolve(true);
    await until(() => sink.frames.length === 4);
    cluster.set('b', 4, { namespace: 'new' });
    await until(() => sink.frames.length === 5);
    // The heartbeat did not tell the position of what had not been sent.
    expect(sink.frames).toEqual([
      'ready:@10',
      'changed:a=1@11',
      'heartbeat:@12',
      'reset:@14',
      'changed:b=4@15',
    ]);
    stream.close();
  });

  it('ends with a reason, once', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink();
    const ends: (EndReason | undefined)[] = [];
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink, ends));
    await started(stream);
    stream.end('drain');
    stream.end('age');
    stream.close();
    cluster.hub.close();
    cluster.set('a', 1);
    expect(sink.text.endsWith('event: end\ndata: {"reason":"drain"}\n\n')).toBe(true);
    expect([sink.ended, ends]).toEqual([true, ['drain']]);
  });

  it('ends when the cluster is no longer served, also before it has begun', async () => {
    for (const isEarly of [true, false]) {
      const cluster = new TestCluster();
      const sink = new HeldSink();
      const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
      if (isEarly) cluster.hub.close();
      await started(stream);
      cluster.hub.close();
      expect(sink.frames).toEqual(['ready:@10', 'end:clusters@']);
    }
  });

  it('sends nothing before ready, not even an id that is due', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    const starting = stream.start('12');
    stream.tick(0);
    stream.visit();
    expect(sink.text).toBe('');
    cluster.set('a', 1);
    cluster.set('a', 2);
    await starting;
    expect(sink.frames[0]).toBe('ready:@12');
    stream.close();
  });

  it('asks for no visit after its end', async () => {
    const cluster = new TestCluster();
    const options = optionsOf(new HeldSink());
    const stream = new ClusterStream(cluster.feed(), options);
    await started(stream);
    stream.close();
    const schedule = vi.spyOn(options.passes, 'schedule');
    stream.tick(0);
    expect(schedule).not.toHaveBeenCalled();
  });

  it('that ends without a reason ends its answer', async () => {
    const sink = new HeldSink();
    const ends: (EndReason | undefined)[] = [];
    const stream = new ClusterStream(new TestCluster().feed(), optionsOf(sink, ends));
    await started(stream);
    const { text } = sink;
    stream.end(undefined);
    expect([ends, sink.ended, sink.text]).toEqual([[undefined], true, text]);
  });

  it('that ends while it waits for a position sends nothing more', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    const starting = stream.start('500');
    stream.end('drain');
    await starting;
    expect(sink.frames).toEqual(['end:drain@']);
  });
});

describe('a reader that wants few of many frames', () => {
  /** 2,000 frames that it does not want, and one that it wants. */
  function busyCluster(name?: string): TestCluster {
    const cluster = new TestCluster(name);
    for (let i = 0; i < 2_000; i += 1) cluster.set('a', i);
    cluster.set('b', 1, { namespace: 'shop', labels: ['app', 'b'] });
    return cluster;
  }

  /** How many frames each visit of the stream looks at. */
  function countLooks(stream: EventStream, clusters: readonly TestCluster[]): number[] {
    const looks = clusters.map(({ hub }) => vi.spyOn(hub.ring, 'lend').mock.calls);
    const visit = stream.visit.bind(stream);
    const perVisit: number[] = [];
    const total = () => looks.reduce((sum, { length }) => sum + length, 0);
    stream.visit = () => {
      const before = total();
      const isBehind = visit();
      perVisit.push(total() - before);
      return isBehind;
    };
    return perVisit;
  }

  it('skips them a few at a time, so that it does not block others', async () => {
    for (const wanted of [{ namespace: 'shop' }, { selector: 'app=b' }, { shown: ['shop'] }]) {
      const cluster = busyCluster().decide(() => false);
      await until(() => cluster.hub.position === '2011');
      const sink = new HeldSink();
      const stream = new ClusterStream(cluster.feed(wanted), optionsOf(sink));
      const perVisit = countLooks(stream, [cluster]);
      await started(stream, '10');
      await until(() => sink.frames.length === 2);
      expect(sink.frames).toEqual(['ready:@10', 'changed:b=1@2011']);
      expect(Math.max(...perVisit)).toBeLessThan(200);
      stream.close();
    }
  });

  it('skips no more of several clusters at a time', async () => {
    const clusters = ['one', 'two', 'three'].map((name) => busyCluster(name));
    await until(() => clusters.every(({ hub }) => hub.position === '2011'));
    const sink = new HeldSink();
    const feeds = clusters.map((cluster) => cluster.feed({ selector: 'app=b' }));
    const stream = new FleetStream(feeds, optionsOf(sink));
    const perVisit = countLooks(stream, clusters);
    await started(stream, 'one=10;two=10;three=10');
    await until(() => sink.frames.length === 4);
    expect(Math.max(...perVisit)).toBeLessThan(200);
    stream.close();
  });

  it('is told no position beyond those that have been skipped, and that it is behind', async () => {
    const cluster = busyCluster();
    await until(() => cluster.hub.position === '2011');
    const sink = new HeldSink();
    const stream = new ClusterStream(cluster.feed({ namespace: 'shop' }), optionsOf(sink));
    const behind: boolean[] = [];
    const visit = stream.visit.bind(stream);
    stream.visit = () => {
      stream.tick(0);
      const isBehind = visit();
      behind.push(isBehind);
      return isBehind;
    };
    await started(stream, '10');
    await until(() => sink.text.includes('changed'));
    const before = sink.frames.slice(0, sink.frames.indexOf('changed:b=1@2011'));
    const ids = before.map((frame) => Number(frame.split('@')[1]));
    expect(ids.length).toBeGreaterThan(2);
    expect(Math.max(...ids)).toBeLessThan(2_011);
    expect([behind[0], behind.at(-1)]).toEqual([true, false]);
    stream.close();
  });
});

describe('a reader that does not read', () => {
  it('holds 16 KiB, and gets every change in order when it reads on', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink(true);
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    await started(stream);
    for (let i = 0; i < 500; i += 1) cluster.set('a', i);
    await until(() => sink.most > 15 * KIB);
    expect(sink.most).toBeLessThanOrEqual(16 * KIB);
    await until(() => {
      sink.flush();
      return sink.frames.length === 501;
    });
    expect(sink.most).toBeLessThanOrEqual(16 * KIB);
    expect(sink.frames.slice(1)).toEqual(Array.from({ length: 500 }, (_, i) => `changed:a=${i}@${i + 11}`));
    stream.close();
  });

  it('begins again if what it has not read has fallen out, and only when it reads on', async () => {
    const cluster = new TestCluster('production', 64 * KIB);
    const sink = new HeldSink(true);
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    await started(stream);
    for (let i = 0; i < 100; i += 1) cluster.set('a', i);
    await until(() => sink.most > 15 * KIB);
    for (let i = 100; i < 2_000; i += 1) cluster.set('a', i);
    await until(() => cluster.hub.position === '2010');
    expect(sink.text).not.toContain('event: reset');
    sink.flush();
    await until(() => sink.text.includes('event: reset'));
    cluster.set('a', 2_000);
    await until(() => {
      sink.flush();
      return sink.text.includes('"replicas":2000');
    });
    expect(sink.frames.slice(-2)).toEqual(['reset:@2010', 'changed:a=2000@2011']);
    expect(sink.most).toBeLessThanOrEqual(16 * KIB);
    stream.close();
  });

  it('gets a frame that is larger than that alone', async () => {
    const cluster = new TestCluster();
    const sink = new HeldSink(true);
    const stream = new ClusterStream(cluster.feed(), optionsOf(sink));
    await started(stream);
    sink.flush();
    const status = {
      ...deployment('a', '1').status,
      trouble: 'x'.repeat(40 * KIB),
    };
    cluster.set('a', 1, { status });
    cluster.set('b', 2);
    await until(() => sink.most > 16 * KIB);
    expect(sink.text).not.toContain('"b"');
    await until(() => {
      sink.flush();
      return sink.text.includes('"b"');
    });
    stream.close();
  });
});

describe('the stream of the fleet', () => {
  it('names the cluster of each event, and the position of each in its ids', async () => {
    const [one, two] = [new TestCluster('one'), new TestCluster('two')];
    const sink = new HeldSink();
    const stream = new FleetStream([one.feed(), two.feed()], optionsOf(sink));
    await started(stream);
    one.set('a', 1);
    await until(() => sink.frames.length === 2);
    two.set('b', 2);
    await until(() => sink.frames.length === 3);
    one.set('a', 3);
    await until(() => sink.frames.length === 4);
    expect(
      sink.text.startsWith('event: ready\ndata: {"clusters":{"one":"10","two":"10"}}\nid: one=10;two=10\n\n'),
    ).toBe(true);
    expect(sink.text).toContain('event: changed\ndata: {"cluster":"one","kind":"Deployment"');
    expect(sink.frames).toEqual([
      'ready:@one=10;two=10',
      'changed:one/a=1@one=11;two=10',
      'changed:two/b=2@one=11;two=11',
      'changed:one/a=3@one=12;two=11',
    ]);
    stream.close();
  });

  it('gives the id only with the last reset: a reader that is cut before must be told of all again', async () => {
    const [one, two] = [new TestCluster('one'), new TestCluster('two')];
    const sink = new HeldSink();
    const stream = new FleetStream([one.feed(), two.feed()], optionsOf(sink));
    await started(stream, 'one=1;two=1');
    expect(sink.frames).toEqual(['ready:@', 'reset:one/@', 'reset:two/@one=10;two=10']);
    stream.close();
  });

  it('goes on in each cluster where it was; one that is new to the reader begins again', async () => {
    const [one, two, three] = [new TestCluster('one'), new TestCluster('two'), new TestCluster('three')];
    for (const cluster of [one, two, three]) for (const replicas of [1, 2]) cluster.set('a', replicas);
    const sink = new HeldSink();
    const stream = new FleetStream([one.feed(), two.feed(), three.feed()], optionsOf(sink));
    await started(stream, 'two=11;one=12;gone=7');
    await until(() => sink.frames.length === 3);
    expect(sink.frames).toEqual([
      'ready:@',
      'reset:three/@one=12;two=11;three=12',
      'changed:two/a=2@one=12;two=12;three=12',
    ]);
    stream.close();
  });

  it('takes in a cluster that could not be followed before', async () => {
    const [one, two] = [new TestCluster('one'), new TestCluster('two')];
    const sink = new HeldSink();
    const stream = new FleetStream([one.feed()], optionsOf(sink));
    await started(stream);
    await stream.add(two.feed());
    two.set('b', 2);
    await until(() => sink.frames.length === 3);
    expect(sink.frames).toEqual([
      'ready:@one=10',
      'reset:two/@one=10;two=10',
      'changed:two/b=2@one=10;two=11',
    ]);
    stream.close();
  });

  it('lets no cluster take all the room of a slow reader', async () => {
    const [one, two] = [new TestCluster('one'), new TestCluster('two')];
    const sink = new HeldSink(true);
    const stream = new FleetStream([one.feed(), two.feed()], optionsOf(sink));
    await started(stream);
    for (let i = 0; i < 200; i += 1) one.set('a', i);
    two.set('b', 1);
    const position = () => sink.frames.findIndex((frame) => frame.startsWith('changed:two'));
    await until(() => {
      sink.flush();
      return position() > 0;
    });
    expect(position()).toBeLessThan(100);
    stream.close();
  });
});
