import { expect, it } from 'vitest';
import { buildTestApp } from '../../../support/build-app.ts';
import { documentedRoutes } from '../../../support/docs/documented-routes.ts';
import { operationsReference } from '../../../support/docs/operations-reference.ts';
import { routesOf } from '../../../support/routes-of.ts';

it('docs/reference/operations.md has every operation, and the right that it needs; `make docs` writes the file', async () => {
  await expect(await operationsReference()).toMatchFileSnapshot('../../../../docs/reference/operations.md');
});

it('the pages are made of every route that the app serves', async () => {
  const app = await buildTestApp();
  await app.ready();
  const routes = await documentedRoutes();
  for (const { method, path } of routes) {
    const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
    expect(app.hasRoute({ method, url }), `${method} ${path}`).toBe(true);
  }
  expect(routes).toHaveLength(routesOf(app).filter((route) => !route.startsWith('HEAD ')).length);
});
