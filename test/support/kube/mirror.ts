import { expect, vi } from 'vitest';
import { Informer } from '../../../src/kube/reflector/informer.ts';
import type { Availability, ReflectorTiming } from '../../../src/kube/reflector/reflector.ts';
import { listPage, reduceWidget, WIDGETS, type Widget, WidgetStore } from './objects.ts';
import { RecordingLogger } from './recording-logger.ts';
import { flush, type OpenWatch, ScriptedApi } from './scripted-api.ts';

export interface MirrorOptions {
  /** Values that differ from production. */
  readonly timing?: ReflectorTiming;
  /** Whether the collection is optional. Default: false. */
  readonly optional?: boolean;
}

/** An informer with a scripted API server and fake time. */
export class Mirror {
  readonly api = new ScriptedApi();
  readonly store = new WidgetStore();
  readonly log = new RecordingLogger();
  readonly informer: Informer<Widget>;
  /** The availability of an optional collection, each time that it was told. */
  readonly told: Availability[] = [];
  /** How often it was told that the account is refused. */
  refusals = 0;

  constructor({ timing, optional = false }: MirrorOptions = {}) {
    this.informer = new Informer({
      api: this.api,
      path: WIDGETS,
      reduce: reduceWidget,
      store: this.store,
      log: this.log,
      timing,
      onRefused: () => {
        this.refusals += 1;
      },
      optional: optional ? { onChange: () => void this.told.push(this.reflector.availability) } : undefined,
    });
  }

  get reflector() {
    return this.informer.reflector;
  }

  /** Starts it and completes its first list, up to an open watch. */
  async synced(resourceVersion: string, ...items: readonly Widget[]): Promise<OpenWatch> {
    this.informer.start();
    return await this.relisted(resourceVersion, ...items);
  }

  /** Answers the pending list, and accepts the watch after it. */
  async relisted(resourceVersion: string, ...items: readonly Widget[]): Promise<OpenWatch> {
    const list = await this.api.nextCall();
    await list.answer(listPage(items, resourceVersion));
    return await (await this.api.nextWatch()).accept();
  }

  /** The content of the store, sorted, as `namespace/name@resourceVersion`. */
  get content(): string[] {
    return [...this.store.values()]
      .map(({ namespace, name, resourceVersion }) => `${namespace}/${name}@${resourceVersion}`)
      .sort();
  }

  /** The number of requests that arrive in this time. */
  async requestsWithin(ms: number): Promise<number> {
    const before = this.api.requests.length;
    await vi.advanceTimersByTimeAsync(ms);
    return this.api.requests.length - before;
  }

  /** Milliseconds until the next request arrives. */
  async delayOfNextRequest(): Promise<number> {
    if (this.api.untaken > 0) throw new Error('a request has already arrived');
    const before = this.api.requests.length;
    const start = performance.now();
    for (let timers = 0; this.api.requests.length === before; timers += 1) {
      if (timers === 10) throw new Error('no request arrived');
      await vi.advanceTimersToNextTimerAsync();
      await flush();
    }
    return performance.now() - start;
  }

  /** Stops the informer and checks that it leaves nothing behind. */
  async stop(): Promise<void> {
    await this.informer.stop();
    expect(vi.getTimerCount()).toBe(0);
  }
}

/** A test body with a mirror on fake time. After the mirror has stopped, no timer may be left. */
export function withMirror(
  body: (mirror: Mirror) => Promise<void>,
  options?: MirrorOptions,
): () => Promise<void> {
  return async () => {
    vi.useFakeTimers();
    const mirror = new Mirror(options);
    try {
      await body(mirror);
      await mirror.stop();
    } finally {
      await mirror.informer.stop();
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  };
}
