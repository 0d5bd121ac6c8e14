import type { Mirrored } from '../cache/informer-set.ts';
import type { Autoscaler } from './autoscaler.ts';
import {
  AutoscalerMirror,
  type AutoscalerMirrorOptions,
  HORIZONTAL_POD_AUTOSCALERS,
  SCALED_OBJECTS,
} from './autoscaler-mirror.ts';

/** Which kinds of autoscalers are watched. */
export interface WatchedAutoscalers {
  readonly horizontalPodAutoscalers: boolean;
  readonly scaledObjects: boolean;
}

export interface AutoscalersOptions extends Omit<AutoscalerMirrorOptions, 'onChange'> {
  readonly watched: WatchedAutoscalers;
}

const HPAS_OFF = 'HorizontalPodAutoscalers are not watched: WATCH_HPAS=true switches it on';

/**
 * The autoscalers of one cluster, as far as the account of the service may read them. Nothing else depends on them: a
 * missing right is logged once, and the rest of the service works without it.
 */
export class Autoscalers {
  readonly #hpas: AutoscalerMirror | undefined;
  readonly #scaledObjects: AutoscalerMirror | undefined;
  #version = 0;

  constructor({ watched, ...options }: AutoscalersOptions) {
    const onChange = () => {
      this.#version += 1;
    };
    const mirror = { ...options, onChange };
    if (watched.horizontalPodAutoscalers) {
      this.#hpas = new AutoscalerMirror(HORIZONTAL_POD_AUTOSCALERS, mirror);
    }
    if (watched.scaledObjects) this.#scaledObjects = new AutoscalerMirror(SCALED_OBJECTS, mirror);
  }

  start(): void {
    this.#hpas?.start();
    this.#scaledObjects?.start();
  }

  /** Once this resolves, no request or timer is left. */
  async stop(): Promise<void> {
    await Promise.all([this.#hpas?.stop(), this.#scaledObjects?.stop()]);
  }

  /** The autoscalers that target this Deployment, HPAs first, by name. */
  of(namespace: string, deployment: string): readonly Autoscaler[] {
    const hpas = this.#hpas?.of(namespace, deployment) ?? [];
    const scaledObjects = this.#scaledObjects?.of(namespace, deployment) ?? [];
    return scaledObjects.length === 0 ? hpas : [...hpas, ...scaledObjects];
  }

  /**
   * Why the autoscalers of this namespace are not all known, in words that name the missing right; empty: all are
   * known. ScaledObjects that are not watched do not count, because KEDA makes HPAs of them.
   * @throws NamespaceNotWatchedError
   */
  unknown(namespace: string): readonly string[] {
    const hpas = this.#hpas === undefined ? HPAS_OFF : this.#hpas.unknown(namespace);
    const scaledObjects = this.#scaledObjects?.unknown(namespace);
    return [hpas, scaledObjects].filter((reason) => reason !== undefined);
  }

  /** Rises with every change of an autoscaler or of what `unknown` says. */
  get version(): number {
    return this.#version;
  }

  get mirrors(): readonly Mirrored[] {
    return [...(this.#hpas?.mirrors ?? []), ...(this.#scaledObjects?.mirrors ?? [])];
  }
}
