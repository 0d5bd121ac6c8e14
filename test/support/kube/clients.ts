import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CallObserver } from '../../../src/kube/client/call-observer.ts';
import { KubeClient, type KubeStream } from '../../../src/kube/client/kube-client.ts';
import type { KubeConfigLoader, Kubeconfig } from '../../../src/kube/kubeconfig/kubeconfig.ts';
import type { ClusterFields, UserFields } from '../../../src/kube/kubeconfig/kubeconfig-file.ts';

/** Connections of a client for its calls. */
export const CALL_CONNECTIONS = 4;

/** A client of the API server at this address. It is closed after the test. */
export function clientOf(
  server: string,
  ca: string,
  {
    user = {},
    cluster = {},
    observers,
  }: { user?: UserFields; cluster?: ClusterFields; observers?: readonly CallObserver[] } = {},
): KubeClient {
  return track(
    new KubeClient(
      configLoader({ server, 'certificate-authority-data': base64(ca), ...cluster }, user),
      CALL_CONNECTIONS,
      observers,
    ),
  );
}

/** Loads the same configuration each time. The files that it names are read again. */
export function configLoader(cluster: Kubeconfig['cluster'], user: UserFields): KubeConfigLoader {
  return () => ({ cluster, user, proxyUrl: undefined });
}

export function track(client: KubeClient): KubeClient {
  onTestFinished(() => client.close());
  return client;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A folder for one test. `write` writes a file into it and returns the path. */
export function folder(): { write(name: string, content: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'cluster-test-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return {
    write: (name, content) => {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
  };
}

/** All events of a watch until it ends. */
export async function readAll(stream: KubeStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk.toString();
  return all;
}
