import { describe, expect, it, vi } from 'vitest';
import { withMirror } from '../../../support/kube/mirror.ts';
import { bookmarkLine, eventLine, listPage, widget } from '../../../support/kube/objects.ts';

const a1 = widget('a', '1');
const added = (name: string, resourceVersion: string) => eventLine('ADDED', widget(name, resourceVersion));

describe('a server that ends every watch at once', () => {
  it(
    'gets at most one watch per second, and no list after the first',
    withMirror(async (mirror) => {
      mirror.api.respond = ({ query }) => (query?.watch ? undefined : listPage([a1], '9'));
      mirror.informer.start();
      await mirror.requestsWithin(60_000);
      const { stats } = mirror.reflector;
      expect(stats.lists).toBe(1);
      expect(stats.watches).toBeGreaterThan(15);
      expect(stats.watches).toBeLessThanOrEqual(60);
      expect(stats.failures).toBeGreaterThanOrEqual(stats.watches - 1);
    }),
  );

  it(
    'and repeats the same event each time gets at most one watch per second',
    withMirror(async (mirror) => {
      mirror.api.respond = ({ query }) => (query?.watch ? added('b', '10') : listPage([a1], '9'));
      mirror.informer.start();
      // The list, the watch that had the event for the first time, and then one per second.
      expect(await mirror.requestsWithin(60_000)).toBeLessThanOrEqual(62);
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10']);
    }),
  );

  it(
    'gets the next watch at once if the last one brought news',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(bookmarkLine('10'));
      await watch.end();
      await mirror.api.nextWatch();
      expect(mirror.reflector.stats.failures).toBe(0);
    }),
  );
});

describe('a broken line of a watch', () => {
  it.each([
    ['not JSON', '{"type":"ADDED","object":{"metadata":\n'],
    ['not an event', '"ADDED"\n'],
    ['an event of an unknown type', '{"type":"RENAMED","object":{}}\n'],
    ['an object without a name', added('', '11')],
    ['a bookmark without a resourceVersion', bookmarkLine('')],
  ])('that is %s is counted, and the watch resumes after the last good event', (_, line) =>
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(added('b', '10'), line, added('d', '12'));
      expect(watch.closed).toBe(true);
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10']);
      expect(mirror.reflector.stats.parseErrors).toBe(1);
      await mirror.delayOfNextRequest();
      const resumed = await mirror.api.nextWatch();
      expect(resumed.request.query).toMatchObject({ resourceVersion: '10' });
      await (await resumed.accept()).send(added('c', '11'), added('d', '12'));
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10', 'default/c@11', 'default/d@12']);
      expect(mirror.reflector.stats.lists).toBe(1);
      expect(mirror.log.lines.some(({ level }) => level === 'warn')).toBe(true);
    })(),
  );

  it(
    'at which the response ends is counted, and the event is not lost',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(added('b', '10'), added('c', '11').slice(0, 40));
      await watch.end();
      expect(mirror.reflector.stats.parseErrors).toBe(1);
      await mirror.delayOfNextRequest();
      const resumed = await mirror.api.nextWatch();
      expect(resumed.request.query).toMatchObject({ resourceVersion: '10' });
    }),
  );

  it(
    'that comes back in each watch is skipped by a list after the third time',
    withMirror(async (mirror) => {
      let watch = await mirror.synced('9', a1);
      for (let time = 1; time <= 2; time += 1) {
        await watch.send('garbage\n');
        await mirror.delayOfNextRequest();
        watch = await (await mirror.api.nextWatch()).accept();
      }
      expect(mirror.reflector.stats.lists).toBe(1);
      await watch.send('garbage\n');
      await mirror.delayOfNextRequest();
      await mirror.relisted('20', widget('b', '15'));
      expect(mirror.content).toEqual(['default/b@15']);
      expect(mirror.reflector.stats).toMatchObject({ parseErrors: 3, relists: { malformed: 1 } });
    }),
  );

  it(
    'now and then, with news between them, never causes a list',
    withMirror(async (mirror) => {
      let watch = await mirror.synced('9', a1);
      for (let time = 1; time <= 5; time += 1) {
        await watch.send(bookmarkLine(String(9 + time)), 'garbage\n');
        await mirror.delayOfNextRequest();
        watch = await (await mirror.api.nextWatch()).accept();
      }
      expect(mirror.reflector.stats).toMatchObject({ lists: 1, parseErrors: 5 });
    }),
  );

  it(
    'in every watch forever causes at most one request per second',
    withMirror(async (mirror) => {
      mirror.api.respond = () => 'garbage';
      mirror.informer.start();
      expect(await mirror.requestsWithin(60_000)).toBeLessThanOrEqual(61);
      expect(mirror.reflector.synced).toBe(false);
    }),
  );
});

describe('a server that sends events out of order', () => {
  it(
    'gets at most one list per second',
    withMirror(async (mirror) => {
      vi.spyOn(Math, 'random').mockReturnValue(0.5);
      let watch = await mirror.synced('9', a1);
      const start = performance.now();
      for (let time = 1; time <= 20; time += 1) {
        await watch.send(added('c', '20'), added('d', '15'));
        await mirror.delayOfNextRequest();
        watch = await mirror.relisted('9', a1);
      }
      expect(performance.now() - start).toBeGreaterThanOrEqual(20_000);
    }),
  );
});
