/** A number as Grafana shows it in one of the units of the dashboard. */
export function inUnit(value: number, unit: string): string {
  switch (unit) {
    case 's':
      return duration(value);
    case 'bytes':
      return `${Math.round(value / 2 ** 20)} MiB`;
    case 'percentunit':
      return `${(value * 100).toFixed(1)} %`;
    case 'reqps':
      return `${short(value)} req/s`;
    case 'ops':
      return `${short(value)} /s`;
    default:
      return short(value);
  }
}

function short(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(2);
}

function duration(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${short(Math.round(seconds / 86_400))} days`;
  if (seconds >= 120) return `${short(seconds / 60)} min`;
  if (seconds >= 1 || seconds === 0) return `${short(seconds)} s`;
  return `${short(seconds * 1000)} ms`;
}
