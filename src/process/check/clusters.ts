import type { Config } from '../../config/config.ts';
import type { ClusterEntry } from '../../fleet/clusters-file.ts';
import { readSpec } from '../../fleet/clusters-source.ts';
import { type KubeApi, KubeClient } from '../../kube/client/kube-client.ts';
import { isObject } from '../../kube/json.ts';
import { KubeError, KubeStatusError } from '../../kube/kube-errors.ts';
import { kubeConfigLoader } from '../../kube/kubeconfig/kubeconfig.ts';
import type { Finding } from './findings.ts';
import { checkRight } from './right-check.ts';
import { rightsFor } from './rights.ts';

/** For each call. Credential plugins may ask for more than a call to the API server takes. */
const DEADLINE_MS = 10_000;

/**
 * Checks one cluster: its kubeconfig, whether its API server answers, and the rights of the account of the service. It ends
 * with the first call that gets no answer.
 */
export async function* checkCluster(entry: ClusterEntry, config: Config): AsyncGenerator<Finding> {
  const { spec, refusal, warning } = readSpec(entry, config.ALLOW_INSECURE_TLS);
  const source = entry.kubeconfig ?? 'the service account of the pod';
  if (spec.server === undefined) {
    yield { verdict: 'FAILED', what: `kubeconfig ${source}: ${refusal}`, notes: [UNREACHABLE] };
    return;
  }
  const found = `kubeconfig ${source}: ${spec.server.url}`;
  yield warning === undefined
    ? { verdict: 'ok', what: found }
    : { verdict: 'warning', what: found, notes: [warning] };
  const api = new KubeClient(kubeConfigLoader({ ...entry, allowInsecureTls: config.ALLOW_INSECURE_TLS }), 1);
  try {
    const version = await api.call({ path: '/version', deadlineMs: DEADLINE_MS });
    const user = await userOf(api);
    const text = isObject(version) ? String(version.gitVersion) : 'of unknown version';
    yield { verdict: 'ok', what: `API server ${text}${user === undefined ? '' : `, as ${user}`}` };
    const scope = { api, user, namespaces: entry.namespaces, deadlineMs: DEADLINE_MS };
    for (const right of rightsFor(config)) yield* await checkRight(right, scope);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    yield {
      verdict: 'FAILED',
      what: `API server ${spec.server.url}: ${error.message}`,
      notes: [UNREACHABLE],
    };
  } finally {
    await api.close();
  }
}

const UNREACHABLE =
  'the service starts without this cluster, and answers its requests with 503 until it is reached';

/** Who the account is. API servers before 1.28 do not say. */
async function userOf(api: KubeApi): Promise<string | undefined> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  try {
    const answer = await api.call({ method: 'POST', path, body, deadlineMs: DEADLINE_MS });
    const status = isObject(answer) ? answer.status : undefined;
    const info = isObject(status) ? status.userInfo : undefined;
    return isObject(info) && typeof info.username === 'string' ? info.username : undefined;
  } catch (error) {
    if (error instanceof KubeStatusError) return undefined;
    throw error;
  }
}
