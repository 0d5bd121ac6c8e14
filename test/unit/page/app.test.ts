import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ScalerClient } from '../../../src/client/scaler-client.ts';
import { App } from '../../../src/page/control/app.ts';
import type { Update } from '../../../src/page/model/fleet-copy.ts';
import { state } from './rows.ts';

/** The rows that the keyboard and a selection mean, of more than are drawn. */

let app: App;
/** What the service answers. */
let answer: () => Promise<Response>;
beforeEach(() => {
  answer = () => Promise.reject(new TypeError('no service'));
  const client = new ScalerClient('https://localhost', () => answer());
  app = new App({ client, base: 'https://localhost/', draw: () => {} });
  app.copy.apply({
    kind: 'clusters',
    clusters: [{ name: 'eu', state: 'ready', read: true, confirmedAt: undefined }],
  });
  const states = Array.from({ length: 150 }, (_, at) =>
    state(`web-${String(at).padStart(3, '0')}`, { replicas: at }),
  );
  app.copy.apply({ kind: 'states', cluster: 'eu', states });
});
// Ends the selector, which the service is asked for again and again.
afterEach(() => app.setFilter(''));

/** As the stream does. */
function update(change: Update): void {
  app.copy.apply(change);
  app.take(change);
}

it('keys mean no row that another order has on another page', () => {
  app.move(0);
  expect(app.currentRow?.state.deployment).toBe('web-000');
  app.sortBy('count');
  app.sortBy('count');
  expect(app.currentRow).toBeUndefined();
  app.page = 1;
  app.page = 0;
  expect(app.currentRow?.state.deployment).toBe('web-149');
});

it('a selection tells how many of it the filter hides', () => {
  app.select(['eu/shop/web-001', 'eu/shop/web-002', 'eu/shop/web-149'], true);
  expect(app.hiddenSelected).toBe(0);
  app.setFilter('web-149');
  expect([app.selected.size, app.hiddenSelected]).toEqual([3, 2]);
});

it('rows of the last selector are not the result of a new one, until the service has answered', async () => {
  const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()] as const;
  let asked = 0;
  answer = () => answers[asked++ === 0 ? 0 : 1].promise;
  const names = () => app.rows.map(({ state: { deployment } }) => deployment);
  app.setFilter('-l tier=web');
  expect([app.rows, app.selector.isAsked]).toEqual([[], true]);
  answers[0].resolve(Response.json({ items: [state('web-001'), state('web-002')] }));
  await vi.waitFor(() => expect(names()).toEqual(['web-001', 'web-002']));
  app.setFilter('-l tier=api');
  expect([app.rows, app.selector.isAsked]).toEqual([[], true]);
  app.selectTo('eu/shop/web-001', true);
  expect(app.selected.size).toBe(0);
  answers[1].resolve(Response.json({ items: [state('web-003')] }));
  await vi.waitFor(() => expect([names(), app.selector.isAsked]).toEqual([['web-003'], false]));
});

it('an undo goes to its row, also on another page, and drafts nothing in a row that the filter hides', async () => {
  answer = async () => Response.json({ replicaCount: 7 }, { headers: { 'x-previous-replicas': '149' } });
  const [last] = app.copy.rows.shown.slice(-1);
  if (last === undefined) throw new Error('there is no row');
  app.counts.draft(last, '7');
  app.counts.commit(last);
  await vi.waitFor(() => expect(app.counts.writes.get(last.key)?.phase).toBe('set'));
  update({ kind: 'changed', cluster: 'eu', state: state('web-149', { replicas: 7 }) });
  app.setFilter('web-001');
  expect([app.undo(), app.counts.drafts.size]).toEqual([false, 0]);
  expect(app.message.text).toBe('shop/web-149: the filter hides it. Change the filter, then undo');
  app.setFilter('');
  expect([app.undo(), app.page, app.currentRow?.key]).toEqual([true, 1, last.key]);
  expect(app.counts.drafts.get(last.key)).toMatchObject({ base: 7, text: '149' });
});
