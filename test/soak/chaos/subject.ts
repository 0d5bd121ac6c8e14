import type { Cluster } from '../../../src/cluster/cluster.ts';

/** A cache under test. */
export interface Subject {
  readonly name: string;
  readonly cluster: Cluster;
  /** The namespaces that it watches, each with its own reflector; empty: all, with one reflector. */
  readonly namespaces: readonly string[];
}

export function watches({ namespaces }: Subject, namespace: string): boolean {
  return namespaces.length === 0 || namespaces.includes(namespace);
}
