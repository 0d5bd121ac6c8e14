import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { KubeApi } from '../../../../src/kube/client/kube-client.ts';
import { openWatch } from '../../../../src/kube/reflector/watch-events.ts';
import { Watchdog } from '../../../../src/lib/watchdog.ts';
import { bookmarkLine } from '../../../support/kube/objects.ts';

const EVENTS = 20;

/** A watch that sends many events in one chunk. */
function oneChunk(): KubeApi {
  const lines = Array.from({ length: EVENTS }, (_, version) => bookmarkLine(String(version + 1)));
  return {
    call: () => Promise.reject(new Error('not asked for')),
    reloadCredentials: () => {},
    watch: async () =>
      (async function* () {
        yield Buffer.from(lines.join(''));
      })(),
  };
}

function open(signal: AbortSignal) {
  return openWatch({ api: oneChunk(), path: '/', from: {}, watchdog: new Watchdog(), signal });
}

it('a watch lets other work run between the events of a chunk if they take long', async () => {
  let turns = 0;
  let taken = 0;
  const others = (async () => {
    for (; taken < EVENTS; turns += 1) await nextTurn();
  })();
  for await (const _ of await open(new AbortController().signal)) {
    taken += 1;
    for (const end = performance.now() + 4; performance.now() < end; );
  }
  await others;
  expect(turns).toBeGreaterThanOrEqual(EVENTS - 1);
});

it('a watch that is aborted drops the events that have already arrived', async () => {
  const abort = new AbortController();
  const reason = new Error('stopped');
  const events = await open(abort.signal);
  await events.next();
  abort.abort(reason);
  await expect(events.next()).rejects.toBe(reason);
});
