import type { Panel } from '../../test/support/chart/dashboard.ts';
import type { Series } from '../../test/support/prometheus.ts';
import { inUnit } from './units.ts';

/** A panel of the dashboard with what Prometheus answered: for each of its queries the series, with their legends. */
export interface Drawn {
  readonly panel: Panel;
  readonly lines: readonly { readonly legend: string; readonly values: Series['values'] }[];
}

/** The times at both ends of every panel, in seconds since 1970. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

type Line = Drawn['lines'][number];

/** The size of a column and of a row of Grafana's grid, and the space between panels, in pixels. */
const COLUMN = 60;
const ROW = 38;
const GAP = 8;
const COLORS = [
  '#7eb26d',
  '#eab839',
  '#6ed0e0',
  '#ef843c',
  '#e24d42',
  '#5195ce',
  '#ba43a9',
  '#9d82d9',
  '#508642',
  '#cca300',
];
const NAMED: Readonly<Record<string, string>> = {
  green: '#73bf69',
  yellow: '#fade2a',
  orange: '#ff9830',
  red: '#f2495c',
};
/** The states of a cluster, by their number in the panel. */
const STATES = ['ready', 'syncing', 'blocked', 'unreachable'];
const STYLE = `
  text { font: 11px system-ui, sans-serif; fill: #ccccdc }
  .title { font-size: 12px; font-weight: 600 } .small { font-size: 10px; fill: #9fa7b3 }
  .panel { fill: #181b1f; stroke: #2c3235 } .grid { stroke: #2c3235 } .state { fill: #181b1f }`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
const at = (x: number, y: number) => `${x.toFixed(1)},${y.toFixed(1)}`;

/** The dashboard, as SVG. @param caption where the data come from */
export function draw(panels: readonly Drawn[], range: Range, caption: string): string {
  const rows = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const [width, height] = [24 * COLUMN + GAP, rows * ROW + GAP + 26];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>The dashboard of the chart with real data</title>
<style>${STYLE}
</style>
<rect width="${width}" height="${height}" fill="#111217"/>
<text class="title" x="${GAP}" y="18">${escaped(caption)}</text>
${panels.map((drawn) => panelOf(drawn, range)).join('\n')}
</svg>
`;
}

function panelOf(drawn: Drawn, range: Range): string {
  const { x, y, w, h } = drawn.panel.gridPos;
  const [width, height] = [w * COLUMN - GAP, h * ROW - GAP];
  const content = { stat, timeseries, 'state-timeline': timeline }[drawn.panel.type];
  return `<g transform="translate(${x * COLUMN + GAP} ${y * ROW + GAP + 26})">
<rect class="panel" width="${width}" height="${height}" rx="2"/>
<text class="title" x="8" y="17">${escaped(drawn.panel.title)}</text>
${content(drawn, width, height, range)}
</g>`;
}

function stat({ panel, lines }: Drawn, width: number, height: number): string {
  const value = Number(lines[0]?.values.at(-1)?.[1] ?? 0);
  const { unit, thresholds } = panel.fieldConfig.defaults;
  const step = thresholds.steps.filter((each) => each.value === null || value >= each.value).at(-1);
  const fill = NAMED[step?.color ?? ''] ?? '#ccccdc';
  return `<text x="${width / 2}" y="${height / 2 + 20}" text-anchor="middle" style="font-size: 34px; fill: ${fill}">${escaped(inUnit(value, unit))}</text>`;
}

/** Draws lines, or the sum of what is stacked, with three marks of the scale and a legend. */
function timeseries({ panel, lines }: Drawn, width: number, height: number, range: Range): string {
  const { unit, custom } = panel.fieldConfig.defaults;
  const isStacked = custom?.stacking?.mode === 'normal';
  const isBars = custom?.drawStyle === 'bars';
  const drawn = isStacked ? stacked(lines) : lines.map((line) => ({ ...line, floor: undefined }));
  const finite = drawn
    .flatMap(({ values }) => values.map(([, value]) => Number(value)))
    .filter(Number.isFinite);
  const top = Math.max(...finite, 0) * 1.1 || 1;
  const [left, right, upper, lower] = [58, width - 10, 28, height - 48];
  const x = (time: number) => left + ((time - range.start) / (range.end - range.start)) * (right - left);
  const y = (value: number) => lower - (value / top) * (lower - upper);
  const marks = [0, 0.5, 1].map((part) => {
    const value = part * top;
    return `<line class="grid" x1="${left}" x2="${right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>
<text class="small" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escaped(inUnit(value, unit))}</text>`;
  });
  // What is stacked is drawn from the top of the stack down.
  const shapes = drawn
    .map(({ values, floor }, i) => {
      const color = COLORS[i % COLORS.length];
      const shown = values.filter(([, value]) => Number.isFinite(Number(value)));
      if (isBars)
        return shown
          .filter(([time, value]) => Number(value) > (floor?.get(time) ?? 0))
          .map(([time, value]) => {
            const [from, to] = [y(floor?.get(time) ?? 0), y(Number(value))];
            return `<rect fill="${color}" x="${x(time).toFixed(1)}" y="${to.toFixed(1)}" width="3" height="${(from - to).toFixed(1)}"/>`;
          })
          .join('');
      const points = shown.map(([time, value]) => at(x(time), y(Number(value)))).join(' ');
      const line = `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points}"/>`;
      if (floor === undefined || shown.length === 0) return line;
      const below = shown.toReversed().map(([time]) => at(x(time), y(floor.get(time) ?? 0)));
      return `<polygon fill="${color}" fill-opacity="0.3" points="${points} ${below.join(' ')}"/>${line}`;
    })
    .reverse();
  return [...marks, ...shapes, ...times(range, x, lower + 14), legend(lines, width, height)].join('\n');
}

