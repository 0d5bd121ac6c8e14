import { collectDefaultMetrics } from '@prometheus-io/client';
import { VERSION } from '../../lib/version.ts';
import type { Families } from './families.ts';

/** Metrics of the client whose names promtool objects to: those of counters that are gauges, and those of types. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram',
];

/** The client samples the utilization ten times a second for metrics that are removed here; a timer cannot wait longer. */
const NEVER_MS = 2 ** 31 - 1;

/** The process: event loop, collections, heap, descriptors; and what runs in it. */
export function processMetrics(families: Families): void {
  const { registry } = families;
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: NEVER_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  families.gauge(
    {
      name: 'scaler_build_info',
      help: 'Always 1',
      labels: { version: 'version of the service', node: 'version of Node.js' },
    },
    (report) => report({ version: VERSION, node: process.version }, 1),
  );
}
