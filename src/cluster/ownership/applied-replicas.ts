import { parseAnswer } from '../../kube/client/answer-json.ts';
import { isObject, type JsonObject } from '../../kube/json.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * spec.replicas in the manifest that a client-side apply has left as an annotation; undefined: there is none, or no
 * usable one. Anybody may write annotations, so a broken one must not keep the Deployment from being read.
 */
export function appliedReplicas({ annotations }: JsonObject): number | undefined {
  const text = isObject(annotations) ? annotations[LAST_APPLIED] : undefined;
  // Most manifests are without a count where something else sets it.
  if (typeof text !== 'string' || !text.includes('"replicas":')) return undefined;
  try {
    const manifest = parseAnswer(Buffer.from(text));
    const spec = isObject(manifest) ? manifest.spec : undefined;
    const replicas = isObject(spec) ? spec.replicas : undefined;
    return typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0 ? replicas : undefined;
  } catch {
    return undefined;
  }
}
