import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster/cluster.ts';
import { kubeconfigPaths } from '../kube/kubeconfig/kubeconfig.ts';
import { FileWatch, readAtRest } from '../lib/file-watch.ts';
import type { Logger } from '../lib/logger.ts';
import type { ClusterEntry } from './clusters-file.ts';
import { type ClustersSource, readClusters, readSpec } from './clusters-source.ts';
import { DefinitionError } from './definition.ts';
import type { ClusterSpec, Fleet, FleetMember } from './fleet.ts';

export interface ClustersWatchOptions<C extends FleetMember & Pick<Cluster, 'reloadCredentials'>> {
  readonly source: ClustersSource;
  /** The specs that the fleet was created with. */
  readonly specs: readonly ClusterSpec[];
  readonly fleet: Fleet<C>;
  readonly allowInsecureTls: boolean;
  readonly log: Logger;
  /** See FileWatch. */
  readonly pollMs?: number;
  /** Default: 100 ms. */
  readonly settleMs?: number;
}

/** The contents of the files by path; undefined: not readable. */
type Contents = Readonly<Record<string, string | undefined>>;

/**
 * Applies changes of the clusters file and of the kubeconfigs to the fleet. A clusters file that is not usable is
 * refused and logged once. A kubeconfig that is not usable leaves its cluster as it was. Neither affects the other
 * clusters.
 */
export class ClustersWatch<C extends FleetMember & Pick<Cluster, 'reloadCredentials'>> {
  readonly #options: ClustersWatchOptions<C>;
  readonly #watch: FileWatch;
  #entries: readonly ClusterEntry[];
  #contents: Contents | undefined;
  #servers: ReadonlyMap<string, ClusterSpec['server']>;

  constructor(options: ClustersWatchOptions<C>) {
    this.#options = options;
    this.#entries = options.specs;
    this.#servers = serversOf(options.specs);
    this.#watch = new FileWatch({
      look: (signal) => this.#look(signal),
      pollMs: options.pollMs,
    });
  }

  start(): void {
    this.#watch.start();
  }

  /** Once this resolves, no file is watched. */
  async stop(): Promise<void> {
    await this.#watch.stop();
  }

  #paths(): string[] {
    const { CLUSTERS_FILE: file } = this.#options.source.variables;
    const kubeconfigs = this.#entries.flatMap(({ kubeconfig }) => kubeconfigPaths(kubeconfig));
    return file === undefined ? kubeconfigs : [file, ...kubeconfigs];
  }

  async #look(signal: AbortSignal): Promise<void> {
    const contents = await readAtRest({
      read: () => readAll(this.#paths()),
      same: isDeepStrictEqual,
      known: (read) => isDeepStrictEqual(read, this.#contents),
      settleMs: this.#options.settleMs ?? 100,
      signal,
    });
    if (contents === undefined || isDeepStrictEqual(contents, this.#contents)) return;
    const before = this.#contents;
    this.#readEntries(contents);
    // The clusters file may name new kubeconfigs, so read those. Keep the contents that this update acts on for the
    // other files: if they were read again, a change in between would be recorded as known and never be applied.
    this.#contents = await readAll(this.#paths(), contents);
    if (!signal.aborted) this.#update(before, this.#contents);
  }

  #readEntries(contents: Contents): void {
    const { source, log } = this.#options;
    try {
      this.#entries = readClusters(source, (file) => contents[file]);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      log.error({ mistakes: error.mistakes }, 'refused the new clusters file, the clusters stay as they are');
    }
  }

  #update(before: Contents | undefined, now: Contents): void {
    const { fleet, allowInsecureTls, log } = this.#options;
    // Read from these contents: what the files contain now may differ, or fail to be read, and these count as applied.
    const read = this.#entries.map((entry) => readSpec(entry, allowInsecureTls, now));
    const broken = new Set<string>();
    for (const { spec, refusal, warning } of read) {
      const cluster = spec.name;
      if (warning !== undefined) log.warn({ cluster }, warning);
      if (refusal === undefined) continue;
      broken.add(cluster);
      log.error({ cluster, reason: refusal }, 'the kubeconfig of a cluster is not usable');
    }
    const specs = read.map(({ spec }) => ({ ...spec, server: spec.server ?? this.#servers.get(spec.name) }));
    this.#servers = serversOf(specs);
    const { added, replaced, removed } = fleet.update(specs);
    const untouched = ({ name }: ClusterEntry) =>
      !broken.has(name) && !added.includes(name) && !replaced.includes(name);
    const reloaded = this.#entries
      .filter((entry) => untouched(entry) && hasChanged(entry, before, now))
      .map(({ name }) => name);
    for (const name of reloaded) fleet.get(name)?.reloadCredentials();
    if ([added, replaced, removed, reloaded].some((names) => names.length > 0))
      log.info({ added, replaced, removed, reloaded }, 'the clusters have changed');
  }
}

/** The API servers, by cluster name. */
function serversOf(specs: readonly ClusterSpec[]): ReadonlyMap<string, ClusterSpec['server']> {
  return new Map(specs.map(({ name, server }) => [name, server]));
}

function hasChanged({ kubeconfig }: ClusterEntry, before: Contents | undefined, now: Contents): boolean {
  return before !== undefined && kubeconfigPaths(kubeconfig).some((path) => before[path] !== now[path]);
}

async function readAll(paths: readonly string[], known: Contents = {}): Promise<Contents> {
  const contents = [...new Set(paths)].map(
    async (path) =>
      [path, path in known ? known[path] : await readFile(path, 'utf8').catch(() => undefined)] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}
