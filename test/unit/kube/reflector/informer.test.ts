import { describe, expect, it, vi } from 'vitest';
import type { InformerHandler } from '../../../../src/kube/reflector/informer.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import { bookmarkLine, errorLine, eventLine, type Widget, widget } from '../../../support/kube/objects.ts';

const a1 = widget('a', '1');
const b2 = widget('b', '2');

/** Records each notification, and what the store holds at that moment. */
function scribe(mirror: Mirror, told: string[]): InformerHandler<Widget> {
  const held = ({ namespace, name }: Widget) => mirror.store.get(namespace, name)?.resourceVersion ?? 'none';
  return {
    added: (item) => told.push(`added ${item.name}@${item.resourceVersion}, held ${held(item)}`),
    updated: (item, previous) =>
      told.push(
        `updated ${item.name}@${previous.resourceVersion} to ${item.resourceVersion}, held ${held(item)}`,
      ),
    deleted: (item) => told.push(`deleted ${item.name}@${item.resourceVersion}, held ${held(item)}`),
  };
}

/** A mirror that holds a1 and b2, and the later notifications of its only handler. */
async function listened(mirror: Mirror) {
  const told: string[] = [];
  const watch = await mirror.synced('9', a1, b2);
  const unsubscribe = mirror.informer.addHandler(scribe(mirror, told));
  const relist = async (resourceVersion: string, ...items: readonly Widget[]) => {
    await vi.advanceTimersByTimeAsync(11_000);
    await watch.send(errorLine(410, 'too old resource version'));
    await mirror.relisted(resourceVersion, ...items);
  };
  return { told, watch, unsubscribe, relist };
}

describe('a handler of an informer', () => {
  it(
    'is notified of each object of the first list',
    withMirror(async (mirror) => {
      const told: string[] = [];
      mirror.informer.addHandler(scribe(mirror, told));
      await mirror.synced('9', a1, b2);
      expect(told).toEqual(['added a@1, held 1', 'added b@2, held 2']);
    }),
  );

  it(
    'is notified of each event after the store holds it',
    withMirror(async (mirror) => {
      const { told, watch } = await listened(mirror);
      await watch.send(eventLine('ADDED', widget('c', '10')));
      await watch.send(eventLine('MODIFIED', widget('a', '11')));
      await watch.send(eventLine('DELETED', widget('b', '12')));
      expect(told).toEqual(['added c@10, held 10', 'updated a@1 to 11, held 11', 'deleted b@2, held none']);
    }),
  );

  it(
    'is not notified of bookmarks or repeated events',
    withMirror(async (mirror) => {
      const { told, watch } = await listened(mirror);
      const line = eventLine('MODIFIED', widget('a', '11'));
      await watch.send(line, line, bookmarkLine('12'));
      expect(told).toEqual(['updated a@1 to 11, held 11']);
    }),
  );

  it(
    'is notified of a relist as the changes that it amounts to',
    withMirror(async (mirror) => {
      const { told, relist } = await listened(mirror);
      await relist('20', widget('b', '15'), widget('c', '16'));
      expect(told).toEqual(['updated b@2 to 15, held 15', 'added c@16, held 16', 'deleted a@1, held none']);
    }),
  );

  it(
    'is not notified of a relist that changed nothing',
    withMirror(async (mirror) => {
      const { told, relist } = await listened(mirror);
      await relist('20', b2, a1);
      expect(told).toEqual([]);
    }),
  );

  it(
    'is notified of a deletion and an addition if a relist has the name of a widget with another uid',
    withMirror(async (mirror) => {
      const { told, relist } = await listened(mirror);
      await relist('20', a1, widget('b', '15', { uid: 'another' }));
      expect(told).toEqual(['deleted b@2, held 15', 'added b@15, held 15']);
    }),
  );

  it(
    'is notified of a deletion and an addition if an event has the name of a widget with another uid',
    withMirror(async (mirror) => {
      const { told, watch } = await listened(mirror);
      await watch.send(eventLine('MODIFIED', widget('b', '15', { uid: 'another' })));
      expect(told).toEqual(['deleted b@2, held 15', 'added b@15, held 15']);
    }),
  );

  it(
    'is not notified after it has unsubscribed',
    withMirror(async (mirror) => {
      const { told, watch, unsubscribe } = await listened(mirror);
      unsubscribe();
      await watch.send(eventLine('ADDED', widget('c', '10')));
      expect(told).toEqual([]);
    }),
  );

  it(
    'that throws affects neither other handlers nor the mirror, and is logged',
    withMirror(async (mirror) => {
      const failing = () => {
        throw new Error('a bug in a handler');
      };
      mirror.informer.addHandler({ added: failing, updated: failing, deleted: failing });
      const { told, watch, relist } = await listened(mirror);
      await watch.send(eventLine('ADDED', widget('c', '10')), eventLine('DELETED', widget('b', '11')));
      await relist('20', widget('a', '15'));
      expect(told).toEqual([
        'added c@10, held 10',
        'deleted b@2, held none',
        'updated a@1 to 15, held 15',
        'deleted c@10, held none',
      ]);
      expect(mirror.reflector.stats.failures).toBe(1); // the 410 that caused the relist
      // Twice at the first list, twice in the watch, twice at the relist.
      expect(mirror.log.lines.filter(({ level }) => level === 'error')).toHaveLength(6);
    }),
  );
});

