import { describe, expect, it, vi } from 'vitest';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import { eventLine, listPage, widget } from '../../../support/kube/objects.ts';

const a1 = widget('a', '1');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');

/** Brings a mirror to this resourceVersion and breaks its watch. It is about to call the API server again. */
async function brokenOnce(mirror: Mirror, resourceVersion: string): Promise<void> {
  mirror.api.position = undefined;
  const watch = await mirror.synced(resourceVersion, a1);
  await vi.advanceTimersByTimeAsync(20_000);
  await watch.break();
  await mirror.delayOfNextRequest();
}

/** Brings a mirror to this resourceVersion. It is about to watch. */
async function listedOnce(mirror: Mirror, resourceVersion: string): Promise<void> {
  mirror.api.position = undefined;
  mirror.informer.start();
  await (await mirror.api.nextCall()).answer(listPage([a1], resourceVersion));
}

describe('an API server that may have been restored', () => {
  it(
    'is first asked for its position, and everything is listed again if that is older than before',
    withMirror(async (mirror) => {
      await brokenOnce(mirror, '900');
      const question = await mirror.api.nextCall();
      expect(question.request.query).toEqual({ limit: 1 });
      await question.answer(listPage([widget('b', '40')], '50', 'more'));
      expect(mirror.content).toEqual(['default/a@1']);
      await vi.advanceTimersByTimeAsync(1);
      await mirror.relisted('51', widget('b', '40'));
      expect(mirror.content).toEqual(['default/b@40']);
      expect(mirror.reflector).toMatchObject({ resourceVersion: '51', stats: { relists: { wentBack: 1 } } });
    }),
  );

  it(
    'is also asked after a watch that ended normally, because an API server that stops in order ends it so',
    withMirror(async (mirror) => {
      mirror.api.position = undefined;
      const watch = await mirror.synced('900', a1);
      await vi.advanceTimersByTimeAsync(20_000);
      await watch.end();
      expect((await mirror.api.nextCall()).request.query).toEqual({ limit: 1 });
    }),
  );

  it(
    'is asked after it refused a connection, however short the watch was',
    withMirror(async (mirror) => {
      await listedOnce(mirror, '900');
      await (await mirror.api.nextWatch()).refuse(refused);
      await mirror.delayOfNextRequest();
      expect((await mirror.api.nextCall()).request.query).toEqual({ limit: 1 });
    }),
  );

  it(
    'is asked after an outage in which it refused every watch at once',
    withMirror(async (mirror) => {
      await listedOnce(mirror, '900');
      const endsAt = performance.now() + 20_000;
      while (performance.now() < endsAt) {
        await (await mirror.api.nextWatch()).refuse(new KubeStatusError(503, '', 'no etcd'));
        await mirror.delayOfNextRequest();
        if (mirror.api.requests.at(-1)?.request.query?.limit === 1) return;
      }
      throw new Error('the API server was not asked for its position');
    }),
  );

  it.each([
    ['a widget of the same name with another uid', { ...widget('a', '1'), uid: 'another' }],
    ['a widget in another old state', widget('a', '2')],
    ['an old widget that was never seen', widget('0', '3')],
  ])('that is ahead and has %s has another history, so everything is listed again', (_title, first) =>
    withMirror(async (mirror) => {
      await brokenOnce(mirror, '900');
      await (await mirror.api.nextCall()).answer(listPage([first], '5000', 'more'));
      await vi.advanceTimersByTimeAsync(1);
      await mirror.relisted('5001', first);
      expect(mirror.reflector.stats.relists.wentBack).toBe(1);
    })(),
  );

  it.each(['900', '1200'])(
    'and is now at %s, not before 900, is watched from the resourceVersion of the mirror, without a list',
    (now) =>
      withMirror(async (mirror) => {
        await brokenOnce(mirror, '900');
        await (await mirror.api.nextCall()).answer(listPage([], now));
        expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '900' });
        expect(mirror.reflector.stats.lists).toBe(1);
        expect(mirror.content).toEqual(['default/a@1']);
      })(),
  );

  it(
    'and has opaque resourceVersions is watched from the resourceVersion of the mirror',
    withMirror(async (mirror) => {
      await brokenOnce(mirror, 'zeta');
      await (await mirror.api.nextCall()).answer(listPage([], 'alpha'));
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: 'zeta' });
    }),
  );

  it(
    'is asked until it has reported its position, and then not again',
    withMirror(async (mirror) => {
      await brokenOnce(mirror, '900');
      await (await mirror.api.nextCall()).fail(new KubeStatusError(503, '', 'starting'));
      await mirror.delayOfNextRequest();
      await (await mirror.api.nextCall()).answer(listPage([], '901'));
      const watch = await (await mirror.api.nextWatch()).accept();
      await watch.end();
      await mirror.delayOfNextRequest();
      await mirror.api.nextWatch();
    }),
  );
});

it(
  'an API server that starts is asked for its position again if it took long to answer, and the state is not as old as that',
  withMirror(async (mirror) => {
    await brokenOnce(mirror, '900');
    const question = await mirror.api.nextCall();
    await vi.advanceTimersByTimeAsync(6_000);
    await question.answer(listPage([], '900'));
    const again = await mirror.api.nextCall();
    expect(again.request.query).toEqual({ limit: 1 });
    await again.answer(listPage([], '900'));
    const watch = await (await mirror.api.nextWatch()).accept();
    await watch.send(eventLine('MODIFIED', widget('a', '901')));
    expect(mirror.reflector.lastContactAt).toBe(performance.now());
  }),
);

describe('an API server that ends a watch at once', () => {
  it(
    'is not asked, because that would double the requests to one that always does so',
    withMirror(async (mirror) => {
      mirror.api.position = undefined;
      await (await mirror.synced('900', a1)).end();
      await mirror.delayOfNextRequest();
      await mirror.api.nextWatch();
    }),
  );
});
