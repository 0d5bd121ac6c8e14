import { ConfigSchema } from '../../../src/config/config-schema.ts';

/** Variables that the chart sets itself, from values of its own or because the pod is made so. */
const SET_BY_CHART = new Set([
  'HOST',
  'PORT',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TLS_CLIENT_CA_FILE',
  'TLS_CRL_FILE',
  'KUBECONFIG',
  'WATCH_NAMESPACES',
  'CLUSTER_NAME',
  'CLUSTERS',
  'CLUSTERS_FILE',
  'READY_CLUSTERS',
  'MANAGEMENT_HOST',
  'MANAGEMENT_PORT',
  'DRAIN_DELAY_SECONDS',
  'DRAIN_LIMIT_SECONDS',
]);

/** What values.schema.json has to say of the value `settings`: the service's own schema of all other variables. */
export function settingsSchema(): Record<string, unknown> {
  const settings = Object.entries(ConfigSchema.properties).filter(([name]) => !SET_BY_CHART.has(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(settings)));
}
