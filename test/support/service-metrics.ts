import type { FastifyInstance } from 'fastify';
import { createMetrics } from '../../src/observability/metrics/metrics.ts';
import type { MetricsSources } from '../../src/observability/metrics/metrics-sources.ts';
import type { TestService } from './service.ts';

/** The metrics of a service, as lines. It has no reloader and no log stream, whose figures are 0. */
export async function metricLines({ app }: TestService): Promise<readonly string[]> {
  const stats = {
    reloads: 0,
    failures: 0,
    broken: false,
    certificateNotAfter: new Date(0),
    clientCaNotAfter: new Date(0),
    crlNextUpdate: undefined,
  };
  const metrics = createMetrics({ ...sourcesIn(app), reloader: { stats }, logStream: { dropped: 0 } });
  return Buffer.concat(await metrics.text())
    .toString()
    .split('\n');
}

/** What an app measures itself. */
export function sourcesIn(app: FastifyInstance): Omit<MetricsSources, 'reloader' | 'logStream'> {
  const { fleet, limited, longLived, requestDurations, handshakes, clientConnections } = app;
  return { fleet, limited, longLived, tracing: undefined, requestDurations, handshakes, clientConnections };
}

/** The value of a series, which is a name with its labels; NaN if there is none. */
export async function measured(service: TestService, series: string): Promise<number> {
  const line = (await metricLines(service)).find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}