/** Each line on top of those before it, with where it begins at each time. */
function stacked(lines: readonly Line[]): (Line & { readonly floor: ReadonlyMap<number, number> })[] {
  const sums = new Map<number, number>();
  return lines.map((line) => {
    const floor = new Map(sums);
    const values = line.values.map(([time, value]): readonly [number, string] => {
      const sum = (sums.get(time) ?? 0) + (Number.isFinite(Number(value)) ? Number(value) : 0);
      sums.set(time, sum);
      return [time, String(sum)];
    });
    return { ...line, values, floor };
  });
}

function timeline({ panel, lines }: Drawn, width: number, height: number, range: Range): string {
  const [left, right, upper, lower] = [70, width - 10, 30, height - 28];
  const x = (time: number) => left + ((time - range.start) / (range.end - range.start)) * (right - left);
  const each = (lower - upper) / Math.max(lines.length, 1);
  const { steps } = panel.fieldConfig.defaults.thresholds;
  const bars = lines.flatMap(({ legend: name, values }, i) => {
    const y = upper + i * each;
    const step = values.length > 1 ? (range.end - range.start) / (values.length - 1) : 0;
    return [
      `<text class="small" x="${left - 6}" y="${(y + each / 2 + 3).toFixed(1)}" text-anchor="end">${escaped(name)}</text>`,
      ...runsOf(values).map(({ value, from, to }) => {
        const end = Math.min(x(to + step), right);
        return `<rect fill="${NAMED[steps[value]?.color ?? ''] ?? '#73bf69'}" x="${x(from).toFixed(1)}" y="${(y + 3).toFixed(1)}" width="${(end - x(from)).toFixed(1)}" height="${(each - 6).toFixed(1)}"/>
<text class="state" x="${(x(from) + 6).toFixed(1)}" y="${(y + each / 2 + 4).toFixed(1)}">${STATES[value] ?? ''}</text>`;
      }),
    ];
  });
  return [...bars, ...times(range, x, lower + 16)].join('\n');
}

/** Neighbours of the same value, as one. */
function runsOf(values: Line['values']): { value: number; from: number; to: number }[] {
  const runs: { value: number; from: number; to: number }[] = [];
  for (const [time, text] of values) {
    const last = runs.at(-1);
    if (last !== undefined && last.value === Number(text)) last.to = time;
    else runs.push({ value: Number(text), from: time, to: time });
  }
  return runs;
}

function times({ start, end }: Range, x: (time: number) => number, y: number): string[] {
  return [0.1, 0.5, 0.9].map((part) => {
    const time = start + part * (end - start);
    const text = new Date(time * 1000).toISOString().slice(11, 19);
    return `<text class="small" x="${x(time).toFixed(1)}" y="${y}" text-anchor="middle">${text}</text>`;
  });
}

/** As many names as fit into two rows. */
function legend(lines: readonly Line[], width: number, height: number): string {
  let [x, y] = [10, height - 22];
  const parts: string[] = [];
  for (const [i, { legend: name }] of lines.entries()) {
    const needed = 24 + name.length * 5.6;
    if (x + needed > width - 10) [x, y] = [10, y + 14];
    if (y > height - 6) break;
    parts.push(`<rect fill="${COLORS[i % COLORS.length]}" x="${x.toFixed(1)}" y="${y - 5}" width="10" height="3"/>
<text class="small" x="${(x + 14).toFixed(1)}" y="${y}">${escaped(name)}</text>`);
    x += needed;
  }
  return parts.join('\n');
}
