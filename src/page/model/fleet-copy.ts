import type { Cluster, State } from '../../client/scaler-client.ts';
import { RowList } from './row-list.ts';
import { keyOf, rowOf } from './table-row.ts';

/** A cluster as the page shows it. */
export interface ClusterView {
  readonly name: string;
  readonly state: Cluster['state'];
  /** Whether its Deployments have been read, so that events keep them current. */
  readonly read: boolean;
  /** Why they could not be read. */
  readonly problem?: { readonly code: string; readonly message: string } | undefined;
  /** When the cluster last confirmed what is shown, in ms since the epoch; undefined: not known. */
  readonly confirmedAt: number | undefined;
}

/** How it stands with the stream. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Connects again at this time, in ms since the epoch. */
  | { readonly state: 'waiting'; readonly why: string; readonly until: number }
  /** The certificate was revoked: for good. */
  | { readonly state: 'revoked' };

/** An override, as the stream tells of it. */
export interface Override {
  readonly cluster: string;
  readonly namespace: string;
  readonly deployment: string;
  readonly by: string;
  readonly from: number;
  readonly to: number;
}

/** What the tab that reads the stream tells the others. Applied in order, the same updates make the same copy. */
export type Update =
  | { readonly kind: 'clusters'; readonly clusters: readonly ClusterView[] }
  /** All Deployments of a cluster. */
  | { readonly kind: 'states'; readonly cluster: string; readonly states: readonly State[] }
  | { readonly kind: 'changed'; readonly cluster: string; readonly state: State }
  | {
      readonly kind: 'gone';
      readonly cluster: string;
      readonly namespace: string;
      readonly deployment: string;
    }
  | { readonly kind: 'overridden'; readonly override: Override }
  | { readonly kind: 'link'; readonly link: Link }
  /** The id after which the stream goes on. */
  | { readonly kind: 'position'; readonly id: string | undefined };

/** A copy of all Deployments that the caller may list. Each tab has one. */
export class FleetCopy {
  readonly rows = new RowList();
  clusters: readonly ClusterView[] = [];
  link: Link = { state: 'connecting' };
  position: string | undefined;

  apply(update: Update): void {
    switch (update.kind) {
      case 'clusters':
        this.#setClusters(update.clusters);
        break;
      case 'states':
        this.rows.replace(
          update.cluster,
          update.states.map((state) => rowOf(update.cluster, state)),
        );
        break;
      case 'changed':
        this.rows.set(rowOf(update.cluster, update.state));
        break;
      case 'gone':
        this.rows.delete(keyOf(update.cluster, update.namespace, update.deployment));
        break;
      case 'link':
        this.link = update.link;
        break;
      case 'position':
        this.position = update.id;
        break;
      case 'overridden':
        // The state that `changed` brings has it too. Only those who follow a write need to hear of it.
        break;
    }
  }

  /** The updates that make this copy of an empty one. */
  snapshot(): Update[] {
    const states = new Map<string, State[]>(this.clusters.map(({ name }) => [name, []]));
    for (const { cluster, state } of this.rows.all()) states.get(cluster)?.push(state);
    return [
      { kind: 'clusters', clusters: this.clusters },
      ...[...states].map(([cluster, of]) => ({ kind: 'states' as const, cluster, states: of })),
      { kind: 'link', link: this.link },
      { kind: 'position', id: this.position },
    ];
  }

  #setClusters(clusters: readonly ClusterView[]): void {
    const names = new Set(clusters.map(({ name }) => name));
    for (const { name } of this.clusters) if (!names.has(name)) this.rows.replace(name, []);
    this.clusters = clusters;
  }
}
