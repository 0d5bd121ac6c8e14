import type { Forecast } from '../cluster/ownership/forecast.ts';

/** How many warnings an answer has at most. */
const MAX_WARNINGS = 8;
/** The length of the text of a warning, and of the name of an owner. */
const MAX_CHARACTERS = 256;
/** How many forecasts a header names. Anybody may create autoscalers, and clients take headers of a few KiB. */
const MAX_FORECASTS = 16;

/** The value of X-Replicas-Forecast: a list with parameters, as structured fields (RFC 9651) write it. */
export function forecastHeader(forecasts: readonly Forecast[]): string {
  return forecasts
    .slice(0, MAX_FORECASTS)
    .map(({ kind, by, certain }) => {
      const owner = by === undefined ? '' : `; by="${short(by).replaceAll(/["\\]/g, '?')}"`;
      return `${kind}${owner}${certain ? '' : '; certainty=possible'}`;
    })
    .join(', ');
}

/**
 * The values of the Warning headers (RFC 7234, section 5.5) with the code that Kubernetes uses: what the forecasts say,
 * then the warnings of the API server.
 */
export function warningHeaders(forecasts: readonly Forecast[], warnings: readonly string[]): string[] {
  return warningTexts(forecasts, warnings).map((text) => `299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`);
}

/** What the forecasts say, then the warnings of the API server: at most 8 texts of 256 characters of ASCII each. */
export function warningTexts(forecasts: readonly Forecast[], warnings: readonly string[]): string[] {
  const texts = [...forecasts.map(({ message }) => message), ...warnings].filter((text) => text !== '');
  return texts.slice(0, MAX_WARNINGS).map(short);
}

/** Headers cannot have other characters than those of ASCII. */
function short(text: string): string {
  const ascii = text.replaceAll(/[^\x20-\x7e]/gu, '?');
  return ascii.length > MAX_CHARACTERS ? `${ascii.slice(0, MAX_CHARACTERS - 3)}...` : ascii;
}
