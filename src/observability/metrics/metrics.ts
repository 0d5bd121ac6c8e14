import { authorizationMetrics } from './authorization-metrics.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import { Families } from './families.ts';
import { httpMetrics } from './http-metrics.ts';
import { kubeCallMetrics } from './kube-call-metrics.ts';
import { limitMetrics } from './limit-metrics.ts';
import type { MetricsSources } from './metrics-sources.ts';
import { processMetrics } from './process-metrics.ts';
import { reflectorMetrics } from './reflector-metrics.ts';
import { tlsMetrics } from './tls-metrics.ts';

/**
 * The metrics of the service and of its process. No label names a namespace, a Deployment or a user, or says what a client
 * says: the number of series depends on the configuration only.
 */
export function createMetrics(sources: MetricsSources): Families {
  const families = new Families();
  for (const define of [
    httpMetrics,
    tlsMetrics,
    clusterMetrics,
    reflectorMetrics,
    authorizationMetrics,
    kubeCallMetrics,
    limitMetrics,
  ])
    define(families, sources);
  processMetrics(families);
  return families;
}
