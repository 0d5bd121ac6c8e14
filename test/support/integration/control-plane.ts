import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Ended, type Helm, run, tool } from '../chart/helm.ts';
import { KubeApiserver } from '../kube-apiserver.ts';
import { arrayAt, at, KubeRequests, textAt } from '../kube-requests.ts';
import { until } from '../until.ts';

const NAMESPACE = 'default';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const AUTOSCALERS = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`;
/** The field manager of the service. */
export const SERVICE = 'k8s-deployment-scaler';

/** Who owns a field, from metadata.managedFields. */
export interface FieldOwner {
  readonly manager: string;
  readonly operation: string;
  /** Absent for writes to the object itself. */
  readonly subresource?: string;
}

/** A Deployment in the namespace `default`, as kubectl and Helm get it. */
export interface Manifest {
  readonly name: string;
  /** Undefined: the manifest does not name a count. */
  readonly replicas?: number | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

/**
 * A kube-apiserver of its own with kube-controller-manager, and kubectl and Helm without the configuration of the user.
 * All Deployments are in the namespace `default`. Their pods stay Pending.
 */
export class ControlPlane {
  readonly apiserver: KubeApiserver;
  readonly kube: KubeRequests;
  /** The home directory of kubectl and Helm, with their files. */
  readonly folder: string;
  /** The variables with which they use this control plane. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(apiserver: KubeApiserver, folder: string) {
    this.apiserver = apiserver;
    const { url, ca, admin } = apiserver;
    this.kube = new KubeRequests({ url, ca, cert: admin.cert, key: admin.key });
    this.folder = folder;
    this.environment = {
      HOME: folder,
      KUBECONFIG: join(folder, 'kubeconfig'),
      HELM_CACHE_HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_DATA_HOME: folder,
      // What a person would do in `kubectl edit`.
      KUBE_EDITOR: "sed -i 's/replicas: 2/replicas: 3/'",
    };
  }

  static async start(): Promise<ControlPlane> {
    const apiserver = await KubeApiserver.start();
    const plane = new ControlPlane(apiserver, await mkdtemp(join(tmpdir(), 'control-plane-')));
    try {
      await apiserver.startControllerManager();
      await apiserver.writeKubeconfig(join(plane.folder, 'kubeconfig'));
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  async stop(): Promise<void> {
    await this.kube.close();
    await this.apiserver.stop();
    await rm(this.folder, { recursive: true });
  }

  async run(command: Helm | 'kubectl', ...args: readonly string[]): Promise<Ended> {
    return run(await tool(command), args, this.environment);
  }

  /** Runs a command that must succeed. */
  async succeed(command: Helm | 'kubectl', ...args: readonly string[]): Promise<Ended> {
    const ended = await this.run(command, ...args);
    expect(ended.status, ended.stderr).toBe(0);
    return ended;
  }

  /** Writes a manifest to a file. */
  async write(manifest: Manifest): Promise<string> {
    const file = join(this.folder, `${manifest.name}.json`);
    await writeFile(file, JSON.stringify(deploymentOf(manifest)));
    return file;
  }

  /** Creates a Deployment by a plain request. */
  async create(name: string, replicas: number): Promise<void> {
    // Without a manager the API server would record no managers of this object, ever.
    const path = `${DEPLOYMENTS}?fieldManager=kubectl-create`;
    expect(await this.kube.post(path, deploymentOf({ name, replicas }))).toMatchObject({ status: 201 });
  }

  async deployment(name: string): Promise<unknown> {
    return (await this.kube.get(`${DEPLOYMENTS}/${name}`)).body;
  }

  async count(name: string): Promise<unknown> {
    return at(await this.deployment(name), 'spec.replicas');
  }

  /** The owners of spec.replicas, by manager. */
  async owners(name: string): Promise<FieldOwner[]> {
    const managed = arrayAt(await this.deployment(name), 'metadata.managedFields');
    const owning = managed.filter((entry) => at(entry, 'fieldsV1.f:spec.f:replicas') !== undefined);
    const owners = owning.map((entry) => {
      const subresource = at(entry, 'subresource');
      return {
        manager: textAt(entry, 'manager'),
        operation: textAt(entry, 'operation'),
        ...(typeof subresource === 'string' ? { subresource } : {}),
      };
    });
    return owners.toSorted((a, b) => a.manager.localeCompare(b.manager));
  }

  /** Sets a count with the same request as the service. */
  async scaleAsService(name: string, replicas: number): Promise<void> {
    const path = `${DEPLOYMENTS}/${name}/scale?fieldManager=${SERVICE}&force=true`;
    const metadata = { name, namespace: NAMESPACE };
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas } };
    const answer = await this.kube.patch(path, scale, 'application/apply-patch+yaml');
    expect(answer).toMatchObject({ status: 200 });
  }

  /** Sets a count by a merge patch of the scale subresource. */
  async patchScale(name: string, replicas: number): Promise<void> {
    const path = `${DEPLOYMENTS}/${name}/scale?fieldManager=patcher`;
    expect(await this.kube.patch(path, { spec: { replicas } })).toMatchObject({ status: 200 });
  }

  /** Creates an HPA for the Deployment of its name, unless `parts` have another target. */
  async autoscale(name: string, spec: { minReplicas: number; maxReplicas: number }, parts: Autoscaling = {}) {
    const { target = name, metrics = [CPU], ownerReferences = [] } = parts;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: target };
    const body = { metadata: { name, ownerReferences }, spec: { ...spec, scaleTargetRef, metrics } };
    expect(await this.kube.post(AUTOSCALERS, body)).toMatchObject({ status: 201 });
  }

  /** The status of a condition of an HPA with its reason, such as `False ScalingDisabled`; undefined: there is none. */
  async conditionOf(autoscaler: string, type: string): Promise<string | undefined> {
    const hpa = await this.autoscaler(autoscaler);
    const conditions = at(hpa, 'status.conditions');
    const found = Array.isArray(conditions) ? conditions.find((one) => at(one, 'type') === type) : undefined;
    return found && `${textAt(found, 'status')} ${textAt(found, 'reason')}`;
  }

  async autoscaler(name: string): Promise<unknown> {
    return (await this.kube.get(`${AUTOSCALERS}/${name}`)).body;
  }

  /** Sets a count as the service does, and waits until the HPA of the same name has decided on it. */
  async settle(name: string, replicas: number): Promise<void> {
    // To apply the present count would change nothing but its owner, which the service therefore does not do.
    if ((await this.count(name)) !== replicas) await this.scaleAsService(name, replicas);
    await this.decided(name, replicas);
  }

  /** Resolves once the HPA has looked at the Deployment of the same name while that had this count. */
  decided(name: string, replicas: number): Promise<void> {
    // The status has no currentReplicas at 0.
    return until(async () => (at(await this.autoscaler(name), 'status.currentReplicas') ?? 0) === replicas);
  }
}

/** The parts of an HPA that may differ. */
interface Autoscaling {
  readonly target?: string;
  readonly metrics?: readonly object[];
  readonly ownerReferences?: readonly object[];
}

/** There is no server for this metric. */
const CPU = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
};

function deploymentOf({ name, replicas, labels, annotations, ownerReferences }: Manifest): object {
  const selector = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE, labels, annotations, ownerReferences },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: { containers: [{ name: 'web', image: 'nginx' }] },
      },
    },
  };
}
