import { readFileSync } from 'node:fs';
import { apiTypes } from 'api-types';
import { expect, it } from 'vitest';

it('src/client/api.ts equals the types generated from openapi.yaml; `make openapi` writes the file', async () => {
  const types = await apiTypes(readFileSync('openapi.yaml', 'utf8'));
  await expect(types).toMatchFileSnapshot('../../../src/client/api.ts');
});
