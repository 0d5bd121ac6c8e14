import { onTestFinished } from 'vitest';
import { replaceFile } from '../replace-file.ts';
import { ServerProcess } from '../server-process.ts';
import { type Answer, TestClient } from '../test-client.ts';

/** One entry of a clusters file. Its kubeconfig is next to that file, under the name of the cluster. */
interface Entry {
  readonly name: string;
  readonly contextName?: string;
}

const TARGET = 'namespace=default&deployment=my-deployment';

/** The real process with a clusters file, and a client that keeps its connections. */
export class ClustersServer {
  readonly process: ServerProcess;
  readonly client: TestClient;

  private constructor(server: ServerProcess, client: TestClient) {
    this.process = server;
    this.client = client;
  }

  /**
   * @param kubeconfigs by cluster name, the default cluster first
   * @param moreFiles see ServerProcess
   */
  static async start(
    kubeconfigs: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>> = {},
    moreFiles: Parameters<typeof ServerProcess.start>[2] = {},
  ): Promise<ClustersServer> {
    const names = Object.keys(kubeconfigs);
    const files = Object.entries(kubeconfigs).map(([name, yaml]) => [name, async () => yaml] as const);
    const server = await ServerProcess.start('', environment, {
      ...moreFiles,
      ...Object.fromEntries(files),
      CLUSTERS_FILE: async () => clustersFile(names.map((name) => ({ name }))),
    });
    const { cert, key } = server.client;
    const client = new TestClient(await server.port(), { ca: server.authority.cert, cert, key });
    onTestFinished(() => client.close());
    return new ClustersServer(server, client);
  }

  writeKubeconfig(name: string, yaml: string): Promise<void> {
    return replaceFile(this.process.file(name), yaml);
  }

  writeClusters(...entries: readonly Entry[]): Promise<void> {
    return this.writeClustersFile(clustersFile(entries));
  }

  writeClustersFile(text: string): Promise<void> {
    return replaceFile(this.process.file('CLUSTERS_FILE'), text);
  }

  /** Reads the count of default/my-deployment. */
  read(cluster: string): Promise<Answer> {
    return this.client.get(`/${cluster}/replica-count?${TARGET}`);
  }

  /** Sets the count of default/my-deployment. */
  write(cluster: string, replicas: number): Promise<Answer> {
    return this.client.post(`/${cluster}/replica-count?${TARGET}`, { replicas });
  }

  /** Whether a read shows this count. */
  async shows(cluster: string, replicas: number): Promise<boolean> {
    return JSON.stringify((await this.read(cluster)).body) === JSON.stringify({ replicaCount: replicas });
  }

  /** The number of times that a text was logged. */
  logged(text: string): number {
    return this.process.output.split(text).length - 1;
  }
}

/** JSON, which is YAML. */
function clustersFile(entries: readonly Entry[]): string {
  return JSON.stringify({ clusters: entries.map((entry) => ({ ...entry, context: entry.name })) });
}
