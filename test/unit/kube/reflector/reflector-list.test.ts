import { describe, expect, it, vi } from 'vitest';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import { withMirror } from '../../../support/kube/mirror.ts';
import { errorLine, listPage, widget } from '../../../support/kube/objects.ts';

const gone = new KubeStatusError(410, 'Expired', 'The provided continue parameter is too old');
const a1 = widget('a', '1');
const b2 = widget('b', '2');
const c3 = widget('c', '3');

describe('the first list', () => {
  it(
    'is read in pages of 100, each with the continue token of the previous page',
    withMirror(async ({ api, informer, ...mirror }) => {
      informer.start();
      const first = await api.nextCall();
      expect(first.request).toMatchObject({ path: '/apis/example.com/v1/widgets', query: { limit: 100 } });
      expect(first.request.query).not.toHaveProperty('continue');
      await first.answer(listPage([a1], '9', 'token-1'));
      const second = await api.nextCall();
      expect(second.request.query).toEqual({ limit: 100, continue: 'token-1' });
      await second.answer(listPage([b2], '9', 'token-2'));
      const third = await api.nextCall();
      expect(third.request.query).toEqual({ limit: 100, continue: 'token-2' });
      await third.answer(listPage([c3], '9'));
      await api.nextWatch();
      expect(mirror.store.size).toBe(3);
    }),
  );

  it(
    'asks for the newest state: none of its requests names a resourceVersion',
    withMirror(async ({ api, informer }) => {
      informer.start();
      const list = await api.nextCall();
      expect(list.request.query).not.toHaveProperty('resourceVersion');
    }),
  );

  it(
    'starts over at its first page if the snapshot of its pages has expired',
    withMirror(async (mirror) => {
      const { api, informer } = mirror;
      informer.start();
      await (await api.nextCall()).answer(listPage([a1, b2], '9', 'token-1'));
      await (await api.nextCall()).fail(gone);
      const first = await api.nextCall();
      expect(first.request.query).toEqual({ limit: 100 });
      await first.answer(listPage([b2], '12', 'token-2'));
      await (await api.nextCall()).answer(listPage([c3], '12'));
      const watch = await api.nextWatch();
      expect(watch.request.query).toMatchObject({ resourceVersion: '12' });
      expect(mirror.content).toEqual(['default/b@2', 'default/c@3']);
      expect(mirror.reflector.stats.failures).toBe(0);
    }),
  );

  it(
    'starts over at its first page if a later page fails for another reason',
    withMirror(async (mirror) => {
      const { api, informer } = mirror;
      informer.start();
      await (await api.nextCall()).answer(listPage([a1], '9', 'token-1'));
      await (await api.nextCall()).fail(new KubeUnreachableError(true, 'reset'));
      await mirror.delayOfNextRequest();
      const again = await api.nextCall();
      expect(again.request.query).toEqual({ limit: 100 });
      await again.answer(listPage([b2], '10'));
      expect(mirror.content).toEqual(['default/b@2']);
    }),
  );

  it(
    'makes the mirror synced at its last page, not before',
    withMirror(async ({ api, informer, ...mirror }) => {
      informer.start();
      await (await api.nextCall()).answer(listPage([a1], '9', 'token-1'));
      expect(informer.reflector.synced).toBe(false);
      expect(mirror.store.size).toBe(0);
      await (await api.nextCall()).answer(listPage([b2], '9'));
      expect(informer.reflector).toMatchObject({ synced: true, resourceVersion: '9' });
    }),
  );

  it.each([
    ['has no items', { metadata: { resourceVersion: '9' } }],
    ['has no resourceVersion', { metadata: {}, items: [] }],
    ['is not an object', 'OK'],
    ['holds an object without a uid', listPage([widget('a', '1', { uid: '' })], '9')],
  ])('is refused and tried again if the answer %s', (_, answer) =>
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).answer(answer);
      expect(mirror.reflector).toMatchObject({ synced: false, stats: { parseErrors: 1 } });
      await mirror.delayOfNextRequest();
      await mirror.relisted('10', b2);
      expect(mirror.content).toEqual(['default/b@2']);
    })(),
  );
});

describe('a relist', () => {
  it(
    'shows readers either the old state or the new one, never a mixture',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1, b2);
      const old = mirror.content;
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(errorLine(410, 'too old resource version'));
      const states = new Set<string>();
      for (const page of [listPage([c3], '20', 'token'), listPage([widget('d', '15')], '20')]) {
        void (await mirror.api.nextCall()).answer(page);
        await lookAtEveryTurn(() => states.add(mirror.content.join()));
      }
      expect([...states]).toEqual([old.join(), 'default/c@3,default/d@15']);
    }),
  );

  it(
    'that fails keeps the old content',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1, b2);
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(errorLine(410, 'too old resource version'));
      await (await mirror.api.nextCall()).answer(listPage([c3], '20', 'token'));
      await (await mirror.api.nextCall()).fail(new KubeStatusError(500, '', 'etcd is down'));
      expect(mirror.content).toEqual(['default/a@1', 'default/b@2']);
      expect(mirror.reflector.synced).toBe(true);
      expect(mirror.reflector.lastError).toMatchObject({ status: 500 });
    }),
  );

  it(
    'that fails does not count as contact with the API server',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      const contact = mirror.reflector.lastContactAt;
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(errorLine(410, 'too old resource version'));
      await (await mirror.api.nextCall()).fail(new KubeStatusError(500, '', 'etcd is down'));
      expect(mirror.reflector.lastContactAt).toBe(contact);
      await mirror.delayOfNextRequest();
      await mirror.relisted('20', c3);
      expect(mirror.reflector.lastContactAt).toBe(performance.now());
      expect(mirror.reflector.lastError).toBeUndefined();
    }),
  );

  it(
    'continues from a lower resourceVersion after the API server was restored from a backup',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('900', a1);
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(errorLine(410, 'too old resource version'));
      await (await mirror.api.nextCall()).answer(listPage([a1], '50'));
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '50' });
    }),
  );
});

/** Calls `look` whenever other code could run: between each two jobs of the microtask queue. */
async function lookAtEveryTurn(look: () => void): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    look();
    await undefined;
  }
}
