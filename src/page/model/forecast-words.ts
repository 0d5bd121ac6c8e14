/** A forecast of a count, as a header or an item of a batch has it. */
export interface Forecast {
  readonly kind: string;
  readonly by?: string | undefined;
  readonly certainty: 'certain' | 'possible';
}

const WORDS: Readonly<Record<string, string>> = {
  undone: 'will be undone',
  woken: 'will be scaled up again',
  pauses: 'pauses the autoscaler',
  contested: 'may be changed',
  drifts: 'will be set back on the next run',
  blocksUpgrade: 'blocks the next upgrade',
  unknown: 'not all autoscalers are known',
  holds: 'will stay',
};

/** The forecasts in a value of X-Replicas-Forecast. */
export function parseForecast(header: string): Forecast[] {
  return [...header.matchAll(/(\w+)(?:; by="([^"]*)")?(; certainty=possible)?(?:, |$)/g)].map(
    ([, kind = '', by, possible]) => ({ kind, by, certainty: possible ? 'possible' : 'certain' }),
  );
}

/** In a few words, for example `may be changed by HorizontalPodAutoscaler/cart`. */
export function forecastText({ kind, by, certainty }: Forecast): string {
  const words = WORDS[kind] ?? kind;
  const maybe = certainty === 'possible' ? ' (possibly)' : '';
  return `${words}${by === undefined ? '' : ` by ${by}`}${maybe}`;
}

/** Whether the count will stay, as far as is known. */
export function isCalm(forecasts: readonly Forecast[]): boolean {
  return forecasts.every(({ kind }) => kind === 'holds');
}
