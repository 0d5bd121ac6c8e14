import { expect, it } from 'vitest';
import { toYaml } from '../../../src/api/document.ts';
import { buildTestApp } from '../../support/build-app.ts';

it('openapi.yaml equals the document generated from the routes; `make openapi` writes the file', async () => {
  const app = await buildTestApp();
  await app.ready();
  await expect(toYaml(app.swagger())).toMatchFileSnapshot('../../../openapi.yaml');
});
