import type { KubeCalls } from './circuit.ts';
import { type Deployment, reduceDeployment } from './deployment.ts';
import { DeploymentError, KubeStatusError } from './errors.ts';
import { isObject, objectAt, stringAt } from './json.ts';
import { deploymentPath, deploymentsPath } from './paths.ts';
import { newestOf } from './resource-version.ts';
import { Semaphore } from './semaphore.ts';
import { type SharedRead, SharedReads } from './shared-reads.ts';

/** The names of Deployments, `namespace/name`, and the resourceVersion of the newest; empty where there is none. */
export interface NamesReading {
  readonly names: readonly string[];
  readonly resourceVersion: string;
}

const DEADLINE_MS = 4_000;
const PAGE_SIZE = 500;
/** Reads under way at a time: whoever reads ever other names must leave writes and access reviews their places. */
const MAX_READS = 8;
const MAX_WAITING = 1_000;
const MAX_WAIT_MS = 1_000;
/** The API server sends the metadata only: the names are all that a list needs. */
const NAMES_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Reads from the API server itself, for callers to whom the cache is too old. What it reads never enters the cache. */
export class DirectReader {
  readonly #api: KubeCalls;
  readonly #deployments = new SharedReads<Deployment>();
  readonly #names = new SharedReads<NamesReading>();
  readonly #places = new Semaphore(MAX_READS, MAX_WAITING);

  constructor(api: KubeCalls) {
    this.#api = api;
  }

  /** @throws DeploymentError NOT_FOUND, or KubeError */
  deployment(namespace: string, name: string, notBefore: number): Promise<SharedRead<Deployment>> {
    return this.#deployments.read(`${namespace}/${name}`, notBefore, () =>
      this.#places.run(() => this.#readDeployment(namespace, name), MAX_WAIT_MS),
    );
  }

  /**
   * The names of the Deployments of these namespaces; `undefined` stands for all namespaces.
   * @throws KubeError
   */
  names(namespaces: readonly (string | undefined)[], notBefore: number): Promise<SharedRead<NamesReading>> {
    return this.#names.read(namespaces.join(), notBefore, () =>
      this.#places.run(() => this.#readNames(namespaces), MAX_WAIT_MS),
    );
  }

  async #readDeployment(namespace: string, name: string): Promise<Deployment> {
    try {
      const path = deploymentPath(namespace, name);
      return reduceDeployment(await this.#api.call({ path, deadlineMs: DEADLINE_MS }));
    } catch (error) {
      if (!(error instanceof KubeStatusError && error.status === 404)) throw error;
      throw new DeploymentError('NOT_FOUND', namespace, name);
    }
  }

  async #readNames(namespaces: readonly (string | undefined)[]): Promise<NamesReading> {
    const endsAt = performance.now() + DEADLINE_MS;
    const names: string[] = [];
    let resourceVersion = '';
    for (const namespace of namespaces) {
      let token: unknown;
      do {
        const page = await this.#api.list(
          {
            path: deploymentsPath(namespace),
            query: { limit: PAGE_SIZE, continue: typeof token === 'string' ? token : undefined },
            accept: NAMES_ONLY,
            deadlineMs: Math.max(1, endsAt - performance.now()),
          },
          (item) => {
            const metadata = isObject(item) ? objectAt(item, 'metadata') : {};
            names.push(`${stringAt(metadata, 'namespace')}/${stringAt(metadata, 'name')}`);
            resourceVersion = newestOf(resourceVersion, stringAt(metadata, 'resourceVersion'));
          },
        );
        token = objectAt(page, 'metadata').continue;
      } while (typeof token === 'string' && token !== '');
    }
    return { names: names.sort(), resourceVersion };
  }
}
