import { createHash } from 'node:crypto';
import { type Deployment, reduceDeployment } from '../../../src/cluster/deployment.ts';
import { deploymentItem } from '../../support/fake-apiserver/bodies.ts';
import type { Deployments } from '../../support/fake-apiserver/deployments.ts';
import type { DeploymentRecord } from '../../support/fake-apiserver/store.ts';
import { Timeline } from './timeline.ts';

/** Longer than any age that a walk reaches. */
const KEPT_MS = 180_000;
/** Reads of Deployments that have just changed are the best at finding stale answers. */
const RECENT_CHANGES = 40;

/** Every state that the server has held, with its time, to judge the answers of the cache. */
export class ServerHistory {
  readonly #deployments: Deployments;
  readonly #states = new Map<string, Timeline<Deployment | undefined>>();
  /** Digests of list answers, by namespace; undefined for all. */
  readonly #lists = new Map<string | undefined, Timeline<string>>();
  #recent: string[] = [];

  /** Records every change of these Deployments from now on, including those through the API. */
  constructor(deployments: Deployments) {
    this.#deployments = deployments;
    for (const { namespace, name } of deployments.list()) this.#note(namespace, name);
    this.#noteLists(undefined, ...this.namespaces);
    this.#observe(deployments);
  }

  get namespaces(): string[] {
    return [...new Set(this.#deployments.list().map(({ namespace }) => namespace))];
  }

  /** `namespace/name` of the Deployments that changed last. */
  get recentlyChanged(): readonly string[] {
    return this.#recent;
  }

  /** The history of one Deployment; undefined stands for absence. */
  of(namespace: string, name: string): Timeline<Deployment | undefined> {
    return this.#timeline(`${namespace}/${name}`);
  }

  /** The history of a list answer, as digests. */
  ofList(namespace: string | undefined): Timeline<string> {
    return entry(this.#lists, namespace, () => new Timeline(digest(listAnswer([]))));
  }

  /** The list answer as it should be now. */
  listNow(namespace: string | undefined): string {
    const records = this.#deployments.list();
    return listAnswer(records.filter((record) => namespace === undefined || record.namespace === namespace));
  }

  /** Forgets states that no read can return any more. */
  forgetOld(): void {
    const horizon = performance.now() - KEPT_MS;
    for (const timeline of this.#states.values()) timeline.forgetBefore(horizon);
    for (const timeline of this.#lists.values()) timeline.forgetBefore(horizon);
  }

  #observe(deployments: Deployments): void {
    const create = deployments.create.bind(deployments);
    const remove = deployments.delete.bind(deployments);
    const scale = deployments.scale.bind(deployments);
    const touch = deployments.touch.bind(deployments);
    const moveTo = deployments.moveTo.bind(deployments);
    const observed: Pick<Deployments, 'create' | 'delete' | 'scale' | 'touch' | 'moveTo'> = {
      create: (seed, source) => {
        const record = create(seed, source);
        this.#note(seed.namespace, seed.name);
        this.#noteLists(seed.namespace, undefined);
        return record;
      },
      delete: (namespace, name) => {
        remove(namespace, name);
        this.#note(namespace, name);
        this.#noteLists(namespace, undefined);
      },
      scale: (namespace, name, replicas) => {
        const record = scale(namespace, name, replicas);
        this.#note(namespace, name);
        return record;
      },
      touch: (namespace, name) => {
        const record = touch(namespace, name);
        this.#note(namespace, name);
        return record;
      },
      moveTo: (store) => {
        const before = deployments.list();
        const namespaces = this.namespaces;
        moveTo(store);
        for (const { namespace, name } of before) this.#note(namespace, name);
        this.#noteLists(undefined, ...namespaces);
      },
    };
    Object.assign(deployments, observed);
  }

  #note(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const record = this.#deployments.get(namespace, name);
    this.#timeline(key).note(record && reduced(record));
    this.#recent = [key, ...this.#recent].slice(0, RECENT_CHANGES);
  }

  #noteLists(...namespaces: (string | undefined)[]): void {
    for (const namespace of namespaces) this.ofList(namespace).note(digest(this.listNow(namespace)));
  }

  #timeline(key: string): Timeline<Deployment | undefined> {
    return entry(this.#states, key, () => new Timeline<Deployment | undefined>(undefined));
  }
}

/** A record of the server in the form in which the cache should hold it. */
export function reduced(record: DeploymentRecord): Deployment {
  return reduceDeployment(JSON.parse(deploymentItem(record)));
}

/** The answer of `GET /deployments`, written independently, so that the code of the service is not judged by itself. */
export function listAnswer(records: readonly DeploymentRecord[]): string {
  return JSON.stringify({ deployments: records.map(({ namespace, name }) => `${namespace}/${name}`).sort() });
}

export function digest(answer: string | Buffer): string {
  return createHash('sha256').update(answer).digest('base64url');
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
