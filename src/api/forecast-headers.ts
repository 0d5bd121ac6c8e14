import type { Forecast } from '../cluster/ownership/forecast.ts';

/** How many warnings an answer has at most. */
const MAX_WARNINGS = 8;
/** The length of the text of a warning. */
const MAX_CHARACTERS = 256;

/** The value of X-Replicas-Forecast: a list with parameters, as structured fields (RFC 9651) write it. */
export function forecastHeader(forecasts: readonly Forecast[]): string {
  return forecasts
    .map(({ kind, by, certain }) => {
      const owner = by === undefined ? '' : `; by="${ascii(by).replaceAll(/["\\]/g, '?')}"`;
      return `${kind}${owner}${certain ? '' : '; certainty=possible'}`;
    })
    .join(', ');
}

/**
 * The values of the Warning headers (RFC 7234, section 5.5) with the code that Kubernetes uses: what the forecasts say,
 * then the warnings of the API server.
 */
export function warningHeaders(forecasts: readonly Forecast[], warnings: readonly string[]): string[] {
  const texts = [...forecasts.map(({ message }) => message), ...warnings].filter((text) => text !== '');
  return texts.slice(0, MAX_WARNINGS).map((text) => `299 - "${quotable(text)}"`);
}

function quotable(text: string): string {
  const whole = ascii(text);
  const short = whole.length > MAX_CHARACTERS ? `${whole.slice(0, MAX_CHARACTERS - 3)}...` : whole;
  return short.replaceAll(/["\\]/g, '\\$&');
}

/** Headers cannot have other characters. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
