import type { KubeApi } from '../../kube/client/kube-client.ts';
import { Informer } from '../../kube/reflector/informer.ts';
import type { Availability, ReflectorTiming } from '../../kube/reflector/reflector.ts';
import type { Logger } from '../../lib/logger.ts';
import { InformerSet, type Mirrored } from '../cache/informer-set.ts';
import { Outage } from '../health/outage.ts';
import { collectionPath } from '../paths.ts';
import { type Autoscaler, reduceHorizontalPodAutoscaler, reduceScaledObject } from './autoscaler.ts';
import { AutoscalerStore } from './autoscaler-store.ts';

/** One kind of autoscaler in the Kubernetes API. */
interface AutoscalerKind {
  readonly plural: string;
  /** The group with its version. */
  readonly version: string;
  readonly resource: string;
  /** As RBAC and kubectl name it: the resource with its group. */
  readonly fullResource: string;
  readonly reduce: (object: unknown) => Autoscaler;
  /** Whether a cluster may lack the API, which then means that there are no such objects. */
  readonly isExtension: boolean;
}

export const HORIZONTAL_POD_AUTOSCALERS: AutoscalerKind = {
  plural: 'HorizontalPodAutoscalers',
  version: 'autoscaling/v2',
  resource: 'horizontalpodautoscalers',
  fullResource: 'horizontalpodautoscalers.autoscaling',
  reduce: reduceHorizontalPodAutoscaler,
  isExtension: false,
};

export const SCALED_OBJECTS: AutoscalerKind = {
  plural: 'ScaledObjects',
  version: 'keda.sh/v1alpha1',
  resource: 'scaledobjects',
  fullResource: 'scaledobjects.keda.sh',
  reduce: reduceScaledObject,
  isExtension: true,
};

export interface AutoscalerMirrorOptions {
  readonly api: KubeApi;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly log: Logger;
  /** Called with every change of an autoscaler or of `unknown`. */
  readonly onChange: () => void;
  readonly timing?: ReflectorTiming | undefined;
  readonly onContact?: (() => void) | undefined;
}

/** An outage that is shorter is not worth a line in the log. */
const OUTAGE_MS = 60_000;

/** Mirrors the autoscalers of one kind, where the account of the service may read them. */
export class AutoscalerMirror {
  readonly #kind: AutoscalerKind;
  readonly #options: AutoscalerMirrorOptions;
  readonly #store: AutoscalerStore;
  readonly #informers: InformerSet<Autoscaler>;
  readonly #outage: Outage;
  /** Runs out when the outage has lasted for long enough to tell of it. */
  #untold: NodeJS.Timeout | undefined;

  constructor(kind: AutoscalerKind, options: AutoscalerMirrorOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#store = new AutoscalerStore(options.onChange);
    this.#informers = new InformerSet(kind.resource, options.namespaces, (namespace) =>
      this.#informer(namespace),
    );
    const { plural, fullResource } = kind;
    this.#outage = new Outage(
      {
        begun: `${plural} cannot be read, so what is known of them may be old`,
        ended: `the API server answers for ${plural} again`,
        level: 'warn',
        grant: `list and watch on ${fullResource}`,
      },
      options.log,
    );
  }

  start(): void {
    this.#informers.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#untold);
    await this.#informers.stop();
    this.#outage.leaves();
  }

  get mirrors(): readonly Mirrored[] {
    return this.#informers.mirrors;
  }

  of(namespace: string, deployment: string): readonly Autoscaler[] {
    return this.#store.of(namespace, deployment);
  }

  /** Why these autoscalers of a namespace are not all known; undefined: they are. @throws NamespaceNotWatchedError */
  unknown(namespace: string): string | undefined {
    const { availability, lastError, synced } = this.#informers.of(namespace).reflector;
    const { plural, version, isExtension } = this.#kind;
    if (availability === 'forbidden') {
      const consequence = synced
        ? `so what it knows of the ${plural} is old`
        : `so the ${plural} are not known`;
      return `the service may not ${this.#rightIn(namespace)}, ${consequence}`;
    }
    if (availability === 'unread') return `the ${plural} have not been read yet`;
    if (availability === 'notServed' && !isExtension) {
      return `the API server does not serve ${version}, so the ${plural} are not known`;
    }
    return lastError && `the service has lost contact, so what it knows of the ${plural} may be old`;
  }

  #informer(namespace: string | undefined): Informer<Autoscaler> {
    const { api, log, timing, onContact, onChange } = this.#options;
    const { version, resource, reduce } = this.#kind;
    let told: Availability = 'unread';
    const informer = new Informer<Autoscaler>({
      api,
      path: collectionPath(version, resource, namespace),
      reduce,
      store: this.#store.scope(namespace),
      log,
      timing,
      onContact,
      optional: {
        onChange: () => {
          const { availability } = informer.reflector;
          if (availability !== told) this.#tell(namespace, told, availability);
          told = availability;
          this.#judgeContact();
          onChange();
        },
      },
    });
    return informer;
  }

  /** Writes a line when some namespace has had an outage for a while, and one when none has any more. */
  #judgeContact(): void {
    if (this.#failure === undefined) {
      clearTimeout(this.#untold);
      this.#untold = undefined;
      this.#outage.ends();
      return;
    }
    this.#untold ??= setTimeout(() => this.#outage.lasts(this.#failure), OUTAGE_MS).unref();
  }

  get #failure(): Error | undefined {
    return this.#informers.all.find(({ reflector }) => reflector.lastError !== undefined)?.reflector
      .lastError;
  }

  /** Writes one line when the API server begins or ceases to refuse the collection or not to serve it. */
  #tell(namespace: string | undefined, before: Availability, now: Availability): void {
    const { log } = this.#options;
    const { version, resource, isExtension } = this.#kind;
    const right = { resource, namespace, right: this.#rightIn(namespace) };
    const api = { resource, namespace, version };
    if (now === 'forbidden') {
      log.warn(right, 'the account of the service lacks a right: autoscalers of Deployments are not known');
    } else if (now === 'notServed') {
      if (isExtension) log.info(api, 'the API server does not serve an API of autoscalers: there are none');
      else log.warn(api, 'the API server does not serve an API of autoscalers: they are not known');
    } else if (before === 'forbidden') {
      log.info(right, 'the account of the service has the right now');
    } else if (before === 'notServed') {
      log.info(api, 'the API server serves the API of autoscalers now');
    }
  }

  /** The right that a read of this namespace, or of all, needs. */
  #rightIn(namespace: string | undefined): string {
    const clusterWide = namespace === undefined || this.#options.namespaces.length === 0;
    const where = clusterWide ? 'cluster-wide' : `in the namespace "${namespace}"`;
    return `list and watch ${this.#kind.fullResource} ${where}`;
  }
}
