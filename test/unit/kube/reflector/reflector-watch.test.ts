import { describe, expect, it, vi } from 'vitest';
import { withMirror } from '../../../support/kube/mirror.ts';
import { bookmarkLine, eventLine, widget } from '../../../support/kube/objects.ts';

const a1 = widget('a', '1');

describe('the request of a watch', () => {
  it(
    'starts at the resourceVersion of the list and asks for bookmarks',
    withMirror(async (mirror) => {
      const { api } = mirror;
      await mirror.synced('9', a1);
      expect(api.requests.at(-1)).toMatchObject({
        kind: 'watch',
        request: {
          path: '/apis/example.com/v1/widgets',
          query: { watch: true, allowWatchBookmarks: true, resourceVersion: '9' },
        },
      });
    }),
  );

  it.each([
    { random: 0, seconds: 300 },
    { random: 0.5, seconds: 450 },
    { random: 0.999_999, seconds: 600 },
  ])(
    'asks the API server to end it after $seconds s if the random number is $random',
    ({ random, seconds }) =>
      withMirror(async (mirror) => {
        vi.spyOn(Math, 'random').mockReturnValue(random);
        await mirror.synced('9', a1);
        expect(mirror.api.requests.at(-1)?.request.query?.timeoutSeconds).toBe(seconds);
      })(),
  );

  it(
    'gives the API server 15 s to start its answer',
    withMirror(async (mirror) => {
      await mirror.synced('9', a1);
      expect(mirror.api.requests.at(-1)).toMatchObject({ kind: 'watch', request: { deadlineMs: 15_000 } });
    }),
  );
});

describe('events of a watch', () => {
  it(
    'add, change and delete objects in the mirror',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(eventLine('ADDED', widget('b', '10')));
      await watch.send(eventLine('MODIFIED', widget('a', '11', { size: 7 })));
      expect(mirror.content).toEqual(['default/a@11', 'default/b@10']);
      expect(mirror.store.get('default', 'a')?.size).toBe(7);
      await watch.send(eventLine('DELETED', widget('b', '12')));
      expect(mirror.content).toEqual(['default/a@11']);
      expect(mirror.reflector).toMatchObject({
        resourceVersion: '12',
        stats: { lists: 1, watches: 1, failures: 0, events: { ADDED: 1, MODIFIED: 1, DELETED: 1 } },
      });
    }),
  );

  it(
    'that are repeated change nothing',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      const changed = eventLine('MODIFIED', widget('a', '10', { size: 7 }));
      await watch.send(changed, changed);
      const deleted = eventLine('DELETED', widget('a', '11'));
      await watch.send(deleted, deleted);
      expect(mirror.content).toEqual([]);
      expect(mirror.reflector).toMatchObject({ resourceVersion: '11', stats: { failures: 0, lists: 1 } });
      expect(watch.closed).toBe(false);
    }),
  );

  it(
    'count as contact with the API server, as bookmarks do',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.send(eventLine('ADDED', widget('b', '10')));
      expect(mirror.reflector.lastContactAt).toBe(performance.now());
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.send(bookmarkLine('10'));
      expect(mirror.reflector.lastContactAt).toBe(performance.now());
    }),
  );

  it.each([
    ['an event older than one before it', eventLine('ADDED', widget('c', '15'))],
    ['an older state of an object that it holds', eventLine('MODIFIED', widget('a', '3'))],
    ['a deletion older than the last change of that object', eventLine('DELETED', widget('a', '19'))],
    ['a bookmark older than an event before it', bookmarkLine('15')],
  ])('are not trusted after %s: the mirror lists again and takes the state of the list', (_, line) =>
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(eventLine('MODIFIED', widget('a', '20')));
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(line);
      expect(watch.closed).toBe(true);
      expect(mirror.content).toEqual(['default/a@20']);
      await mirror.relisted('25', widget('c', '15'));
      expect(mirror.content).toEqual(['default/c@15']);
      expect(mirror.reflector.stats.relists.outOfOrder).toBe(1);
    })(),
  );

  it(
    'of an API server with opaque resourceVersions are applied in order of arrival',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('zeta', widget('a', 'zeta'));
      await watch.send(eventLine('MODIFIED', widget('a', 'alpha', { size: 2 })));
      await watch.send(eventLine('ADDED', widget('b', 'Gamma')), bookmarkLine('beta'));
      expect(mirror.content).toEqual(['default/a@alpha', 'default/b@Gamma']);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: 'beta' });
      expect(mirror.reflector.stats.lists).toBe(1);
    }),
  );
});

describe('a watch that ended', () => {
  it(
    'resumes at once after the last event if the API server ended it',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.send(eventLine('ADDED', widget('b', '10')));
      await watch.end();
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '10' });
      expect(mirror.reflector.stats).toMatchObject({ lists: 1, failures: 0 });
    }),
  );

  it(
    'resumes after the last bookmark, which may be newer than the last event',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(eventLine('ADDED', widget('b', '10')), bookmarkLine('500'));
      await watch.end();
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '500' });
      expect(mirror.reflector.stats.lists).toBe(1);
    }),
  );

  it(
    'resumes after the last event, without a list, if its connection broke',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(eventLine('ADDED', widget('b', '10')));
      await watch.break();
      expect(await mirror.delayOfNextRequest()).toBeLessThanOrEqual(800);
      const resumed = await mirror.api.nextWatch();
      expect(resumed.request.query).toMatchObject({ resourceVersion: '10' });
      await (await resumed.accept()).send(eventLine('ADDED', widget('c', '11')));
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10', 'default/c@11']);
      expect(mirror.reflector.stats.lists).toBe(1);
    }),
  );
});

describe('a silent watch', () => {
  it.each([
    { random: 0, limit: 90_000 },
    { random: 0.999_999, limit: 120_000 },
  ])('is closed after $limit ms if the random number is $random, and a list follows', ({ random, limit }) =>
    withMirror(async (mirror) => {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(limit - 1_000);
      expect(watch.closed).toBe(false);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(watch.closed).toBe(true);
      await vi.advanceTimersByTimeAsync(1);
      await mirror.relisted('20', a1);
      expect(mirror.reflector.stats.relists.silence).toBe(1);
    })(),
  );

  it(
    'stays open as long as a bookmark comes once per minute',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      for (let minute = 1; minute <= 9; minute += 1) {
        await vi.advanceTimersByTimeAsync(60_000);
        await watch.send(bookmarkLine(String(9 + minute)));
      }
      expect(watch.closed).toBe(false);
      expect(mirror.reflector.stats).toMatchObject({ watches: 1, failures: 0 });
    }),
  );
});
