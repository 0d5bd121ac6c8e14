import type { Result } from './figures.ts';

const WIDTH = 820;
const LABELS = 310;
const ROW = 34;
const BAR = 16;
const TOP = 56;
const RIGHT = 70;

/** Colours that can be read on a light and on a dark page. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .met { fill: #2da44e } .missed { fill: #d4813a } .free { fill: #6e7781 }
  .target { stroke: #24292f; stroke-width: 2 } .one { stroke: #8c959f; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .target { stroke: #e6edf3 } }`;

/** The rows that are compared with bare node:https, as bars of their ratio with a mark at what is to be reached. SVG. */
export function chart(results: readonly Result[], caption: string): string {
  const rows = results.flatMap(({ title, ratio, target, met }) => {
    if (ratio === undefined || !Number.isFinite(ratio)) return [];
    const bound = target === undefined || target.of !== 'ratio' ? undefined : boundOf(target);
    return [{ title, ratio, bound, met }];
  });
  const longest = Math.max(1, ...rows.flatMap(({ ratio, bound = 0 }) => [ratio, bound]));
  const x = (ratio: number) => LABELS + (ratio / longest) * (WIDTH - LABELS - RIGHT);
  const height = TOP + rows.length * ROW + 34;
  const bars = rows.map(({ title, ratio, bound, met }, i) => {
    const y = TOP + i * ROW;
    const kind = met === undefined ? 'free' : met ? 'met' : 'missed';
    const mark = bound === undefined ? '' : line('target', x(bound), y - 4, y + BAR + 4);
    return `<text x="${LABELS - 10}" y="${y + 13}" text-anchor="end">${escaped(title)}</text>
<rect class="${kind}" x="${LABELS}" y="${y}" width="${(x(ratio) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>
${mark}<text x="${(Math.max(x(ratio), x(bound ?? 0)) + 8).toFixed(1)}" y="${y + 13}">${ratio.toFixed(2)}x</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>The service as shipped over bare node:https</title>
<style>${STYLE}
</style>
<text class="title" x="10" y="20">The service as shipped over bare node:https; a mark shows what is to be reached</text>
<text x="10" y="38">${escaped(caption)}</text>
${line('one', x(1), TOP - 8, height - 28)}
${bars.join('\n')}
<text x="${x(1).toFixed(1)}" y="${height - 10}" text-anchor="middle">1x</text>
</svg>
`;
}

const boundOf = (target: NonNullable<Result['target']>) =>
  'atMost' in target ? target.atMost : target.atLeast;

const line = (kind: string, x: number, from: number, to: number) =>
  `<line class="${kind}" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${from}" y2="${to}"/>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
