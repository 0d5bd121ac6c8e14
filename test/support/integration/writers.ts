import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ended, Helm } from '../chart/helm.ts';
import type { ControlPlane, FieldOwner, Manifest } from './control-plane.ts';

/** A program that writes the count of a Deployment, and what it does with the count that the service sets afterwards. */
export interface Writer {
  readonly title: string;
  /** The count that it writes. */
  readonly writes: number;
  /** The owners of spec.replicas after that. */
  readonly owners: readonly FieldOwner[];
  /** What its next run does when the service has set another count. */
  readonly outcome: 'keeps the count' | 'sets its count again' | 'fails';
  /** What X-Replicas-Forecast says when the service sets another count. */
  readonly forecast: string;
  write(plane: ControlPlane, name: string): Promise<Ended>;
  /** Its next run. Undefined: it has none. */
  readonly again?: (plane: ControlPlane, name: string) => Promise<Ended>;
}

const update = (manager: string): FieldOwner => ({ manager, operation: 'Update' });
const apply = (manager: string): FieldOwner => ({ manager, operation: 'Apply' });

/** People and scripts, which have no next run. */
function kubectl(verb: string, owner: FieldOwner, ...args: readonly string[]): Writer {
  return {
    title: `kubectl ${verb}`,
    writes: 3,
    owners: [owner],
    outcome: 'keeps the count',
    forecast: 'holds',
    async write(plane, name) {
      await plane.create(name, 2);
      return plane.run('kubectl', verb, `deployment/${name}`, ...args);
    },
  };
}

const kubectlCreate: Writer = {
  title: 'kubectl create',
  writes: 3,
  owners: [update('kubectl-create')],
  outcome: 'keeps the count',
  forecast: 'holds',
  write: (plane, name) => plane.run('kubectl', 'create', 'deployment', name, '--image=nginx', '--replicas=3'),
};

/** `kubectl apply` with these flags. Argo CD runs the code of kubectl, and Flux sends the request of --server-side. */
function applier(
  writer: Pick<Writer, 'title' | 'owners' | 'outcome' | 'forecast'>,
  flags: readonly string[],
  marks: Pick<Manifest, 'labels' | 'annotations'> = {},
): Writer {
  const run = async (plane: ControlPlane, name: string) => {
    const file = await plane.write({ name, replicas: 3, ...marks });
    return plane.run('kubectl', 'apply', ...flags, '--filename', file);
  };
  return { ...writer, writes: 3, write: run, again: run };
}

const forced = (manager: string) => ['--server-side', '--force-conflicts', `--field-manager=${manager}`];

/** A release of a chart with one Deployment of the name of the release. */
function helm(
  binary: Helm,
  writer: Pick<Writer, 'title' | 'owners' | 'outcome' | 'forecast' | 'writes'>,
  ...values: readonly string[]
): Writer {
  return {
    ...writer,
    write: async (plane, name) => plane.run(binary, 'install', name, await chartIn(plane), ...values),
    again: async (plane, name) => plane.run(binary, 'upgrade', name, await chartIn(plane), ...values),
  };
}

