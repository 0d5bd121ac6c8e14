import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cases,
  chart,
  HELMS,
  kubeVersion,
  refusedCases,
  run,
  template,
  templateWith,
  tool,
} from '../support/chart/helm.ts';

const expected = join(import.meta.dirname, 'expected');

// The first run on a machine downloads or builds helm.
beforeAll(() => tool('helm'), 600_000);

describe.each(cases)('the values of $name', ({ name, file }) => {
  it.each(HELMS)('render to the objects of the golden file with %s', async (helm) => {
    const { status, stdout, stderr } = await templateWith(helm, file);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const golden = join(expected, `${name}.yaml`);
    if (process.env.CHART_GOLDEN === 'write') writeFileSync(golden, stdout);
    expect(stdout, 'make chart-golden regenerates the golden files').toBe(readFileSync(golden, 'utf8'));
  });

  it('pass helm lint --strict', async () => {
    const args = ['lint', '--strict', chart, '--values', file, ...kubeVersion];
    const { status, stdout } = await run(await tool('helm'), args);
    expect(stdout).not.toMatch(/WARNING|ERROR/);
    expect(status).toBe(0);
  });
});

it('every golden file has a case', () => {
  const names = cases.map(({ name }) => `${name}.yaml`).sort();
  expect(readdirSync(expected).sort()).toEqual(names);
});

describe.each(refusedCases)('the values of $name', ({ file }) => {
  it('are refused with a message that names the mistake', async () => {
    const message = readFileSync(file, 'utf8').split('\n', 1)[0]?.replace(/^# /, '') ?? '';
    const { status, stdout, stderr } = await template(file);
    expect(stderr).toContain(message);
    expect(message.length).toBeGreaterThan(10);
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });
});
