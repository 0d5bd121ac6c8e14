import { isObject, type JsonObject } from '../../kube/json.ts';

const NONE: readonly string[] = [];

/**
 * What tools have written on a Deployment to know it again, as `Kind/name`. `Helm` stands for a release, `Bundle` for one
 * of Rancher Fleet, `Application` for one of Argo CD; `Kustomization` and `HelmRelease` are those of Flux.
 */
export function marksOf(metadata: JsonObject): readonly string[] {
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  const labels = isObject(metadata.labels) ? metadata.labels : {};
  const helmRelease = labels['helm.toolkit.fluxcd.io/name'];
  const bundle = annotations['objectset.rio.cattle.io/id'];
  // Flux and Fleet release by Helm, and nobody upgrades their releases by hand.
  const isHelms = labels['app.kubernetes.io/managed-by'] === 'Helm' && (helmRelease ?? bundle) === undefined;
  const marks: string[] = [];
  const add = (kind: string, name: string) => {
    // No name has line breaks, but anybody may write annotations.
    if (name !== '' && !name.includes('\n')) marks.push(`${kind}/${name}`);
  };
  // `application:group/kind:namespace/name`
  add('Application', textOf(annotations['argocd.argoproj.io/tracking-id']).split(':', 1)[0] ?? '');
  add('Kustomization', textOf(labels['kustomize.toolkit.fluxcd.io/name']));
  add('HelmRelease', textOf(helmRelease));
  add('Bundle', textOf(bundle));
  if (isHelms) add('Helm', textOf(annotations['meta.helm.sh/release-name']));
  // An array that has grown has room for more items, which a copy has not.
  return marks.length === 0 ? NONE : marks.slice();
}

/**
 * The owner whose controller acts on the Deployment, as `Kind/name`: an API object has at most one. undefined: none.
 */
export function controllerOf({ ownerReferences }: JsonObject): string | undefined {
  if (!Array.isArray(ownerReferences)) return undefined;
  const controller = ownerReferences.filter(isObject).find((reference) => reference.controller === true);
  return controller && `${textOf(controller.kind)}/${textOf(controller.name)}`;
}

/** The kind and the name in `Kind/name`. */
export function splitMark(mark: string): [kind: string, name: string] {
  const at = mark.indexOf('/');
  return [mark.slice(0, at), mark.slice(at + 1)];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
