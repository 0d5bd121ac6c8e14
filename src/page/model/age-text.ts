const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** How long ago that was: `now`, `3 min`, `5 h`. Seconds are not told: they would change in every row all the time. */
export function ageText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const unit = UNITS.find(([length]) => seconds >= length);
  return unit === undefined ? 'now' : `${Math.floor(seconds / unit[0])} ${unit[1]}`;
}
