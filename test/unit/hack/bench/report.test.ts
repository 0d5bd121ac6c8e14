import { expect, test } from 'vitest';
import { chart } from '../../../../hack/bench/report/chart.ts';
import { withMeasured } from '../../../../hack/bench/report/document.ts';
import { resultOf } from '../../../../hack/bench/report/figures.ts';
import { jsonReport } from '../../../../hack/bench/report/json.ts';
import { captionOf } from '../../../../hack/bench/report/machine.ts';
import { figureText, markdownTable } from '../../../../hack/bench/report/table.ts';
import { LINE_NAMES, linesIn, type Row } from '../../../../hack/bench/rows.ts';

const COUNT: Row = { title: 'One count', unit: 'us', target: { of: 'ratio', atMost: 1.3 } };
const MADE = {
  date: '2026-01-02',
  version: 'v1.2.3',
  cpu: 'A & B "fast" <CPU>',
  cores: 2,
  loadAverage: 0.1,
  node: 'v26.0.0',
  npmStartNode: 'v24.0.0',
  nginx: undefined,
  rounds: 3,
};

test('a target for the ratio is compared with the ratio to bare node:https', () => {
  expect(resultOf('count', COUNT, { image: [26, 13, 39], bare: [20, 10, 30] })).toMatchObject({
    ratio: 1.3,
    met: true,
  });
  expect(resultOf('count', COUNT, { image: [28, 14, 42], bare: [20, 10, 30] })).toMatchObject({ met: false });
});

test('a target for the figure is compared with the median', () => {
  const row: Row = { title: 'Start', unit: 's', target: { of: 'figure', atMost: 1.2 } };
  expect(resultOf('start', row, { image: [9, 1.1, 1] })).toMatchObject({ ratio: undefined, met: true });
  expect(resultOf('start', row, { image: [9, 1.3, 1] })).toMatchObject({ met: false });
});

test('a target that more is better for is missed by less', () => {
  const row: Row = { title: 'Handshakes', unit: '/s', target: { of: 'ratio', atLeast: 1 } };
  expect(resultOf('handshakes', row, { image: [90], bare: [100] })).toMatchObject({ met: false });
  expect(resultOf('handshakes', row, { image: [110], bare: [100] })).toMatchObject({ met: true });
});

test('a target is missed if nothing was measured, and a row without target is neither met nor missed', () => {
  expect(resultOf('count', COUNT, {}).met).toBe(false);
  expect(resultOf('count', { title: 'One count', unit: 'us' }, { image: [1] }).met).toBeUndefined();
});

test('the table has a row for each result, with - for what was not measured', () => {
  const table = markdownTable([resultOf('count', COUNT, { image: [41.26], bare: [20.63] })]);
  expect(table.split('\n')).toEqual([
    '|  | unit | as shipped | npm start | bare node:https | nginx | over bare | to reach |  |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    '| One count | us | 41.3 | - | 20.6 | - | 2.00x | <= 1.3x | missed |',
  ]);
});

test('figures have three digits', () => {
  expect([0.04567, 1.234, 12.34, 123.4, 4669.2, Number.NaN].map(figureText)).toEqual([
    '0.0457',
    '1.23',
    '12.3',
    '123',
    '4,669',
    '-',
  ]);
});

test('the chart is well-formed, and has a bar for each ratio and a mark for each target of one', () => {
  const svg = chart(
    [
      resultOf('count', { ...COUNT, title: 'One <count> & "more"' }, { image: [40], bare: [20] }),
      resultOf('mixed', { title: 'Mixed', unit: 'us' }, { image: [40], bare: [20] }),
      resultOf('start', { title: 'Start', unit: 's' }, { image: [2] }),
    ],
    captionOf(MADE),
  );
  expect(svg.match(/<rect /g)).toHaveLength(2);
  expect(svg.match(/class="target"/g)).toHaveLength(1);
  expect(openTags(svg)).toEqual([]);
  expect(svg).toContain('One &lt;count&gt; &amp; &quot;more&quot;');
  expect(svg.match(/&(?!amp;|lt;|gt;|quot;)/)).toBeNull();
  expect(svg).not.toContain('NaN');
});

test('a chart without ratios is well-formed', () => {
  expect(openTags(chart([], ''))).toEqual([]);
});

test('the JSON report has every figure of every round', () => {
  const report = JSON.parse(
    jsonReport(MADE, [resultOf('count', COUNT, { image: [3, 1, 2], bare: [2, 2, 2] })]),
  );
  expect(report).toMatchObject({ cpu: MADE.cpu, rounds: 3 });
  expect(report.rows).toMatchObject([
    {
      name: 'count',
      met: true,
      ratioToBare: 1,
      figures: { image: { median: 2, min: 1, max: 3, rounds: [3, 1, 2] } },
    },
  ]);
});

test('the document keeps what is outside the markers', () => {
  const document = 'before\n<!-- bench begin -->\nold\n<!-- bench end -->\nafter\n';
  expect(withMeasured(document, 'new')).toBe(
    'before\n<!-- bench begin -->\nnew\n<!-- bench end -->\nafter\n',
  );
  expect(() => withMeasured('nothing', 'new')).toThrow('needs a line');
});

test('ONLY names lines, and an unknown name is refused with the names of all lines', () => {
  expect(linesIn('health,count')).toEqual(['count', 'health']);
  expect(linesIn('')).toEqual(LINE_NAMES);
  expect(() => linesIn('count,speed')).toThrow(/speed.*count, list-100/);
});

/** The tags that are not closed, or not in their order. */
function openTags(xml: string): string[] {
  const open: string[] = [];
  for (const [, close, name = '', self] of xml.matchAll(
    /<(\/?)(\w+)(?:\s[\w-]+="[^"<]*"| \w+:\w+="[^"<]*")*\s*(\/?)>/g,
  )) {
    if (close === '') open.push(name);
    if (close === '/' || self === '/') {
      const last = open.pop();
      if (last !== name) open.push(`${last} instead of ${name}`);
    }
  }
  return open;
}
