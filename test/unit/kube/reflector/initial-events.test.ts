import { describe, expect, it } from 'vitest';
import { WatchDecoder, type WatchEvent } from '../../../../src/kube/client/watch-decoder.ts';
import { KubeMalformedError, KubeStatusError } from '../../../../src/kube/kube-errors.ts';
import { lacksInitialEvents, readInitialEvents } from '../../../../src/kube/reflector/initial-events.ts';
import { NoInitialEventsError, OutOfOrderError } from '../../../../src/kube/reflector/reflector-errors.ts';
import { bookmarkLine, endLine, eventLine, reduceWidget, widget } from '../../../support/kube/objects.ts';
import { WATCH_LIST_IS_OFF } from '../../../support/kube/scripted-api.ts';

/** The events of a watch that sends these lines and ends. */
async function* eventsOf(...lines: readonly string[]): AsyncGenerator<WatchEvent, void> {
  yield* new WatchDecoder().push(Buffer.from(lines.join('')));
}

/** The state read from a watch that sends these lines, with items as `name@resourceVersion`. */
async function read(...lines: readonly string[]) {
  const { items, resourceVersion } = await readInitialEvents(eventsOf(...lines), reduceWidget);
  return { items: items.map((item) => `${item.name}@${item.resourceVersion}`), resourceVersion };
}

const added = (name: string, version: string) => eventLine('ADDED', widget(name, version));
const modified = (name: string, version: string) => eventLine('MODIFIED', widget(name, version));
const deleted = (name: string, version: string) => eventLine('DELETED', widget(name, version));

describe('initial events', () => {
  it('make up a state at the resourceVersion of their end, in any order of their own resourceVersions', async () => {
    expect(await read(added('b', '7'), added('a', '3'), endLine('9'))).toEqual({
      items: ['b@7', 'a@3'],
      resourceVersion: '9',
    });
  });

  it('may be empty', async () => {
    expect(await read(endLine('9'))).toEqual({ items: [], resourceVersion: '9' });
  });

  it('leave the events after their end unread', async () => {
    const events = eventsOf(added('a', '3'), endLine('9'), modified('a', '10'));
    await readInitialEvents(events, reduceWidget);
    expect(await Array.fromAsync(events)).toMatchObject([{ type: 'MODIFIED' }]);
  });

  it('include changes that arrive before their end', async () => {
    const state = [added('a', '3'), added('b', '4'), added('c', '5')];
    const changes = [
      modified('a', '10'),
      deleted('b', '11'),
      added('d', '12'),
      deleted('c', '13'),
      added('c', '14'),
    ];
    expect(await read(...state, ...changes, endLine('14'))).toEqual({
      items: ['a@10', 'd@12', 'c@14'],
      resourceVersion: '14',
    });
  });

  it('distinguish objects of the same name in two namespaces', async () => {
    const other = eventLine('ADDED', widget('a', '4', { namespace: 'other' }));
    expect(await read(added('a', '3'), other, endLine('9'))).toMatchObject({ items: ['a@3', 'a@4'] });
  });

  it.each([
    ['a change that is older than the one before', [added('a', '3'), deleted('a', '12'), added('a', '11')]],
    ['a change that is older than what it changes', [added('a', '8'), modified('a', '7')]],
  ])('are refused if they contain %s', async (_, lines) => {
    await expect(read(...lines, endLine('20'))).rejects.toThrow(OutOfOrderError);
  });

  it('may repeat a change', async () => {
    const change = modified('a', '10');
    expect(await read(added('a', '3'), change, change, endLine('10'))).toMatchObject({ items: ['a@10'] });
  });

  it('are unsupported by a server that sends a bookmark without the annotation', async () => {
    await expect(read(added('a', '3'), bookmarkLine('9'))).rejects.toThrow(NoInitialEventsError);
  });

  it('fail if the watch ends before they do', async () => {
    await expect(read(added('a', '3'))).rejects.toThrow('ended before');
  });

  it('are refused if an object cannot be reduced', async () => {
    await expect(read(added('', '3'), endLine('9'))).rejects.toThrow(KubeMalformedError);
  });
});

describe('a server without initial events', () => {
  const forbidden = 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch';
  it.each([
    ['ignores the parameters', new NoInitialEventsError('silence'), true],
    ['has the feature gate off', WATCH_LIST_IS_OFF, true],
    ['forbids resourceVersionMatch', new KubeStatusError(422, 'Invalid', forbidden), true],
    ['does not know a parameter', new KubeStatusError(400, 'BadRequest', 'unknown parameter'), true],
    ['forbids them with 403', new KubeStatusError(403, 'Forbidden', 'sendInitialEvents is forbidden'), true],
    ['does not let the account watch', new KubeStatusError(403, 'Forbidden', 'User "a" cannot watch'), false],
    ['does not know the account', new KubeStatusError(401, 'Unauthorized', 'Unauthorized'), false],
    ['is busy', new KubeStatusError(429, 'TooManyRequests', 'busy'), false],
    ['is broken', new Error('other side closed'), false],
  ])('is recognised by its answer if it %s', (_, error, lacks) => {
    expect(lacksInitialEvents(error)).toBe(lacks);
  });
});
