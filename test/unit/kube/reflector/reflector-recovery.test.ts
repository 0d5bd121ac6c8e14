import { describe, expect, it, vi } from 'vitest';
import {
  KubeCredentialsError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { withMirror } from '../../../support/kube/mirror.ts';
import { bookmarkLine, errorLine, eventLine, listPage, widget } from '../../../support/kube/objects.ts';
import type { RecordingLogger } from '../../../support/kube/recording-logger.ts';

const a1 = widget('a', '1');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');
const unauthorized = new KubeStatusError(401, 'Unauthorized', 'Unauthorized');
const forbidden = new KubeStatusError(403, 'Forbidden', 'widgets.example.com is forbidden');
const gone = new KubeStatusError(410, 'Expired', 'too old resource version: 9 (20)');
const tooLarge = new KubeStatusError(504, 'Timeout', 'Timeout: Too large resource version: 9, current: 5');

/** The lines that say that the account has got its right. */
const granted = ({ lines }: RecordingLogger) =>
  lines.filter(({ level, message }) => level === 'info' && message.includes('may list and watch now'));

describe('a resourceVersion that the API server no longer serves', () => {
  it.each([
    { name: '410', error: gone, reason: 'gone' },
    { name: "504 'Too large resource version'", error: tooLarge, reason: 'resourceVersionTooLarge' },
  ] as const)(
    'is replaced at once by a list of the newest state if a watch is answered $name',
    ({ error, reason }) =>
      withMirror(async (mirror) => {
        const watch = await mirror.synced('9', a1);
        await vi.advanceTimersByTimeAsync(11_000);
        await watch.end();
        await (await mirror.api.nextWatch()).refuse(error);
        const list = await mirror.api.nextCall();
        expect(list.request.query).toEqual({ limit: 100 });
        await list.answer(listPage([widget('b', '4')], '5'));
        expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '5' });
        expect(mirror.content).toEqual(['default/b@4']);
        expect(mirror.reflector.stats.relists[reason]).toBe(1);
      })(),
  );

  it.each([
    { code: 410, message: 'too old resource version', reason: 'gone' },
    { code: 504, message: 'Too large resource version: 9', reason: 'resourceVersionTooLarge' },
  ] as const)(
    'is replaced by a list if the watch sends an ERROR event with $code, after the events before it',
    ({ code, message, reason }) =>
      withMirror(async (mirror) => {
        const watch = await mirror.synced('9', a1);
        await vi.advanceTimersByTimeAsync(11_000);
        await watch.send(eventLine('ADDED', widget('b', '10')), errorLine(code, message));
        expect(mirror.content).toEqual(['default/a@1', 'default/b@10']);
        expect(watch.closed).toBe(true);
        await mirror.relisted('20', a1);
        expect(mirror.content).toEqual(['default/a@1']);
        expect(mirror.reflector.stats.relists[reason]).toBe(1);
      })(),
  );

  it(
    'is kept after another kind of 504, which is an outage, and the watch resumes',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(11_000);
      await watch.send(errorLine(504, 'etcdserver: request timed out'));
      await mirror.delayOfNextRequest();
      expect((await mirror.api.nextWatch()).request.query).toMatchObject({ resourceVersion: '9' });
    }),
  );

  it(
    'causes at most one list per second if every watch is answered 410',
    withMirror(async (mirror) => {
      mirror.api.respond = ({ query }) => (query?.watch ? gone : listPage([a1], '9'));
      mirror.informer.start();
      await mirror.requestsWithin(60_000);
      expect(mirror.reflector.stats.lists).toBeGreaterThan(10);
      expect(mirror.reflector.stats.lists).toBeLessThanOrEqual(61);
    }),
  );
});

