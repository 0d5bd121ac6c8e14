import { FakeApiServer } from '../../test/support/fake-apiserver/fake-apiserver.ts';
import { SAMPLE_DEPLOYMENTS } from '../../test/support/fake-apiserver/samples.ts';
import { keyOf } from '../../test/support/fake-apiserver/store.ts';
import { AUTOSCALED, Life, STEP_MS, STUCK } from './life.ts';

/** The clients of ./certs may do this on Deployments: `client` everything, `viewer` read one namespace. */
const RESOURCES = ['deployments', 'deployments/scale'];

/** The rails of the service, a file for RAILS_FILE. */
export const DEMO_RAILS = 'hack/demo/rails.yaml';

/** A cluster inside this process, for trying the service: a small shop that lives. */
export class DemoCluster {
  readonly #server: FakeApiServer;
  readonly #clock: NodeJS.Timeout;

  private constructor(server: FakeApiServer) {
    this.#server = server;
    const life = new Life(server.deployments);
    this.#clock = setInterval(() => life.step(), STEP_MS);
  }

  /** Starts it, and writes a kubeconfig for the service, which only the owner can read. */
  static async start(kubeconfigFile: string): Promise<DemoCluster> {
    const server = await FakeApiServer.start({
      deployments: [...SAMPLE_DEPLOYMENTS, STUCK],
      rolloutDelayMs: Number.POSITIVE_INFINITY, // Life makes rollouts
    });
    const { namespace, name, min: minReplicas, max: maxReplicas } = AUTOSCALED;
    server.autoscalers.add({ namespace, name, spec: { minReplicas, maxReplicas } });
    server.deployments.report(STUCK.namespace, STUCK.name, { observedGeneration: 0, readyReplicas: 0 });
    server.podTroubles.set(keyOf(STUCK), {
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "registry.example.com/search/indexer:1.14.2"',
    });
    server.roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources: RESOURCES });
    server.roles.allow({
      users: ['viewer'],
      verbs: ['get', 'list'],
      resources: RESOURCES,
      namespaces: ['shop'],
    });
    await server.writeKubeconfig(kubeconfigFile);
    return new DemoCluster(server);
  }

  async stop(): Promise<void> {
    clearInterval(this.#clock);
    await this.#server.stop();
  }
}
