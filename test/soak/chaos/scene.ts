import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../../src/cluster/cluster.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';
import { AT_FIRST, NAMESPACES } from './changes.ts';
import type { Subject } from './subject.ts';
import { withinTurns } from './turns.ts';

/** The default deadlines of a reflector are up to minutes; a walk has only seconds per fault. */
const TIMING = {
  silenceMs: { least: 2_000, most: 2_500 },
  pageSilenceMs: 3_000,
  initialEventsMs: { silence: 2_000, whole: 10_000 },
  pagesMs: 2_000,
  optionalRetryMs: { least: 200, most: 400 },
  refusalMs: 500,
};
/** A cluster that can be reached again is found so soon after. */
const HEALTH = { lookMs: 100 };
/** How many turns of the event loop the server may need to see that its clients have ended their connections. */
const TURNS_TO_END = 1_000;
const SCOPE = ['team-0001', 'team-0004'];
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A demo cluster and two caches of it: one of all namespaces, behind the whole service, and one of two namespaces. */
export class Scene {
  readonly demo: FakeApiServer;
  readonly service: TestService;
  readonly subjects: readonly Subject[];
  readonly #folder: string;
  #stopping: Promise<unknown> | undefined;

  private constructor(demo: FakeApiServer, service: TestService, scoped: Cluster, folder: string) {
    this.demo = demo;
    this.service = service;
    this.subjects = [
      { name: 'all namespaces', cluster: service.cluster, namespaces: [] },
      { name: 'two namespaces', cluster: scoped, namespaces: SCOPE },
    ];
    this.#folder = folder;
  }

  /** Starts it. Resolves once the caches are filled. */
  static async start(): Promise<Scene> {
    const demo = await FakeApiServer.start({
      deployments: AT_FIRST,
      namespacesCount: NAMESPACES,
      rolloutDelayMs: Number.POSITIVE_INFINITY,
      bookmarkIntervalMs: 100,
      historyLimit: 500,
    });
    const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
    const file = join(folder, 'kubeconfig');
    const kubeconfig = demo.kubeconfigWith({ tokenFile: join(folder, 'token') });
    await writeFile(file, kubeconfig, { mode: 0o600 });
    const scoped = new Cluster({
      name: 'scoped',
      kubeconfig: file,
      namespaces: SCOPE,
      authorization: 'AlwaysAllow',
      autoscalers: { horizontalPodAutoscalers: true, scaledObjects: true },
      onConflict: 'refuse-certain',
      rails: { current: [] },
      journalBytes: 2 ** 20,
      log: SILENT,
      timing: { reflector: TIMING, health: HEALTH },
    });
    const service = await TestService.start({ kubeconfig, timing: { reflector: TIMING, health: HEALTH } });
    const scene = new Scene(demo, service, scoped, folder);
    await scene.writeToken();
    scoped.start();
    await until(() => scene.subjects.every(({ cluster }) => cluster.synced));
    return scene;
  }

  /** Writes the current token to the file that the kubeconfig names. */
  readonly writeToken = (): Promise<void> =>
    writeFile(join(this.#folder, 'token'), `${this.demo.token}\n`, { mode: 0o600 });

  /** Stops the service and both caches, after which no connection to the demo cluster may be left. May be repeated. */
  async stopCaches(): Promise<void> {
    this.#stopping ??= Promise.all([this.service.stop(), this.subjects[1]?.cluster.stop()]);
    await this.#stopping;
    if (await withinTurns(TURNS_TO_END, () => this.demo.openConnections === 0)) return;
    throw new Error(`${this.demo.openConnections} connections are left after stop()`);
  }

  async stop(): Promise<void> {
    try {
      await this.stopCaches();
    } finally {
      await this.demo.stop();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}
