import type { Cluster } from '../../../src/cluster/cluster.ts';

/** A cache under test. */
export interface Subject {
  readonly name: string;
  readonly cluster: Cluster;
  /** Those it watches, each with a reflector of its own; empty: all, with a single one. */
  readonly namespaces: readonly string[];
}

export function watches({ namespaces }: Subject, namespace: string): boolean {
  return namespaces.length === 0 || namespaces.includes(namespace);
}
