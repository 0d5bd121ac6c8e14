import { ConfigSchema } from '../../../src/config/config-schema.ts';

/** Variables that the chart sets itself, from other values or because of its pod template. */
export const SET_BY_CHART: ReadonlySet<string> = new Set([
  'HOST',
  'PORT',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TLS_CLIENT_CA_FILE',
  'TLS_CRL_FILE',
  'KUBECONFIG',
  'WATCH_NAMESPACES',
  'WATCH_HPAS',
  'WATCH_SCALED_OBJECTS',
  'CLUSTER_NAME',
  'CLUSTERS',
  'CLUSTERS_FILE',
  'READY_CLUSTERS',
  'RAILS_FILE',
  'PAGE',
  'MANAGEMENT_HOST',
  'MANAGEMENT_PORT',
  'DRAIN_DELAY_SECONDS',
  'DRAIN_LIMIT_SECONDS',
]);

/**
 * The required schema of the value `settings` in values.schema.json: the schema of all other variables of the service.
 */
export function settingsSchema(): Record<string, unknown> {
  const settings = Object.entries(ConfigSchema.properties).filter(([name]) => !SET_BY_CHART.has(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(settings)));
}
