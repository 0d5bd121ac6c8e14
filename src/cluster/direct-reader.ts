import type { KubeCalls } from '../kube/client/circuit.ts';
import { METADATA_ONLY } from '../kube/client/kube-client.ts';
import { listInPages, type PageQuery } from '../kube/client/list-pages.ts';
import { type SharedRead, SharedReads } from '../kube/client/shared-reads.ts';
import { Turns } from '../kube/client/turns.ts';
import { isObject, objectAt, stringAt } from '../kube/json.ts';
import { KubeStatusError } from '../kube/kube-errors.ts';
import { newestOf } from '../kube/reflector/resource-version.ts';
import { listAnswer } from './cache/deployment-cache.ts';
import { CALL_PLACES, MAX_WAITING_CALLS } from './call-places.ts';
import { DeploymentError } from './cluster-errors.ts';
import { type Deployment, reduceDeployment } from './deployment.ts';
import type { LabelSelector } from './labels/label-selector.ts';
import { deploymentPath, deploymentsPath } from './paths.ts';

/** The names of the Deployments that one read found. Callers who share the read also share its answers. */
export class NamesReading {
  /** The resourceVersion of the newest Deployment; empty if no Deployment was found. */
  readonly resourceVersion: string;
  /** The answers, by the namespaces that they show. */
  readonly #answers = new Map<string | undefined, Buffer>();
  /** `namespace/name`, sorted. */
  readonly #names: readonly string[];
  #namespaces: readonly string[] | undefined;

  constructor(names: readonly string[], resourceVersion: string) {
    this.#names = names.toSorted();
    this.resourceVersion = resourceVersion;
  }

  /** The namespaces that hold the Deployments. */
  get namespaces(): readonly string[] {
    this.#namespaces ??= [...new Set(this.#names.map(namespaceOf))];
    return this.#namespaces;
  }

  /** The JSON answer that lists the Deployments of these namespaces; undefined: all. Callers share one buffer. */
  answer(namespaces?: readonly string[]): Buffer {
    const key = namespaces?.join();
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      const shown = new Set(namespaces);
      const names =
        namespaces === undefined ? this.#names : this.#names.filter((name) => shown.has(namespaceOf(name)));
      answer = listAnswer(names.map((name) => JSON.stringify(name)).join());
      this.#answers.set(key, answer);
    }
    return answer;
  }
}

/** The namespace in `namespace/name`. */
function namespaceOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

const DEADLINE_MS = 4_000;
/**
 * Objects per page. A page is parsed at once: 250 objects of 4 kB block the event loop for 3 ms. Smaller pages would
 * need too many round trips within the deadline.
 */
const PAGE_SIZE = 250;
/** The longest wait for a turn. */
const MAX_WAIT_MS = 1_000;

/** Reads from the API server, for callers that need a newer state than the cache has. The cache is not updated. */
export class DirectReader {
  readonly #api: KubeCalls;
  readonly #turns = new Turns(CALL_PLACES.directReads, MAX_WAITING_CALLS);
  readonly #deployments = new SharedReads<Deployment>(this.#turns, MAX_WAIT_MS);
  readonly #names = new SharedReads<NamesReading>(this.#turns, MAX_WAIT_MS);

  constructor(api: KubeCalls) {
    this.#api = api;
  }

  /**
   * @param user who makes the read
   * @param notBefore the earliest start of the read, on the clock of performance.now()
   * @throws DeploymentError NOT_FOUND, or KubeError
   */
  deployment(
    user: string,
    namespace: string,
    name: string,
    notBefore: number,
  ): Promise<SharedRead<Deployment>> {
    return this.#deployments.read(user, `${namespace}/${name}`, notBefore, () =>
      this.#readDeployment(namespace, name),
    );
  }

  /**
   * The names of the Deployments of these namespaces; `undefined` stands for all namespaces.
   * @param user who makes the read
   * @param notBefore the earliest start of the read, on the clock of performance.now()
   * @param selector the API server leaves out the Deployments that it does not match
   * @throws KubeError
   */
  names(
    user: string,
    namespaces: readonly (string | undefined)[],
    notBefore: number,
    selector?: LabelSelector,
  ): Promise<SharedRead<NamesReading>> {
    // Names of namespaces contain no spaces.
    const key = `${namespaces.join()} ${selector?.text ?? ''}`;
    return this.#names.read(user, key, notBefore, () => this.#readNames(namespaces, selector));
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

  async #readNames(
    namespaces: readonly (string | undefined)[],
    selector: LabelSelector | undefined,
  ): Promise<NamesReading> {
    const selected = selector === undefined ? undefined : { labelSelector: selector.text };
    const endsAt = performance.now() + DEADLINE_MS;
    const names: string[] = [];
    let resourceVersion = '';
    for (const namespace of namespaces) {
      const request = (query: PageQuery) => ({
        path: deploymentsPath(namespace),
        query: { ...selected, ...query },
        accept: METADATA_ONLY,
        deadlineMs: Math.max(1, endsAt - performance.now()),
      });
      const { items } = await listInPages({ api: this.#api, request, reduce: namedVersion }, PAGE_SIZE);
      for (const item of items) {
        names.push(item.name);
        resourceVersion = newestOf(resourceVersion, item.resourceVersion);
      }
    }
    return new NamesReading(names, resourceVersion);
  }
}

/** Reduces the metadata of a Deployment to `namespace/name` and resourceVersion. */
function namedVersion(item: unknown) {
  const metadata = isObject(item) ? objectAt(item, 'metadata') : {};
  return {
    name: `${stringAt(metadata, 'namespace')}/${stringAt(metadata, 'name')}`,
    resourceVersion: stringAt(metadata, 'resourceVersion'),
  };
}
