import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Order, Sent } from '../../../test/support/fake-apiserver/orders.ts';
import { Child, LOAD_CORE } from '../child.ts';

/** The user in the client certificate. */
export const CLIENT = 'client';
export const NAMESPACES = 100;

/** A demo cluster in a process of its own: an API server with Deployments of Helm, of 6.6 kB, that answers access reviews. */
export class ApiServer implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #child: Child;

  private constructor(child: Child, kubeconfig: string) {
    this.#child = child;
    this.kubeconfig = kubeconfig;
  }

  /** @param folder the folder for its kubeconfig, which nothing else uses */
  static async start(node: string, folder: string, deployments: number, autoscalers = 0): Promise<ApiServer> {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, '');
    const size = ['--deployments', `${deployments}`, '--helm', '--namespaces', `${NAMESPACES}`];
    const scaled = ['--autoscalers', `${autoscalers}`];
    const options = ['--kubeconfig', kubeconfig, '--client', CLIENT, '--no-rollouts', ...size, ...scaled];
    const command = [node, 'test/support/fake-apiserver/main.ts', ...options];
    const child = new Child(command, { core: LOAD_CORE, ipc: true });
    await child.until(async () => (await readFile(kubeconfig, 'utf8')) !== '');
    return new ApiServer(child, kubeconfig);
  }

  /** Scales Deployments in turn, this many a second, until it is told otherwise. */
  change(changesPerSecond: number): void {
    this.#child.send({ changesPerSecond } satisfies Order);
  }

  /** Scales one Deployment, and says when it began to tell watches. */
  async scale(namespace: string, name: string, replicas: number): Promise<Sent> {
    const answer = await this.#child.ask({ scale: { namespace, name, replicas } } satisfies Order);
    if (typeof answer === 'object' && answer !== null && 'sentAtMs' in answer) {
      return { sentAtMs: Number(answer.sentAtMs) };
    }
    throw this.#child.failure('gave no answer');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
