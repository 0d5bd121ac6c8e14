import { readFileSync } from 'node:fs';
import { apiServerOf, kubeConfigLoader } from '../kube/kubeconfig/kubeconfig.ts';
import {
  type ClusterEntry,
  ClustersError,
  parseClustersFile,
  parseClustersVariable,
  whyNot,
} from './clusters-file.ts';
import type { ClusterSpec } from './fleet.ts';

/** The variables that say which clusters there are. */
export interface ClustersVariables {
  readonly CLUSTERS_FILE?: string | undefined;
  readonly CLUSTERS?: string | undefined;
  readonly KUBECONFIG?: string | undefined;
  readonly CLUSTER_NAME: string;
}

/** Where it is written down which clusters there are. */
export interface ClustersSource {
  /** What counts, of all that is set: a file wins over CLUSTERS, over KUBECONFIG, over the service account of the pod. */
  readonly from: 'CLUSTERS_FILE' | 'CLUSTERS' | 'KUBECONFIG' | 'the service account of the pod';
  readonly variables: ClustersVariables;
  /** Whether there is a service account of a pod. */
  readonly inPod: boolean;
  /** Of the clusters that name none of their own. */
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
 * @param read the content of the clusters file; undefined: it cannot be read
 * @throws ClustersError
 */
export function readClusters(
  source: ClustersSource,
  read: (file: string) => string | undefined = textOf,
): ClusterEntry[] {
  const { inPod, watchNamespaces } = source;
  const entries = entriesOf(source, read);
  const homeless = entries.filter(({ kubeconfig }) => kubeconfig === undefined && !inPod);
  if (homeless.length > 0) {
    throw new ClustersError(
      homeless.map(
        ({ name }) => `cluster ${name} has no kubeconfig and this is not a pod: give it the path of one`,
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
      throw new ClustersError([`CLUSTERS_FILE names a file that cannot be read: ${file}`]);
    return parseClustersFile(file, text);
  }
  if (list !== undefined) return parseClustersVariable(list);
  const reason = whyNot(name, []);
  if (reason !== undefined) throw new ClustersError([`CLUSTER_NAME ${reason}`]);
  if (kubeconfig === undefined && !inPod) {
    throw new ClustersError([
      'KUBECONFIG is not set and this is not a pod: set it to the path of a kubeconfig',
    ]);
  }
  return [{ name, kubeconfig, contextName: undefined, namespaces: [] }];
}

/** Reads from the kubeconfig where a cluster is; a kubeconfig that is not usable leaves that open, and the cluster down. */
export function specOf(entry: ClusterEntry, allowInsecureTls: boolean): ClusterSpec {
  try {
    return { ...entry, server: apiServerOf(kubeConfigLoader({ ...entry, allowInsecureTls })()) };
  } catch {
    return { ...entry, server: undefined };
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
