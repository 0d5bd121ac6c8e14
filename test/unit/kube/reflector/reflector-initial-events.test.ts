import { describe, expect, it, vi } from 'vitest';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import {
  bookmarkLine,
  endLine,
  errorLine,
  eventLine,
  initialLines,
  listPage,
  WIDGETS,
  widget,
} from '../../../support/kube/objects.ts';
import { type OpenWatch, WATCH_LIST_IS_OFF } from '../../../support/kube/scripted-api.ts';

const a1 = widget('a', '1');
const b2 = widget('b', '2');
const added = (name: string, version: string) => eventLine('ADDED', widget(name, version));

/** A test body with a mirror of an API server that has watches with initial events. */
function withStreamingServer(body: (mirror: Mirror) => Promise<void>): () => Promise<void> {
  return withMirror(async (mirror) => {
    mirror.api.servesInitialEvents = true;
    await body(mirror);
  });
}

/** Starts the mirror and accepts the watch by which it lists. */
async function listing(mirror: Mirror): Promise<OpenWatch> {
  mirror.informer.start();
  return await (await mirror.api.nextWatch()).accept();
}

/** Mirrors a1 at resourceVersion 9 by initial events. */
async function synced(mirror: Mirror): Promise<OpenWatch> {
  const watch = await listing(mirror);
  await watch.send(initialLines([a1], '9'));
  return watch;
}

