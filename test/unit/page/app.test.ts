import { beforeEach, expect, it } from 'vitest';
import { ScalerClient } from '../../../src/client/scaler-client.ts';
import { App } from '../../../src/page/control/app.ts';
import { state } from './rows.ts';

/** The rows that the keyboard and a selection mean, of more than are drawn. */

let app: App;
beforeEach(() => {
  const client = new ScalerClient('https://localhost', () => Promise.reject(new TypeError('no service')));
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
