import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { KubeRequests, textAt } from '../kube-requests.ts';
import { deployment } from './contract-bodies.ts';
import { type ContractTarget, TARGETS } from './contract-targets.ts';

/**
 * Runs the same cases on the demo cluster and a real API server, so that the stand-in cannot drift from the original. Each
 * case has its own namespace.
 */
export function onEachServer(title: string, define: (bench: Bench) => void): void {
  describe.each(Object.entries(TARGETS))(`${title}: %s`, (_, start) => {
    const bench = new Bench();
    beforeAll(async () => bench.open(await start()));
    afterAll(() => bench.close());
    beforeEach(() => bench.newNamespace());
    define(bench);
  });
}

/** The tools for a case. */
export class Bench {
  #target: ContractTarget | undefined;
  #kube: KubeRequests | undefined;
  /** The namespace of this case. */
  namespace = '';

  open(target: ContractTarget): void {
    this.#target = target;
    this.#kube = new KubeRequests(target.endpoint);
  }

  async close(): Promise<void> {
    await this.#kube?.close();
    await this.#target?.stop();
  }

  get target(): ContractTarget {
    if (this.#target === undefined) throw new Error('not open');
    return this.#target;
  }

  /** Requests as an administrator. */
  get kube(): KubeRequests {
    if (this.#kube === undefined) throw new Error('not open');
    return this.#kube;
  }

  /** The path of the Deployments in the namespace of this case. */
  get path(): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments`;
  }

  async newNamespace(): Promise<void> {
    this.namespace = `contract-${randomUUID().slice(0, 8)}`;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } };
    expect((await this.kube.post('/api/v1/namespaces', body)).status).toBe(201);
  }

  /** Creates a Deployment and returns its body. */
  async create(name: string, replicas = 3): Promise<unknown> {
    const made = await this.kube.post(this.path, deployment(name, replicas));
    expect(made.status).toBe(201);
    return made.body;
  }

  /** The current resourceVersion of a list. */
  async currentVersion(): Promise<string> {
    return textAt((await this.kube.get(this.path)).body, 'metadata.resourceVersion');
  }
}