describe('the first list by initial events', () => {
  it(
    'is a watch without a resourceVersion that requests the newest state and bookmarks',
    withStreamingServer(async (mirror) => {
      await listing(mirror);
      const [{ kind, request } = { kind: 'call', request: undefined }] = mirror.api.requests;
      expect({ kind, request }).toMatchObject({
        kind: 'watch',
        request: { path: WIDGETS, deadlineMs: 15_000 },
      });
      expect(request?.query).toEqual({
        watch: true,
        allowWatchBookmarks: true,
        sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan',
        timeoutSeconds: expect.any(Number),
      });
    }),
  );

  it(
    'shows readers nothing before its end, and then everything at once',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      await watch.send(added('a', '1'), added('b', '2'));
      expect([mirror.content, mirror.reflector.synced]).toEqual([[], false]);
      await watch.send(endLine('9'));
      expect(mirror.content).toEqual(['default/a@1', 'default/b@2']);
      expect(mirror.reflector).toMatchObject({ synced: true, resourceVersion: '9' });
    }),
  );

  it(
    'continues as the watch: no other request follows, and list and watch are counted once each',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      await watch.send(initialLines([a1, b2], '9') + eventLine('MODIFIED', widget('a', '10')));
      await watch.send(eventLine('DELETED', widget('b', '11')));
      expect(mirror.content).toEqual(['default/a@10']);
      expect(mirror.api.requests).toHaveLength(1);
      expect(mirror.reflector).toMatchObject({
        resourceVersion: '11',
        stats: {
          lists: 1,
          watches: 1,
          failures: 0,
          events: { ADDED: 0, MODIFIED: 1, DELETED: 1, BOOKMARK: 0 },
        },
      });
    }),
  );

  it(
    'is as old as its request, however long it takes, until an event or a bookmark confirms more',
    withStreamingServer(async (mirror) => {
      mirror.informer.start();
      const askedAt = performance.now();
      const pending = await mirror.api.nextWatch();
      await vi.advanceTimersByTimeAsync(1_000);
      const watch = await pending.accept();
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.send(initialLines([a1], '9'));
      expect(mirror.reflector.lastContactAt).toBe(askedAt);
      await vi.advanceTimersByTimeAsync(5_000);
      // This event may have waited behind the initial events.
      await watch.send(added('b', '10'));
      expect(mirror.reflector.lastContactAt).toBe(performance.now() - 3_000);
      await watch.send(bookmarkLine('11'));
      expect(mirror.reflector.lastContactAt).toBe(performance.now());
    }),
  );

  it(
    'counts as contact only at its end: until then the content of the mirror keeps its age',
    withStreamingServer(async (mirror) => {
      mirror.api.respond = () => new KubeUnreachableError(false, 'connect ECONNREFUSED');
      mirror.informer.start();
      await mirror.requestsWithin(1);
      expect(mirror.reflector.lastError).toBeDefined();
      mirror.api.respond = undefined;
      await vi.advanceTimersByTimeAsync(60 * 60_000);
      await (await mirror.api.nextCall()).answer(listPage([a1], '9'));
      const watch = await (await mirror.api.nextWatch()).accept();
      await watch.send(errorLine(410, 'too old resource version'));
      await vi.advanceTimersByTimeAsync(1_000);
      const relist = await (await mirror.api.nextWatch()).accept();
      await relist.send(added('a', '1'));
      expect(mirror.reflector.lastError).toBeDefined();
      await relist.send(endLine('20'));
      expect(mirror.reflector.lastError).toBeUndefined();
    }),
  );

  it(
    'does not fail from the moment at which the API server accepts it, unless it breaks off',
    withStreamingServer(async (mirror) => {
      await (await synced(mirror)).send(errorLine(410, 'too old resource version'));
      expect(mirror.reflector.failure).toBeDefined();
      await vi.advanceTimersByTimeAsync(1_000);
      const relist = await (await mirror.api.nextWatch()).accept();
      expect(mirror.reflector.failure).toBeUndefined();
      await relist.send(added('a', '1'));
      await relist.break();
      expect(mirror.reflector.failure).toBeDefined();
      // Only what has ended shows that the next one may: a list that always breaks off is an outage.
      await vi.advanceTimersByTimeAsync(3_000);
      await (await mirror.api.nextCall()).answer(listPage([a1], '20', 'next'));
      expect(mirror.reflector.failure).toBeDefined();
      await (await mirror.api.nextCall()).answer(listPage([b2], '20'));
      expect(mirror.reflector.failure).toBeUndefined();
    }),
  );

  it(
    'is followed by a watch from its resourceVersion after it ends and the API server has reported its position',
    withStreamingServer(async (mirror) => {
      const watch = await synced(mirror);
      await vi.advanceTimersByTimeAsync(20_000);
      await watch.end();
      expect(mirror.api.requests.at(-2)?.request.query).toEqual({ limit: 1 });
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '9' });
      expect(mirror.reflector.stats).toMatchObject({ lists: 1, watches: 2, failures: 0 });
    }),
  );

  it(
    'counts as a failure if its watch ends right after it, and the next watch waits',
    withStreamingServer(async (mirror) => {
      const watch = await synced(mirror);
      await watch.end();
      expect(mirror.reflector.stats.failures).toBe(1);
      expect(await mirror.delayOfNextRequest()).toBeGreaterThanOrEqual(1_000);
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '9' });
    }),
  );

  it(
    'is repeated by initial events if its watch is silent afterwards',
    withStreamingServer(async (mirror) => {
      const watch = await synced(mirror);
      await vi.advanceTimersByTimeAsync(89_000);
      expect(watch.closed).toBe(false);
      await vi.advanceTimersByTimeAsync(31_001);
      expect(watch.closed).toBe(true);
      const relist = await mirror.api.nextWatch();
      expect(relist.request.query).toMatchObject({ sendInitialEvents: true });
      expect(mirror.reflector.stats).toMatchObject({ lists: 2, relists: { silence: 1 } });
    }),
  );
});

