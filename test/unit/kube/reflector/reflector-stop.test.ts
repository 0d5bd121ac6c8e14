import { describe, expect, it, vi } from 'vitest';
import { KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import { eventLine, listPage, widget } from '../../../support/kube/objects.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

const a1 = widget('a', '1');

/** Stops the mirror and checks that nothing happens afterwards, however long the wait. */
async function expectFinal(mirror: Mirror, late: () => Promise<unknown>): Promise<void> {
  await mirror.informer.stop();
  expect(vi.getTimerCount()).toBe(0);
  const { content, api, reflector } = mirror;
  const requests = api.requests.length;
  const { resourceVersion, lastContactAt } = reflector;
  await late();
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(mirror.content).toEqual(content);
  expect(api.requests).toHaveLength(requests);
  expect(reflector).toMatchObject({ resourceVersion });
  expect(reflector.lastContactAt).toBe(lastContactAt);
}

/** A watch that ends with this promise. */
async function* slowToEnd(end: Promise<never>): AsyncGenerator<Buffer> {
  yield Buffer.from('\n');
  await end;
}

describe('the stop of a reflector', () => {
  it(
    'during a list drops the late answer',
    withMirror(async (mirror) => {
      mirror.informer.start();
      const list = await mirror.api.nextCall();
      await expectFinal(mirror, () => list.answer(listPage([a1], '9')));
    }),
  );

  it(
    'between two pages of a list leaves the store unchanged',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).answer(listPage([a1], '9', 'token'));
      const second = await mirror.api.nextCall();
      await expectFinal(mirror, () => second.answer(listPage([], '9')));
      expect(mirror.store.size).toBe(0);
    }),
  );

  it(
    'during a wait before a retry ends the wait',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(new KubeUnreachableError(false, 'refused'));
      await expectFinal(mirror, flush);
    }),
  );

  it(
    'while a watch is being opened drops the watch',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).answer(listPage([a1], '9'));
      const opening = await mirror.api.nextWatch();
      await expectFinal(mirror, () => opening.accept());
    }),
  );

  it(
    'during a watch closes it and drops late events',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await expectFinal(mirror, () => watch.send(eventLine('ADDED', widget('b', '10'))));
      expect(watch.closed).toBe(true);
    }),
  );

  it(
    'waits until the watch has ended, however long that takes',
    withMirror(async (mirror) => {
      const { promise, reject } = Promise.withResolvers<never>();
      mirror.informer.start();
      const list = await mirror.api.nextCall();
      vi.spyOn(mirror.api, 'watch').mockResolvedValue(slowToEnd(promise));
      await list.answer(listPage([a1], '9'));
      const stopped = vi.fn();
      const stopping = mirror.informer.stop().then(stopped);
      await flush();
      expect(stopped).not.toHaveBeenCalled();
      reject(new Error('aborted'));
      await stopping;
    }),
  );

  it(
    'is not counted as a failure and logs no warning',
    withMirror(async (mirror) => {
      await mirror.synced('9', a1);
      await mirror.informer.stop();
      expect(mirror.reflector).toMatchObject({ stats: { failures: 0 }, lastError: undefined });
      expect(mirror.log.lines.map(({ level }) => level)).toEqual(['info', 'debug']);
    }),
  );

  it(
    'before the start prevents the start',
    withMirror(async (mirror) => {
      await mirror.informer.stop();
      mirror.informer.start();
      await expectFinal(mirror, flush);
      expect(mirror.api.requests).toEqual([]);
    }),
  );

  it(
    'may be called twice, and from a handler',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      const stopped: Promise<void>[] = [];
      const stop = () => void stopped.push(mirror.informer.stop());
      mirror.informer.addHandler({ added: stop, updated: stop, deleted: stop });
      await watch.send(eventLine('ADDED', widget('b', '10')));
      await Promise.all([...stopped, mirror.informer.stop()]);
      expect(stopped).toHaveLength(1);
      expect(mirror.content).toEqual(['default/a@1', 'default/b@10']);
    }),
  );
});

describe('the start of a reflector', () => {
  it(
    'may be called twice, and runs one mirror',
    withMirror(async (mirror) => {
      mirror.informer.start();
      mirror.informer.start();
      await flush();
      expect(mirror.api.requests).toHaveLength(1);
    }),
  );
});
