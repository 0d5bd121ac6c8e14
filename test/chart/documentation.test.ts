import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { chart } from '../support/chart/helm.ts';
import { SET_BY_CHART, settingsSchema } from '../support/chart/settings-schema.ts';
import { valueRows, valuesTable } from '../support/chart/values-table.ts';

const readme = join(chart, 'README.md');
const schemaFile = join(chart, 'values.schema.json');
const writes = process.env.CHART_GOLDEN === 'write';
const read = (file: string) => readFileSync(join(chart, file), 'utf8');
const rows = valueRows(read('values.yaml'));

/** The values table of a README, at its end. */
const values = /\| Value \| Default \| Meaning \|\n(\|.*\n?)+/;

interface Schema {
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Record<string, Schema>;
}

it('every value of the chart has a comment that documents it', () => {
  expect(rows.filter(({ description }) => description === '')).toEqual([]);
  expect(rows.length).toBeGreaterThan(50);
});

it('the table in README.md has the defaults and comments of values.yaml', () => {
  const table = valuesTable(rows);
  if (writes)
    writeFileSync(
      readme,
      read('README.md').replace(values, () => `${table}\n`),
    );
  expect(read('README.md').match(values)?.[0].trim(), 'make chart-golden regenerates it').toBe(table);
});

it('the schema accepts as settings exactly the variables of the service that the chart does not set itself', () => {
  const schema = JSON.parse(read('values.schema.json'));
  if (writes) {
    schema.properties.settings.properties = settingsSchema();
    writeFileSync(schemaFile, `${JSON.stringify(schema, null, 2)}\n`);
  }
  expect(schema.properties.settings.properties, 'make chart-golden regenerates it').toEqual(settingsSchema());
});

it('the schema has exactly the values of values.yaml, and those of parent charts', () => {
  const { global, enabled, ...properties }: Record<string, Schema> = JSON.parse(
    read('values.schema.json'),
  ).properties;
  expect([global, enabled]).not.toContain(undefined);
  const paths = (schemas: Record<string, Schema>, parent: string): string[] =>
    Object.entries(schemas).flatMap(([name, schema]) => {
      const path = `${parent}${name}`;
      const isOneValue = rows.some((row) => row.path === path);
      return isOneValue || !schema.properties ? [path] : paths(schema.properties, `${path}.`);
    });
  expect(paths(properties, '').sort()).toEqual(rows.map(({ path }) => path).sort());
});

it('the schema refuses unknown names in every object except global and parts of a PodSpec', () => {
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
    '/properties/extraEnv/items/properties/valueFrom',
    '/properties/extraVolumes/items',
    ...kinds.map((kind) => `/properties/affinity/properties/${kind}`),
  ]);
});

it('extraEnv is refused exactly the variables that settings is refused', () => {
  const names = /\$ownEnv := splitList " " "([^"]+)"/.exec(read('templates/validate.yaml'))?.[1];
  expect(new Set(names?.split(' '))).toEqual(SET_BY_CHART);
});

it('the version of the chart is the version of the service', () => {
  const { version } = JSON.parse(readFileSync(join(chart, '../../package.json'), 'utf8'));
  expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});
