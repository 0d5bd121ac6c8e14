import { describe, expect, it, vi } from 'vitest';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import { eventLine, listPage, widget } from '../../../support/kube/objects.ts';

const a1 = widget('a', '1');
const forbidden = new KubeStatusError(403, 'Forbidden', 'widgets.example.com is forbidden');
const notServed = new KubeStatusError(404, 'NotFound', 'the server could not find the requested resource');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');
const RETRY = { least: 45_000, most: 75_000 };

const withOptional = (body: (mirror: Mirror) => Promise<void>) => withMirror(body, { optional: true });

async function expectLongPause(mirror: Mirror): Promise<void> {
  const delay = await mirror.delayOfNextRequest();
  expect(delay).toBeGreaterThanOrEqual(RETRY.least);
  expect(delay).toBeLessThanOrEqual(RETRY.most);
}

describe('an optional collection that is forbidden', () => {
  it(
    'is not an outage, is not logged by the reflector, and is tried again with long pauses',
    withOptional(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(forbidden);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await expectLongPause(mirror);
        await (await mirror.api.nextCall()).fail(forbidden);
      }
      expect(mirror.told).toEqual(['forbidden']);
      expect(mirror.reflector).toMatchObject({ synced: false, refused: true, lastError: undefined });
      expect(mirror.reflector.stats.failures).toBe(4);
      expect(mirror.log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    }),
  );

  it(
    'is used once the right is granted',
    withOptional(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(forbidden);
      await expectLongPause(mirror);
      await mirror.relisted('9', a1);
      expect(mirror.told).toEqual(['forbidden', 'served']);
      expect(mirror.content).toEqual(['default/a@1']);
    }),
  );

  it(
    'to watch, though it may be listed, is never called served',
    withOptional(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).answer(listPage([a1], '9'));
      await (await mirror.api.nextWatch()).refuse(forbidden);
      expect(mirror.told).toEqual(['forbidden']);
    }),
  );

  it(
    'for a moment after it was served, as by an API server that has just started, is not called so',
    withOptional(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.break(refused);
      await mirror.delayOfNextRequest();
      await (await mirror.api.nextWatch()).refuse(forbidden);
      expect(await mirror.delayOfNextRequest()).toBeLessThan(5_000);
      await (await mirror.api.nextWatch()).accept();
      // The middle one tells of the outage, the last one of its end.
      expect(mirror.told).toEqual(['served', 'served', 'served']);
    }),
  );

  it(
    'for longer after it was served keeps its last state',
    withOptional(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      const from = performance.now();
      do {
        await (await mirror.api.nextWatch()).refuse(forbidden);
        if (mirror.reflector.availability === 'served') await mirror.delayOfNextRequest();
      } while (mirror.reflector.availability === 'served');
      expect(performance.now() - from).toBeGreaterThanOrEqual(10_000);
      expect(performance.now() - from).toBeLessThan(15_000);
      expect(mirror.told).toEqual(['served', 'forbidden']);
      expect(mirror.content).toEqual(['default/a@1']);
      await expectLongPause(mirror);
      const again = await (await mirror.api.nextWatch()).accept();
      await again.send(eventLine('ADDED', widget('b', '10')));
      expect(mirror.told).toEqual(['served', 'forbidden', 'served']);
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10']);
    }),
  );
});

describe('an optional collection that the API server does not serve', () => {
  it(
    'is known to be empty, is not a failure, and is tried again with long pauses',
    withOptional(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(notServed);
      expect(mirror.told).toEqual(['notServed']);
      expect(mirror.reflector).toMatchObject({ synced: true, lastError: undefined, resourceVersion: '' });
      expect(mirror.reflector.stats.failures).toBe(0);
      await expectLongPause(mirror);
      await mirror.relisted('9', a1);
      expect(mirror.told).toEqual(['notServed', 'served']);
      expect(mirror.content).toEqual(['default/a@1']);
    }),
  );

  it(
    'after it was served is empty, and is listed again',
    withOptional(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      await (await mirror.api.nextWatch()).refuse(notServed);
      expect(mirror.told).toEqual(['served', 'notServed']);
      expect(mirror.content).toEqual([]);
      await expectLongPause(mirror);
      // The new collection may have older resourceVersions, for example in another etcd.
      await mirror.relisted('5', widget('b', '4'));
      expect(mirror.content).toEqual(['default/b@4']);
    }),
  );
});

it(
  'an outage of an optional collection is told when it begins and when it ends, and is tried again soon',
  withOptional(async (mirror) => {
    const watch = await mirror.synced('9', a1);
    await watch.break(refused);
    await mirror.delayOfNextRequest();
    await (await mirror.api.nextWatch()).refuse(refused);
    expect(await mirror.delayOfNextRequest()).toBeLessThan(5_000);
    expect(mirror.told).toEqual(['served', 'served']);
    expect(mirror.reflector.lastError).toBeDefined();
    await (await mirror.api.nextWatch()).accept();
    expect(mirror.told).toEqual(['served', 'served', 'served']);
    expect(mirror.reflector.lastError).toBeUndefined();
  }),
);

it(
  'a required collection that is not served is an outage',
  withMirror(async (mirror) => {
    mirror.informer.start();
    await (await mirror.api.nextCall()).fail(notServed);
    expect(mirror.reflector).toMatchObject({ synced: false, lastError: notServed });
    expect(await mirror.delayOfNextRequest()).toBeLessThan(5_000);
  }),
);
