import { expect, vi } from 'vitest';
import { DeploymentCache } from '../../../src/cluster/cache/deployment-cache.ts';
import { type Deployment, reduceDeployment } from '../../../src/cluster/deployment.ts';
import { Informer } from '../../../src/kube/reflector/informer.ts';
import { listPage } from './objects.ts';
import { RecordingLogger } from './recording-logger.ts';
import { flush, type OpenWatch, ScriptedApi } from './scripted-api.ts';

/** An informer with a scripted API server and fake time. */
export class Mirror {
  readonly api = new ScriptedApi();
  readonly cache = new DeploymentCache();
  readonly log = new RecordingLogger();
  readonly informer: Informer<Deployment>;

  constructor() {
    this.informer = new Informer({
      api: this.api,
      path: '/apis/apps/v1/deployments',
      reduce: reduceDeployment,
      store: this.cache.scope(),
      log: this.log,
    });
  }

  get reflector() {
    return this.informer.reflector;
  }

  /** Starts the informer, and answers its first list and watch. */
  async synced(resourceVersion: string, ...items: readonly Deployment[]): Promise<OpenWatch> {
    this.informer.start();
    return await this.relisted(resourceVersion, ...items);
  }

  /** Answers the expected list, and accepts the watch after it. */
  async relisted(resourceVersion: string, ...items: readonly Deployment[]): Promise<OpenWatch> {
    const list = await this.api.nextCall();
    await list.answer(listPage(items, resourceVersion));
    return await (await this.api.nextWatch()).accept();
  }

  /** The content of the store, sorted, as `namespace/name@resourceVersion`. */
  get content(): string[] {
    return [...this.cache.scope().values()]
      .map(({ namespace, name, resourceVersion }) => `${namespace}/${name}@${resourceVersion}`)
      .sort();
  }

  /** How many requests arrive in this time. */
  async requestsWithin(ms: number): Promise<number> {
    const before = this.api.requests.length;
    await vi.advanceTimersByTimeAsync(ms);
    return this.api.requests.length - before;
  }

  /** Milliseconds until the next request arrives. */
  async delayOfNextRequest(): Promise<number> {
    if (this.api.untaken > 0) throw new Error('a request has come already');
    const before = this.api.requests.length;
    const start = performance.now();
    for (let timers = 0; this.api.requests.length === before; timers += 1) {
      if (timers === 10) throw new Error('no request came');
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

/** Runs a test with a mirror on fake time. No timer may be left once the mirror has stopped. */
export function withMirror(body: (mirror: Mirror) => Promise<void>): () => Promise<void> {
  return async () => {
    vi.useFakeTimers();
    const mirror = new Mirror();
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
