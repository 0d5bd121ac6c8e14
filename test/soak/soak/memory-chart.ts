import type { LinearFit } from './linear-fit.ts';
import type { ProcessFigures } from './process-figures.ts';
import type { Recovery } from './soak.ts';

const [WIDTH, HEIGHT] = [860, 300];
const EDGE = { left: 56, right: 16, top: 16, bottom: 40 };
/** The vertical axis ends at a multiple of this, in MiB. */
const STEP_MIB = 50;

/** The resident memory over the time of a soak as SVG: with the fitted line, and a mark for each fault. */
export function memoryChart(
  figures: readonly ProcessFigures[],
  recoveries: readonly Recovery[],
  { slope, intercept }: LinearFit,
  warmAt: number,
): string {
  const minutes = figures.at(-1)?.minute ?? 1;
  const most = Math.max(...figures.map(({ residentMib }) => residentMib));
  const top = Math.ceil((most + 1) / STEP_MIB) * STEP_MIB;
  const x = (minute: number) =>
    (EDGE.left + (minute / minutes) * (WIDTH - EDGE.left - EDGE.right)).toFixed(1);
  const y = (mib: number) =>
    (HEIGHT - EDGE.bottom - (mib / top) * (HEIGHT - EDGE.top - EDGE.bottom)).toFixed(1);
  const fitted = (minute: number) => intercept + (slope * minute) / 60;
  const ticks = (until: number, step: number) =>
    Array.from({ length: Math.floor(until / step) + 1 }, (_, index) => index * step);
  const everyMinutes = minutes > 30 ? 10 : minutes > 12 ? 5 : 1;
  const line = figures.map(({ minute, residentMib }) => `${x(minute)},${y(residentMib)}`).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Resident memory over a soak, with its faults</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks(top, STEP_MIB).flatMap((mib) => [
      `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(mib)}" y2="${y(mib)}" stroke="#ddd"/>`,
      `<text x="${EDGE.left - 8}" y="${y(mib)}" dy="4" text-anchor="end" fill="#333">${mib}</text>`,
    ]),
    ...ticks(minutes, everyMinutes).map(
      (minute) =>
        `<text x="${x(minute)}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle" fill="#333">${minute}</text>`,
    ),
    ...recoveries.map(
      ({ phase, minute, lasted }) =>
        `<rect x="${x(minute)}" y="${EDGE.top}" width="${Math.max(1.5, Number(x(minute + lasted / 60)) - Number(x(minute))).toFixed(1)}" height="${HEIGHT - EDGE.top - EDGE.bottom}" fill="#f5a623" opacity="0.25"><title>${phase}</title></rect>`,
    ),
    `<polyline points="${line}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>`,
    `<line x1="${x(warmAt)}" x2="${x(minutes)}" y1="${y(fitted(warmAt))}" y2="${y(fitted(minutes))}" stroke="#d62728" stroke-dasharray="6 4"/>`,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 6}" text-anchor="middle" fill="#333">minutes; bars: faults; dashed: the line through the least memory of each minute</text>`,
    `<text x="14" y="${HEIGHT / 2}" text-anchor="middle" fill="#333" transform="rotate(-90 14 ${HEIGHT / 2})">MiB resident</text>`,
    '</svg>',
    '',
  ].join('\n');
}