describe('initial events that are incomplete', () => {
  it.each<[string, (watch: OpenWatch) => Promise<void>]>([
    ['break off', (watch) => watch.break()],
    ['end', (watch) => watch.end()],
    ['contain a broken line', (watch) => watch.send('{"type":\n')],
    ['end with an error of the API server', (watch) => watch.send(errorLine(500, 'etcd is down'))],
    ['are out of order', (watch) => watch.send(eventLine('MODIFIED', widget('c', '2')))],
  ])('because they %s leave the store unchanged, and the list is tried in pages after a wait', (_, happens) =>
    withStreamingServer(async (mirror) => {
      const first = await synced(mirror);
      await vi.advanceTimersByTimeAsync(5_000);
      await first.send(errorLine(410, 'too old resource version'));
      await vi.advanceTimersByTimeAsync(1_000);
      const relist = await (await mirror.api.nextWatch()).accept();
      await relist.send(added('b', '15'), added('c', '16'));
      await happens(relist);
      expect(relist.closed).toBe(true);
      expect(mirror.content).toEqual(['default/a@1']);
      expect(await mirror.delayOfNextRequest()).toBeGreaterThan(0);
      await (await mirror.api.nextCall()).answer(listPage([b2], '20'));
      expect(mirror.content).toEqual(['default/b@2']);
    })(),
  );

  it(
    'because they are silent for 5 s are replaced by pages at once',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      for (let second = 0; second < 12; second += 4) {
        await watch.send(added(`a${second}`, '1'));
        await vi.advanceTimersByTimeAsync(4_000);
      }
      expect(watch.closed).toBe(false);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(watch.closed).toBe(true);
      await (await mirror.api.nextCall()).answer(listPage([a1], '9'));
      expect(mirror.content).toEqual(['default/a@1']);
      expect(mirror.reflector.stats).toMatchObject({ lists: 1, failures: 0 });
    }),
  );

  it(
    'after 45 s are replaced by pages at once, because every API server compresses pages',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      for (let second = 0; second < 45; second += 1) {
        expect(watch.closed).toBe(false);
        await watch.send(added(`a${second}`, '1'));
        await vi.advanceTimersByTimeAsync(1_000);
      }
      expect(watch.closed).toBe(true);
      await mirror.api.nextCall();
    }),
  );

  it(
    'because a server ignores the parameters are replaced by pages at its first bookmark',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      await watch.send(added('a', '1'), bookmarkLine('9'));
      expect(watch.closed).toBe(true);
      await (await mirror.api.nextCall()).answer(listPage([b2], '9'));
      expect(mirror.content).toEqual(['default/b@2']);
      expect(mirror.reflector.stats.failures).toBe(0);
    }),
  );
});

describe('an API server that refuses initial events', () => {
  it(
    'is asked for pages at once, and no failure is counted',
    withStreamingServer(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextWatch()).refuse(WATCH_LIST_IS_OFF);
      await (await mirror.api.nextCall()).answer(listPage([a1], '9'));
      expect(mirror.content).toEqual(['default/a@1']);
      expect(mirror.reflector).toMatchObject({ lastError: undefined, stats: { lists: 1, failures: 0 } });
    }),
  );

  it(
    'is asked for them again by the first list after an hour, not before',
    withStreamingServer(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextWatch()).refuse(WATCH_LIST_IS_OFF);
      let watch = await mirror.relisted('9', a1);
      const relist = async (minutes: number) => {
        for (let minute = 0; minute < minutes; minute += 1) {
          await watch.send(bookmarkLine('9'));
          await vi.advanceTimersByTimeAsync(60_000);
        }
        await watch.send(errorLine(410, 'too old resource version'));
      };
      await relist(59);
      watch = await mirror.relisted('9', a1);
      await relist(2);
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ sendInitialEvents: true });
    }),
  );

  it(
    'differs from one that refuses the account with 403, which is a failure and causes a wait',
    withStreamingServer(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextWatch()).refuse(
        new KubeStatusError(403, 'Forbidden', 'User "a" cannot watch'),
      );
      expect(mirror.reflector).toMatchObject({ refused: true, stats: { failures: 1 } });
      expect(await mirror.delayOfNextRequest()).toBeGreaterThan(0);
    }),
  );
});

describe('the stop of a reflector', () => {
  it(
    'during initial events closes the watch and leaves the store unchanged',
    withStreamingServer(async (mirror) => {
      const watch = await listing(mirror);
      await watch.send(added('a', '1'));
      await mirror.informer.stop();
      expect([watch.closed, mirror.content]).toEqual([true, []]);
      expect(mirror.reflector.stats.failures).toBe(0);
    }),
  );
});
