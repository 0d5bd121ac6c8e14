import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { EventHub } from '../../../../src/cluster/events/event-hub.ts';
import type { CountChange } from '../../../../src/cluster/ownership/count-history.ts';
import { stateOf } from '../../../../src/cluster/state/deployment-state.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { FollowedInformer } from '../../../support/followed-informer.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { until } from '../../../support/until.ts';

// Frames are made at once unless that takes time, which none does here.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function hubOf(informers: readonly FollowedInformer[], ringBytes = 1_000_000) {
  const state = { synced: true };
  const log = new RecordingLogger();
  const hub = new EventHub({
    stateOf: (item) => {
      if (item.name === BROKEN) throw new Error('no state');
      const { namespace, name } = item;
      return stateOf(
        item,
        { namespace, deployment: name, autoscalers: [], claims: [], unknown: [] },
        undefined,
      );
    },
    isSynced: () => state.synced,
    log,
    timing: { ringBytes, aheadMs: 20 },
  });
  for (const informer of informers) hub.follow(informer);
  const counts = { told: 0, closed: 0 };
  hub.listen({
    more: () => {
      counts.told += 1;
    },
    closed: () => {
      counts.closed += 1;
    },
  });
  return { hub, state, counts, log };
}

/** A Deployment that has no state. */
const BROKEN = 'broken';

/** The frames from a number on, as `kind name=replicas@id`. */
function framesOf(hub: EventHub, from = 0): string[] {
  const frames: string[] = [];
  for (let number = Math.max(from, hub.ring.base); number < hub.ring.next; number += 1) {
    const frame = hub.ring.lend(number);
    if (frame === undefined) continue;
    const text = String(frame.buffer.subarray(frame.start, frame.end));
    const { deployment: name, replicas, by, to } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '');
    frames.push(`${frame.kind} ${name}=${replicas ?? `${by}:${to}`}@${frame.id ?? ''}`);
  }
  return frames;
}

const cart = (version: string, replicas = 1, parts: Partial<Deployment> = {}) =>
  deployment('cart', version, { replicas, ...parts });
const never = new AbortController().signal;

