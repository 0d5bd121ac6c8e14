import { expect, it } from 'vitest';
import { ROUTE_SEGMENTS } from '../../../src/fleet/reserved-names.ts';
import { buildTestApp } from '../../support/build-app.ts';

const OPEN = { config: { rights: 'none' } } as const;
const handler = async () => '';

it('reserved paths: an app does not start if a route begins with a possible name of a cluster', async () => {
  const app = await buildTestApp();
  app.get('/shop/:item', OPEN, handler);
  app.register(async (scope) => void scope.post('/orders', OPEN, handler), { prefix: '/store' });
  await expect(app.ready()).rejects.toThrow(/add them to src\/fleet\/reserved-names\.ts: shop, store$/);
});

it('reserved paths: routes may begin with a reserved name, a parameter or an impossible name of a cluster', async () => {
  const app = await buildTestApp();
  for (const url of ['/deployments/:name', '/:cluster/shop', '/shop.json', '/Shop'])
    app.get(url, OPEN, handler);
  await expect(app.ready()).resolves.toBeDefined();
});

it('reserved paths: every reserved name has a route', async () => {
  const app = await buildTestApp();
  const gone = ROUTE_SEGMENTS.filter((segment) => !app.hasRoute({ method: 'GET', url: `/${segment}` }));
  expect(gone).toEqual([]);
});