describe('waitFor of an informer', () => {
  it(
    'returns true when an event reaches the resourceVersion, after the store holds it',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      const held = mirror.informer.waitFor('10', 1_000).then((reached) => [reached, mirror.content]);
      await watch.send(eventLine('MODIFIED', widget('a', '10')));
      expect(await held).toEqual([true, ['default/a@10']]);
    }),
  );

  it.each([
    ['a bookmark', bookmarkLine('12')],
    ['a later event', eventLine('ADDED', widget('z', '12'))],
  ])('returns true when %s passes the resourceVersion', (_, line) =>
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      const wait = mirror.informer.waitFor('10', 1_000);
      await watch.send(line);
      expect(await wait).toBe(true);
    })(),
  );

  it(
    'waits for the first list, and then returns true for a resourceVersion that the list reached',
    withMirror(async (mirror) => {
      const wait = mirror.informer.waitFor('7', 1_000);
      await mirror.synced('9', a1);
      expect(await wait).toBe(true);
      expect(await mirror.informer.waitFor('9', 1_000)).toBe(true);
      expect(await mirror.informer.waitFor('7', 1_000)).toBe(true);
    }),
  );

  it(
    'returns false when the time is over',
    withMirror(async (mirror) => {
      await mirror.synced('9', a1);
      const wait = mirror.informer.waitFor('10', 1_000);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await wait).toBe(false);
    }),
  );

  it(
    'returns false when the mirror stops',
    withMirror(async (mirror) => {
      await mirror.synced('9', a1);
      const wait = mirror.informer.waitFor('10', 1_000);
      await mirror.informer.stop();
      expect(await wait).toBe(false);
    }),
  );
});

describe('the progress of an informer', () => {
  it(
    'is told after the changes that belong to it, also when nothing has changed',
    withMirror(async (mirror) => {
      const told: string[] = [];
      mirror.informer.addHandler(scribe(mirror, told));
      mirror.informer.addProgressListener((resourceVersion) => told.push(`reached ${resourceVersion}`));
      const watch = await mirror.synced('9', a1);
      await watch.send(eventLine('MODIFIED', widget('a', '10')));
      await watch.send(bookmarkLine('12'));
      expect(told).toEqual([
        'added a@1, held 1',
        'reached 9',
        'updated a@1 to 10, held 10',
        'reached 10',
        'reached 12',
      ]);
    }),
  );
});