describe('refused credentials', () => {
  it.each([
    { name: '401', error: unauthorized },
    { name: 'unreadable credentials', error: new KubeCredentialsError(new Error('no token file')) },
  ])('are reloaded after $name and tried at once, and the next time after a wait', ({ error }) =>
    withMirror(async (mirror) => {
      vi.spyOn(Math, 'random').mockReturnValue(0.999);
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      await (await mirror.api.nextWatch()).refuse(error);
      expect(mirror.api.reloads).toBe(1);
      await (await mirror.api.nextWatch()).refuse(error);
      expect(mirror.api.reloads).toBe(2);
      expect(await mirror.delayOfNextRequest()).toBeGreaterThanOrEqual(1_000);
      await (await mirror.api.nextWatch()).accept();
      expect(mirror.reflector).toMatchObject({ lastError: undefined, stats: { lists: 1 } });
    })(),
  );

  it(
    'are tried at once again if they were accepted in between',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await watch.send(bookmarkLine('10'));
      await watch.end();
      await (await mirror.api.nextWatch()).refuse(unauthorized);
      const rotated = await (await mirror.api.nextWatch()).accept();
      await rotated.send(bookmarkLine('11'));
      await rotated.end();
      await (await mirror.api.nextWatch()).refuse(unauthorized);
      await mirror.api.nextWatch();
    }),
  );

  it.each([
    { where: 'in the answer to a request', watch: unauthorized },
    { where: 'in the watch itself', watch: errorLine(401, 'Unauthorized') },
  ])('cause at most one request per second if the API server sends 401 $where', ({ watch }) =>
    withMirror(async (mirror) => {
      mirror.api.respond = ({ query }) => (query?.watch ? watch : listPage([a1], '9'));
      mirror.informer.start();
      expect(await mirror.requestsWithin(60_000)).toBeLessThanOrEqual(62);
    })(),
  );
});

describe('a missing permission', () => {
  it(
    'is logged by name and told once, and the mirror fills as soon as it is granted',
    withMirror(async (mirror) => {
      mirror.api.respond = () => forbidden;
      mirror.informer.start();
      expect(await mirror.requestsWithin(120_000)).toBeLessThanOrEqual(121);
      expect(mirror.log.lines).toContainEqual({
        level: 'error',
        context: expect.objectContaining({
          path: '/apis/example.com/v1/widgets',
          reason: 'widgets.example.com is forbidden',
        }),
        message: expect.stringMatching(/list and watch/),
      });
      expect(mirror.reflector.lastError).toBe(forbidden);
      expect([mirror.refusals, mirror.reflector.refused]).toEqual([1, true]);
      mirror.api.respond = undefined;
      expect(await mirror.delayOfNextRequest()).toBeLessThanOrEqual(3_000);
      await mirror.relisted('9', a1);
      expect([mirror.reflector.synced, mirror.reflector.refused]).toEqual([true, false]);
      expect(granted(mirror.log)).toHaveLength(1);
    }),
  );

  it(
    'that is withdrawn during a watch leaves the content of the mirror in place',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      await (await mirror.api.nextWatch()).refuse(forbidden);
      expect(mirror.content).toEqual(['default/a@1']);
      await mirror.delayOfNextRequest();
      expect(granted(mirror.log)).toEqual([]);
      await (await mirror.api.nextWatch()).accept();
      expect(mirror.reflector.stats.lists).toBe(1);
      expect(granted(mirror.log)).toHaveLength(1);
    }),
  );
});

describe('an API server that asks for a delay', () => {
  it.each([429, 503])(
    'with %i and Retry-After is not called for that time, and then within one back-off',
    (status) =>
      withMirror(async (mirror) => {
        mirror.informer.start();
        await (await mirror.api.nextCall()).fail(new KubeStatusError(status, '', 'busy', 7));
        const delay = await mirror.delayOfNextRequest();
        expect(delay).toBe(7_000);
      })(),
  );

  it(
    'with 429 does not fail for 2 minutes',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(new KubeStatusError(429, '', 'busy', 7));
      expect(mirror.reflector.lastError).toBeDefined();
      expect(mirror.reflector.failure).toBeUndefined();
      await vi.advanceTimersByTimeAsync(2 * 60_000);
      expect(mirror.reflector.failure).toBeDefined();
    }),
  );

  it(
    'of more than a minute is called again after a minute',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(new KubeStatusError(429, '', 'busy', 86_400));
      expect(await mirror.delayOfNextRequest()).toBe(60_000);
    }),
  );

  it(
    'of 0 s is called again after the usual wait, not sooner',
    withMirror(async (mirror) => {
      mirror.informer.start();
      await (await mirror.api.nextCall()).fail(new KubeStatusError(429, '', 'busy', 0));
      expect(await mirror.delayOfNextRequest()).toBeGreaterThanOrEqual(1_000);
    }),
  );
});

