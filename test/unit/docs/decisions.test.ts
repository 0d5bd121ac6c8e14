import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = resolve(import.meta.dirname, '../../../docs/decisions');
const records = readdirSync(FOLDER).filter((name) => /^\d{4}-/.test(name));
const read = (name: string) => readFileSync(resolve(FOLDER, name), 'utf8');

it.each(records)('the decision %s has a title, a date and a status, which the index repeats', (name) => {
  const [, title, date, status = ''] =
    /^# (.+)\n\nDate: (\d{4}-\d\d-\d\d)\b.* Status: (\w+)\./.exec(read(name)) ?? [];
  expect(['proposed', 'accepted', 'superseded']).toContain(status);
  expect(read('README.md').toLowerCase()).toContain(
    `| [${title}](${name}) | ${date} | ${status}`.toLowerCase(),
  );
});