/** The writers of the count that are known, by their real programs or by requests with the same manager and operation. */
export const WRITERS: readonly Writer[] = [
  kubectlCreate,
  kubectl('scale', { ...update('kubectl'), subresource: 'scale' }, '--replicas=3'),
  kubectl('edit', update('kubectl-edit')),
  kubectl('patch', update('kubectl-patch'), '--patch={"spec":{"replicas":3}}'),
  applier(
    {
      title: 'kubectl apply',
      owners: [update('kubectl-client-side-apply')],
      outcome: 'sets its count again',
      forecast: 'drifts; by="Apply/kubectl-client-side-apply"',
    },
    [],
  ),
  applier(
    {
      title: 'kubectl apply --server-side',
      owners: [apply('kubectl')],
      outcome: 'fails',
      forecast: 'drifts; by="Apply/kubectl"',
    },
    ['--server-side'],
  ),
  applier(
    {
      title: 'Argo CD',
      owners: [update('argocd-controller')],
      outcome: 'sets its count again',
      forecast: 'drifts; by="Application/shop"',
    },
    ['--field-manager=argocd-controller'],
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:default/cart' } },
  ),
  applier(
    {
      title: 'Argo CD with ServerSideApply=true',
      owners: [apply('argocd-controller')],
      outcome: 'sets its count again',
      forecast: 'drifts; by="Application/shop"',
    },
    forced('argocd-controller'),
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:default/cart' } },
  ),
  applier(
    {
      title: 'kustomize-controller of Flux',
      owners: [apply('kustomize-controller')],
      outcome: 'sets its count again',
      forecast: 'drifts; by="Kustomization/shop"',
    },
    forced('kustomize-controller'),
    {
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'shop',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    },
  ),
  applier(
    {
      // It leaves the marks of Helm, too, but its upgrades do not fail, because it applies with force.
      title: 'helm-controller of Flux',
      owners: [apply('helm-controller')],
      outcome: 'sets its count again',
      forecast: 'drifts; by="HelmRelease/shop"',
    },
    forced('helm-controller'),
    {
      labels: {
        'app.kubernetes.io/managed-by': 'Helm',
        'helm.toolkit.fluxcd.io/name': 'shop',
        'helm.toolkit.fluxcd.io/namespace': 'flux-system',
      },
      annotations: {
        'meta.helm.sh/release-name': 'shop',
        'meta.helm.sh/release-namespace': 'default',
      },
    },
  ),
  helm('helm', {
    title: 'Helm 4',
    writes: 3,
    owners: [apply('helm')],
    outcome: 'fails',
    forecast: 'blocksUpgrade; by="Helm/NAME"',
  }),
  helm(
    'helm',
    {
      title: 'Helm 4 without a count',
      writes: 1,
      owners: [],
      outcome: 'keeps the count',
      forecast: 'holds',
    },
    '--set',
    'replicas=null',
  ),
  helm('helm3', {
    title: 'Helm 3',
    writes: 3,
    owners: [update('helm')],
    outcome: 'sets its count again',
    forecast: 'drifts; by="Helm/NAME"',
  }),
  helm(
    'helm3',
    {
      // It owns the default as well, so that managedFields look as if the chart set a count.
      title: 'Helm 3 without a count',
      writes: 1,
      owners: [update('helm')],
      outcome: 'keeps the count',
      forecast: 'drifts; by="Helm/NAME"; certainty=possible',
    },
    '--set',
    'replicas=null',
  ),
  {
    title: 'an operator',
    writes: 3,
    owners: [update('shop-operator')],
    outcome: 'sets its count again',
    forecast: 'drifts; by="Shop/shop"; certainty=possible',
    async write(plane, name) {
      const owner = {
        apiVersion: 'example.com/v1',
        kind: 'Shop',
        name: 'shop',
        uid: 'a-shop',
        controller: true,
      };
      const file = await plane.write({ name, replicas: 3, ownerReferences: [owner] });
      return plane.run('kubectl', 'create', '--field-manager=shop-operator', '--filename', file);
    },
    again: (plane, name) =>
      plane.run(
        'kubectl',
        'patch',
        `deployment/${name}`,
        '--type=merge',
        '--patch={"spec":{"replicas":3}}',
        '--field-manager=shop-operator',
      ),
  },
];

const TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  {{- with .Values.replicas }}
  replicas: {{ . }}
  {{- end }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers: [{name: web, image: nginx}]
`;

/** Writes a chart that sets a count of 3, unless the value `replicas` is another or null. Returns its folder. */
export async function chartIn({ folder }: { readonly folder: string }): Promise<string> {
  const chart = join(folder, 'chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 0.1.0\n');
  await writeFile(join(chart, 'values.yaml'), 'replicas: 3\n');
  await writeFile(join(chart, 'templates/deployment.yaml'), TEMPLATE);
  return chart;
}
