import { expect, it } from 'vitest';
import { configurationReference } from '../../../support/docs/configuration-reference.ts';

it('docs/reference/configuration.md says what the schema of the configuration says; `make docs` writes the file', async () => {
  await expect(configurationReference()).toMatchFileSnapshot('../../../../docs/reference/configuration.md');
});
