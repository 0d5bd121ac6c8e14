import type { TestProject } from 'vitest/node';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';

/** How tests connect to the shared API server. Tests that break an API server start their own. */
export interface SharedKubeApiserver {
  readonly url: string;
  readonly ca: string;
  /** The client certificate and key of the admin, PEM. */
  readonly cert: string;
  readonly key: string;
  /** A kubeconfig of the admin, as YAML. */
  readonly kubeconfig: string;
  readonly version: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    kubeApiserver: SharedKubeApiserver;
  }
}

let apiserver: KubeApiserver | undefined;

export async function setup(project: TestProject): Promise<void> {
  apiserver = await startKubeApiserver();
  const { url, ca, kubeconfig, version } = apiserver;
  const { cert, key } = apiserver.admin;
  project.provide('kubeApiserver', { url, ca, cert, key, kubeconfig, version });
  process.stderr.write(`kube-apiserver ${version}\n`);
}

export async function teardown(): Promise<void> {
  await apiserver?.stop();
}