describe('an unreachable API server', () => {
  it.each([
    ['refuses the connection', refused],
    ['resets the connection', new KubeUnreachableError(true, 'read ECONNRESET')],
    ['has a name that does not resolve', new KubeUnreachableError(false, 'getaddrinfo ENOTFOUND')],
    ['does not answer in time', new KubeTimeoutError(true, 60_000)],
    ['answers 500', new KubeStatusError(500, 'InternalError', 'etcd is down')],
  ])('that %s is called again within 3 s each time until it answers', (_, error) =>
    withMirror(async (mirror) => {
      mirror.informer.start();
      for (let failure = 0; failure < 20; failure += 1) {
        await (await mirror.api.nextCall()).fail(error);
        expect(await mirror.delayOfNextRequest()).toBeLessThanOrEqual(3_000);
      }
      await mirror.relisted('9', a1);
      expect(mirror.reflector).toMatchObject({ synced: true, lastError: undefined });
      expect(mirror.log.lines.at(-2)?.message).toBe('connected to the API server again');
    })(),
  );

  it(
    'is called at most once per 30 s on average in a long outage',
    withMirror(async (mirror) => {
      mirror.api.respond = () => refused;
      mirror.informer.start();
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      vi.spyOn(Math, 'random').mockReturnValue(0.999);
      await mirror.delayOfNextRequest();
      expect(await mirror.delayOfNextRequest()).toBeGreaterThan(29_000);
    }),
  );

  it(
    'is called again at once, and then soon, if it is known to answer again',
    withMirror(async (mirror) => {
      mirror.api.respond = () => refused;
      mirror.informer.start();
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      vi.spyOn(Math, 'random').mockReturnValue(0.999);
      await mirror.delayOfNextRequest();
      mirror.reflector.retryNow();
      expect(await mirror.requestsWithin(0)).toBe(1);
      expect(await mirror.delayOfNextRequest()).toBeLessThanOrEqual(3_000);
    }),
  );

  it(
    'is called again soon in its next outage if it was healthy for two minutes after a long one',
    withMirror(async (mirror) => {
      vi.spyOn(Math, 'random').mockReturnValue(0.999);
      mirror.api.respond = () => refused;
      mirror.informer.start();
      await vi.advanceTimersByTimeAsync(20 * 60_000);
      mirror.api.respond = undefined;
      await mirror.delayOfNextRequest();
      const watch = await mirror.relisted('9', a1);
      for (let minute = 1; minute <= 3; minute += 1) {
        await watch.send(bookmarkLine(String(9 + minute)));
        await vi.advanceTimersByTimeAsync(60_000);
      }
      await watch.break();
      expect(await mirror.delayOfNextRequest()).toBeLessThanOrEqual(800);
    }),
  );
});

describe('a mirror that may lack changes of an outage', () => {
  it(
    'is behind from the failure until the watch has confirmed the present, however often it connects',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      expect(mirror.reflector.isBehind).toBe(false);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.end();
      await (await mirror.api.nextWatch()).refuse(unauthorized);
      expect(mirror.reflector.isBehind).toBe(true);
      const again = await (await mirror.api.nextWatch()).accept();
      expect(mirror.reflector).toMatchObject({ lastError: undefined, isBehind: true });
      await again.send(bookmarkLine('12'));
      expect(mirror.reflector.isBehind).toBe(false);
    }),
  );

  it(
    'is behind until a list, too',
    withMirror(async (mirror) => {
      const watch = await mirror.synced('9', a1);
      await vi.advanceTimersByTimeAsync(2_000);
      await watch.send(errorLine(410, 'too old resource version'));
      expect(mirror.reflector.isBehind).toBe(true);
      await vi.advanceTimersByTimeAsync(1_000);
      await mirror.relisted('20', a1);
      expect(mirror.reflector.isBehind).toBe(false);
    }),
  );
});