describe('the events of a cluster', () => {
  it('begin when its cache has been filled: what was listed first has no frames', () => {
    const informer = new FollowedInformer();
    const { hub, state, counts } = hubOf([informer]);
    state.synced = false;
    informer.added(cart('5')).reached('7');
    expect([hub.position, hub.open()]).toEqual(['', false]);
    state.synced = true;
    informer.reached('8');
    expect([hub.position, hub.open()]).toEqual(['8', true]);
    expect(hub.ring.next).toBe(hub.ring.base);
    informer.updated(cart('9', 2), cart('5')).reached('9');
    expect(framesOf(hub)).toEqual(['changed cart=2@9']);
    expect(counts.told).toBe(1);
  });

  it('begin at a request if the last namespace has been refused, which no informer reports', () => {
    const informer = new FollowedInformer();
    const { hub, state } = hubOf([informer]);
    state.synced = false;
    informer.reached('7');
    state.synced = true;
    expect(hub.open()).toBe(true);
    expect(hub.position).toBe('7');
  });

  it('are changes and ends of Deployments, each with the position that it completes', () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1').added(cart('2')).reached('2');
    informer.updated(cart('3', 4), cart('2')).reached('3');
    informer.deleted(cart('3', 4)).reached('4');
    informer.reached('9');
    expect(framesOf(hub)).toEqual(['changed cart=1@2', 'changed cart=4@3', 'gone cart=4@4']);
    expect(hub.position).toBe('9');
  });

  it('have an id only at the end of a relist, whose order is not that of the changes', () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1');
    informer.added(deployment('a', '30'), deployment('b', '20')).deleted(deployment('c', '2')).reached('40');
    expect(framesOf(hub)).toEqual(['changed a=1@', 'changed b=1@', 'gone c=1@40']);
  });

  it('have no second id for the same position', () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1').added(cart('2')).reached('2').deleted(cart('2')).reached('2');
    expect(framesOf(hub)).toEqual(['changed cart=1@2', 'gone cart=1@']);
  });

  it('name who changed a count that the service had set', () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1');
    const change: CountChange = {
      resourceVersion: '2',
      at: 1_000,
      from: 3,
      to: 5,
      manager: 'kubectl',
      operation: 'Update',
      viaScale: true,
      overrode: true,
      user: undefined,
    };
    hub.overridden(cart('2', 5), change);
    informer.updated(cart('2', 5), cart('1', 3)).reached('2');
    expect(framesOf(hub)).toEqual(['overridden cart=kubectl:5@', 'changed cart=5@2']);
    const frame = hub.ring.lend(hub.ring.base);
    expect(frame && String(frame.buffer.subarray(frame.start, frame.end))).toBe(
      'event: overridden\ndata: {"namespace":"default","deployment":"cart","by":"kubectl","at":"1970-01-01T00:16:40.000Z","from":3,"to":5}\n\n',
    );
  });

  it('know the labels before a change only if they were others', () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1');
    informer
      .updated(cart('2', 1, { labels: ['app', 'a'] }), cart('1', 1, { labels: ['app', 'a'] }))
      .reached('2');
    informer
      .updated(cart('3', 1, { labels: ['app', 'b'] }), cart('2', 1, { labels: ['app', 'a'] }))
      .reached('3');
    const { base } = hub.ring;
    expect([hub.ring.lend(base)?.previousLabels, hub.ring.lend(base + 1)?.previousLabels]).toEqual([
      undefined,
      ['app', 'a'],
    ]);
  });

  it('of thousands of changes at once are made in slices, in order, while others come', async () => {
    vi.useRealTimers();
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer], 64 * 1024 * 1024);
    informer.reached('1');
    const many = Array.from({ length: 20_000 }, (_, i) => deployment(`web-${i}`, `${i + 2}`));
    informer.added(...many).reached('30000');
    informer.deleted(deployment('web-0', '2')).reached('30001');
    expect(hub.position).toBe('1');
    await until(() => hub.position === '30001');
    const frames = framesOf(hub);
    expect(frames).toHaveLength(20_001);
    expect(frames[0]).toBe('changed web-0=1@');
    expect(frames.slice(-2)).toEqual(['changed web-19999=1@30000', 'gone web-0=1@30001']);
  });

  it('that cannot be made are logged, and make every reader begin again', async () => {
    const informer = new FollowedInformer();
    const { hub, log } = hubOf([informer]);
    informer.reached('1').added(cart('2')).reached('2');
    informer.added(deployment(BROKEN, '3')).reached('3').updated(cart('4'), cart('2')).reached('4');
    expect(log.lines).toMatchObject([{ level: 'error', context: { err: { message: 'no state' } } }]);
    expect(framesOf(hub)).toEqual(['changed cart=1@4']);
    expect(await hub.startAfter('2', never)).toMatchObject({ reset: true });
    expect(await hub.startAfter('3', never)).toMatchObject({ reset: false });
  });

  it('end when the cluster is no longer served', () => {
    const informer = new FollowedInformer();
    const { hub, counts } = hubOf([informer]);
    informer.reached('1');
    hub.close();
    informer.added(cart('2')).reached('2');
    expect([counts.closed, counts.told, hub.isClosed]).toEqual([1, 0, true]);
  });
});

describe('the position of several watched namespaces', () => {
  it('is the oldest of theirs, and no change is taken for known that only one of them has shown', async () => {
    const [a, b] = [new FollowedInformer(), new FollowedInformer()];
    const { hub } = hubOf([a, b]);
    a.reached('10');
    b.reached('20');
    expect(hub.position).toBe('10');
    a.added(deployment('one', '30')).reached('30');
    expect(hub.position).toBe('20');
    b.added(deployment('two', '25')).reached('25');
    expect(hub.position).toBe('25');
    expect(framesOf(hub)).toEqual(['changed one=1@20', 'changed two=1@25']);
    // 25 says nothing about the first frame, which is of 30.
    expect(await hub.startAfter('25', never)).toEqual({ next: hub.ring.base, position: '25', reset: false });
  });

  it('does not go back when a namespace is listed last', () => {
    const [a, b] = [new FollowedInformer(), new FollowedInformer()];
    const { hub } = hubOf([a, b]);
    a.reached('50');
    b.added(deployment('late', '3')).reached('40');
    expect(hub.position).toBe('50');
    expect(framesOf(hub)).toEqual(['changed late=1@']);
  });

  it('is not known to begin with what was listed from later', async () => {
    const [a, b] = [new FollowedInformer(), new FollowedInformer()];
    const subject = hubOf([a, b]);
    subject.state.synced = false;
    a.reached('100');
    subject.state.synced = true;
    b.reached('90');
    // The list of a holds changes up to 100, which a reader of 95 may not know and which have no frames.
    a.reached('110');
    b.reached('120');
    expect(await subject.hub.startAfter('95', never)).toMatchObject({ reset: true });
    expect(await subject.hub.startAfter('100', never)).toMatchObject({ reset: false });
  });
});

