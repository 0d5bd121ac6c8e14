import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Ended, type Helm, run, tool } from '../support/chart/helm.ts';
import { KubeRequests } from '../support/kube-requests.ts';

/** helm and kubectl for a real API server, without the configuration of the user, and a folder for files. */
export class ChartBench {
  readonly folder: string;
  readonly kube = new KubeRequests(inject('kubeApiserver'));
  readonly #namespaces: readonly string[];
  /** The variables with which helm and kubectl use the API server, and nothing of the user. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(folder: string, namespaces: readonly string[]) {
    this.folder = folder;
    this.#namespaces = namespaces;
    this.environment = {
      KUBECONFIG: join(folder, 'kubeconfig'),
      HELM_CACHE_HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_DATA_HOME: folder,
    };
  }

  /** Creates namespaces that accept only pods of the restricted standard, and warn about others. */
  static async start(...namespaces: readonly string[]): Promise<ChartBench> {
    const bench = new ChartBench(await mkdtemp(join(tmpdir(), 'chart test ')), namespaces);
    await writeFile(join(bench.folder, 'kubeconfig'), inject('kubeApiserver').kubeconfig, { mode: 0o600 });
    const labels = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    };
    for (const name of namespaces)
      await bench.kube.post('/api/v1/namespaces', { metadata: { name, labels } });
    return bench;
  }

  helm(...args: readonly string[]): Promise<Ended> {
    return this.run('helm', ...args);
  }

  kubectl(...args: readonly string[]): Promise<Ended> {
    return this.run('kubectl', ...args);
  }

  /** Runs kubectl or this version of Helm. */
  async run(name: Helm | 'kubectl', ...args: readonly string[]): Promise<Ended> {
    return run(await tool(name), args, this.environment);
  }

  async stop(): Promise<void> {
    for (const name of this.#namespaces) await this.kube.delete(`/api/v1/namespaces/${name}`);
    await this.kube.close();
    await rm(this.folder, { recursive: true });
  }
}
