import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Rails } from '../../../src/cluster/rails/rails.ts';
import { parseRails } from '../../../src/fleet/rails-file.ts';
import { deployment } from '../../support/deployment-objects.ts';

const DOCUMENT = readFileSync(resolve(import.meta.dirname, '../../../docs/how-to/rails.md'), 'utf8');
const [, file] = /^```yaml\n(.*?)^```$/ms.exec(DOCUMENT) ?? [];
/** Deployment, its label if it has one, the present count, the count that is asked for, and the message. */
const ROW = /^\| `(\w+)\/(\w+)`(?:, with `(\w+)=(\w+)`)? \| (\d+) \| (\d+) \| `(.*)` \|$/gm;

it('docs/how-to/rails.md has a usable rails file, and the refusals that it makes', () => {
  const rails = new Rails('home', { current: parseRails('rails.yaml', file) });
  const rows = [...DOCUMENT.matchAll(ROW)];
  expect(rows).toHaveLength(5);
  for (const [row, namespace = '', name = '', key, value = '', present, asked, message] of rows) {
    const labels = key === undefined ? [] : [key, value];
    const before = deployment(name, '1', { namespace, replicas: Number(present), labels });
    expect(rails.refusal(before, Number(asked)), row).toBe(message);
  }
});
