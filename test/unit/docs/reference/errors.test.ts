import { expect, it } from 'vitest';
import { errorsReference } from '../../../support/docs/errors-reference.ts';

it('docs/reference/errors.md has every code of the catalogue, once; `make docs` writes the file', async () => {
  await expect(await errorsReference()).toMatchFileSnapshot('../../../../docs/reference/errors.md');
});