describe('a reader that knows nothing', () => {
  it('gets the frames after its position, also those that were made before it came', async () => {
    const [a, b] = [new FollowedInformer(), new FollowedInformer()];
    const { hub } = hubOf([a, b]);
    a.reached('10');
    b.reached('10');
    b.reached('20');
    a.added(deployment('known', '15')).reached('15');
    a.added(deployment('one', '30')).reached('30');
    // The states at 20, of another replica, may lack what is of 30.
    expect(hub.present).toEqual({ next: hub.ring.base + 1, position: '20', reset: false });
  });

  it('gets all frames of a step of which some have been made', async () => {
    vi.useRealTimers();
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer], 64 * 1024 * 1024);
    informer.reached('1');
    informer.added(...Array.from({ length: 20_000 }, (_, i) => deployment(`web-${i}`, `${i + 2}`)));
    informer.reached('30000');
    expect(hub.ring.next).toBeGreaterThan(hub.ring.base);
    expect(hub.present).toEqual({ next: hub.ring.base, position: '1', reset: false });
    await until(() => hub.position === '30000');
  });
});

describe('a reader that knows a position', () => {
  it('goes on after it', async () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1').added(cart('2')).reached('2').added(deployment('web', '3')).reached('3');
    const { base } = hub.ring;
    expect(await hub.startAfter('1', never)).toEqual({ next: base, position: '1', reset: false });
    expect(await hub.startAfter('2', never)).toEqual({ next: base + 1, position: '2', reset: false });
    expect(await hub.startAfter('3', never)).toEqual({ next: base + 2, position: '3', reset: false });
  });

  it.each(['', '0', 'x', '2.5', '2;3', 'default=2'])('begins again at the present after %j', async (id) => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1').added(cart('2')).reached('2');
    expect(await hub.startAfter(id, never)).toEqual({ next: hub.ring.next, position: '2', reset: true });
  });

  it('waits for a position that this replica has not reached', async () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1');
    const start = hub.startAfter('3', never);
    informer.added(cart('2')).reached('2').added(deployment('web', '4')).reached('4');
    expect(await start).toEqual({ next: hub.ring.base + 1, position: '3', reset: false });
  });

  it('begins again if that does not come', async () => {
    const informer = new FollowedInformer();
    const { hub } = hubOf([informer]);
    informer.reached('1');
    expect(await hub.startAfter('3', never)).toEqual({ next: hub.ring.next, position: '1', reset: true });
  });
});

describe('an API server that has gone back to an older state', () => {
  it('makes every reader begin again, and no id from before is trusted, even once it is passed', async () => {
    const informer = new FollowedInformer();
    const subject = hubOf([informer]);
    const { hub } = subject;
    informer.reached('1').added(cart('50')).reached('50');
    const before = hub.ring.next;
    informer.deleted(cart('50')).added(deployment('old', '20')).reached('30');
    expect(hub.position).toBe('30');
    expect(hub.ring.base).toBeGreaterThan(before);
    expect(framesOf(hub)).toEqual([]);
    informer.added(deployment('new', '40')).reached('40').added(deployment('newer', '60')).reached('60');
    for (const id of ['25', '35', '45', '50'])
      expect(await hub.startAfter(id, never)).toMatchObject({ reset: true });
    expect(await hub.startAfter('55', never)).toMatchObject({ reset: false, next: hub.ring.base + 1 });
  });

  it('is noticed by the position of one of several namespaces', () => {
    const [a, b] = [new FollowedInformer(), new FollowedInformer()];
    const { hub } = hubOf([a, b]);
    a.reached('100');
    b.reached('90');
    const before = hub.ring.next;
    a.reached('95');
    expect(hub.ring.base).toBeGreaterThan(before);
  });
});
