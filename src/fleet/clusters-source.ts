import {
  apiServerOf,
  type KubeconfigSource,
  kubeConfigLoader,
  warningAbout,
} from '../kube/kubeconfig/kubeconfig.ts';
import {
  type ClusterEntry,
  invalidNameReason,
  parseClustersFile,
  parseClustersVariable,
} from './clusters-file.ts';
import { DefinitionError, textOf } from './definition.ts';
import type { ClusterSpec } from './fleet.ts';

/** The environment variables that define the clusters. */
export interface ClustersVariables {
  readonly CLUSTERS_FILE?: string | undefined;
  readonly CLUSTERS?: string | undefined;
  readonly KUBECONFIG?: string | undefined;
  readonly CLUSTER_NAME: string;
}

/** Where the clusters are defined. */
export interface ClustersSource {
  /** The source in use: CLUSTERS_FILE wins over CLUSTERS, then KUBECONFIG, then the service account of the pod. */
  readonly from: 'CLUSTERS_FILE' | 'CLUSTERS' | 'KUBECONFIG' | 'the service account of the pod';
  readonly variables: ClustersVariables;
  /** Whether the service runs in a pod with a service account. */
  readonly inPod: boolean;
  /** The namespaces to watch in clusters that do not name their own. */
  readonly watchNamespaces: readonly string[];
}

export function clustersSource(
  variables: ClustersVariables,
  inPod: boolean,
  watchNamespaces: readonly string[],
): ClustersSource {
  const set = (['CLUSTERS_FILE', 'CLUSTERS', 'KUBECONFIG'] as const).find(
    (name) => variables[name] !== undefined,
  );
  return { from: set ?? 'the service account of the pod', variables, inPod, watchNamespaces };
}

/**
 * @param read returns the content of the clusters file, or undefined if it cannot be read
 * @throws DefinitionError
 */
export function readClusters(
  source: ClustersSource,
  read: (file: string) => string | undefined = textOf,
): ClusterEntry[] {
  const { inPod, watchNamespaces } = source;
  const entries = entriesOf(source, read);
  const withoutKubeconfig = entries.filter(({ kubeconfig }) => kubeconfig === undefined && !inPod);
  if (withoutKubeconfig.length > 0) {
    throw new DefinitionError(
      withoutKubeconfig.map(
        ({ name }) =>
          `cluster ${name} has no kubeconfig and this is not a pod: set the path of its kubeconfig`,
      ),
    );
  }
  return entries.map((entry) =>
    entry.namespaces.length > 0 ? entry : { ...entry, namespaces: watchNamespaces },
  );
}

function entriesOf(
  { variables, inPod }: ClustersSource,
  read: (file: string) => string | undefined,
): ClusterEntry[] {
  const { CLUSTERS_FILE: file, CLUSTERS: list, KUBECONFIG: kubeconfig, CLUSTER_NAME: name } = variables;
  if (file !== undefined) {
    const text = read(file);
    if (text === undefined)
      throw new DefinitionError([`CLUSTERS_FILE names a file that cannot be read: ${file}`]);
    return parseClustersFile(file, text);
  }
  if (list !== undefined) return parseClustersVariable(list);
  const reason = invalidNameReason(name, []);
  if (reason !== undefined) throw new DefinitionError([`CLUSTER_NAME ${reason}`]);
  if (kubeconfig === undefined && !inPod) {
    throw new DefinitionError([
      'KUBECONFIG is not set and this is not a pod: set it to the path of a kubeconfig',
    ]);
  }
  return [{ name, kubeconfig, contextName: undefined, namespaces: [] }];
}

/** A spec, and what its kubeconfig is like. */
export interface ReadSpec {
  /** If the kubeconfig is not usable, `server` is undefined and the cluster is unreachable. */
  readonly spec: ClusterSpec;
  /** Why the kubeconfig is not usable; undefined: it is. */
  readonly refusal: string | undefined;
  /** What in a usable kubeconfig has no effect; undefined: nothing. */
  readonly warning: string | undefined;
}

/**
 * Adds the API server from the kubeconfig of the cluster.
 * @param contents see KubeconfigSource
 */
export function readSpec(
  entry: ClusterEntry,
  allowInsecureTls: boolean,
  contents?: KubeconfigSource['contents'],
): ReadSpec {
  try {
    const kubeconfig = kubeConfigLoader({ ...entry, allowInsecureTls, contents })();
    const spec = { ...entry, server: apiServerOf(kubeconfig) };
    return { spec, refusal: undefined, warning: warningAbout(kubeconfig) };
  } catch (error) {
    const refusal = error instanceof Error ? error.message : String(error);
    return { spec: { ...entry, server: undefined }, refusal, warning: undefined };
  }
}
