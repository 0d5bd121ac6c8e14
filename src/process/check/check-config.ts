import { type Config, ConfigError, loadConfig } from '../../config/config.ts';
import { limitsOn, MachineError, thisMachine } from '../../config/machine-limits.ts';
import { tlsFilesOf } from '../tls-files-of.ts';
import { checkCertificates } from './certificates.ts';
import { checkCluster } from './clusters.ts';
import { type Finding, Findings } from './findings.ts';

/** One that does not answer takes 10 s. Each has a connection, and perhaps the process of a credential plugin. */
const CLUSTERS_AT_A_TIME = 16;

/**
 * Checks all that the start of the service needs, and what its account may do in each cluster, and writes a report.
 * @returns whether the service can run; warnings do not matter
 */
export async function checkConfig(
  environment: NodeJS.ProcessEnv,
  write: (text: string) => void,
): Promise<boolean> {
  const findings = new Findings(write);
  findings.section('Configuration');
  const config = configuration(environment, findings);
  if (config !== undefined) {
    findings.section('Certificates');
    for (const finding of checkCertificates(tlsFilesOf(config))) findings.add(finding);
    await checkClusters(config, findings);
  }
  findings.end();
  return !findings.failed;
}

/** Checks the clusters side by side, and tells of them in their order. */
async function checkClusters(config: Config, findings: Findings): Promise<void> {
  const { clusters } = config;
  const checks: Promise<Finding[]>[] = [];
  for (const [index, { name }] of clusters.entries()) {
    for (const entry of clusters.slice(checks.length, index + CLUSTERS_AT_A_TIME)) {
      const check = Array.fromAsync(checkCluster(entry, config));
      check.catch(() => {}); // it is thrown below, once those before it have been told of
      checks.push(check);
    }
    findings.section(`Cluster ${name}`);
    for (const finding of (await checks[index]) ?? []) findings.add(finding);
  }
}

/** Undefined if it is not usable. */
function configuration(environment: NodeJS.ProcessEnv, findings: Findings): Config | undefined {
  try {
    const config = loadConfig(environment);
    const { clusters, clustersSource, rails, RAILS_FILE: file } = config;
    const clustersText = clusters.length === 1 ? '1 cluster' : `${clusters.length} clusters`;
    findings.add({ verdict: 'ok', what: `${clustersText}, from ${clustersSource.from}` });
    if (file !== undefined) findings.add({ verdict: 'ok', what: `${rails.length} rules in ${file}` });
    const { maxConnections } = limitsOn(thisMachine(), config.limits, clusters.length);
    if (maxConnections < config.limits.maxConnections) {
      findings.add({
        verdict: 'warning',
        what: `file descriptors for ${maxConnections} connections, and MAX_CONNECTIONS is ${config.limits.maxConnections}`,
        notes: ['raise the limit (ulimit -n), or lower MAX_CONNECTIONS'],
      });
    }
    if (config.AUTHORIZATION_MODE === 'AlwaysAllow') {
      findings.add({
        verdict: 'warning',
        what: 'AUTHORIZATION_MODE is AlwaysAllow: every client certificate of the CA may do everything',
      });
    }
    if (config.tracesOff !== undefined) findings.add({ verdict: 'warning', what: config.tracesOff });
    return config;
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const what of error.mistakes) findings.add({ verdict: 'FAILED', what });
    } else if (error instanceof MachineError) findings.add({ verdict: 'FAILED', what: error.message });
    else throw error;
    return undefined;
  }
}
