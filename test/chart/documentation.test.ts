import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { chart } from '../support/chart/helm.ts';
import { settingsSchema } from '../support/chart/settings-schema.ts';
import { valueRows, valuesTable } from '../support/chart/values-table.ts';

const readme = join(chart, 'README.md');
const schemaFile = join(chart, 'values.schema.json');
const writes = process.env.CHART_GOLDEN === 'write';
const read = (file: string) => readFileSync(join(chart, file), 'utf8');
const rows = valueRows(read('values.yaml'));

/** The values table of a README, which is the last thing in it. */
const values = /\| Value \| Default \| Meaning \|\n(\|.*\n?)+/;

interface Schema {
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Record<string, Schema>;
}

it('every value has a comment that documents it', () => {
  expect(rows.filter(({ description }) => description === '')).toEqual([]);
  expect(rows.length).toBeGreaterThan(50);
});

it('the table in README.md says what values.yaml says', () => {
  const table = valuesTable(rows);
  if (writes)
    writeFileSync(
      readme,
      read('README.md').replace(values, () => `${table}\n`),
    );
  expect(read('README.md').match(values)?.[0].trim(), 'make chart-golden writes it anew').toBe(table);
});

it('the schema takes as settings just the variables of the service that the chart does not set itself', () => {
  const schema = JSON.parse(read('values.schema.json'));
  if (writes) {
    schema.properties.settings.properties = settingsSchema();
    writeFileSync(schemaFile, `${JSON.stringify(schema, null, 2)}\n`);
  }
  expect(schema.properties.settings.properties, 'make chart-golden writes it anew').toEqual(settingsSchema());
});

it('the schema knows every value of values.yaml and no other, but for global', () => {
  const { global, ...properties }: Record<string, Schema> = JSON.parse(read('values.schema.json')).properties;
  expect(global).toBeDefined();
  const paths = (schemas: Record<string, Schema>, parent: string): string[] =>
    Object.entries(schemas).flatMap(([name, schema]) => {
      const path = `${parent}${name}`;
      const isOneValue = rows.some((row) => row.path === path);
      return isOneValue || !schema.properties ? [path] : paths(schema.properties, `${path}.`);
    });
  expect(paths(properties, '').sort()).toEqual(rows.map(({ path }) => path).sort());
});

it('the schema lets no unknown name pass in any object but global and an affinity', () => {
  const open: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const entries = Object.entries(value);
    const { type, additionalProperties }: Schema = value;
    if (type === 'object' && additionalProperties === undefined) open.push(path);
    for (const [name, inner] of entries) visit(inner, `${path}/${name}`);
  };
  visit(JSON.parse(read('values.schema.json')), '');
  const kinds = ['nodeAffinity', 'podAffinity', 'podAntiAffinity'];
  expect(open).toEqual([
    '/properties/global',
    ...kinds.map((kind) => `/properties/affinity/properties/${kind}`),
  ]);
});

it('the chart has the version of the service', () => {
  const { version } = JSON.parse(readFileSync(join(chart, '../../package.json'), 'utf8'));
  expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});
