import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { apply, kubectl } from './commands.ts';
import type { LoadReport } from './load-generator.mts';
import type { Release } from './release.ts';
import { IDLE_CONTAINER } from './workload.ts';

const GENERATOR = new URL('load-generator.mts', import.meta.url);

/** Load on the Service from a pod in the cluster, because a forwarded port leads to a single pod. */
export class Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
  }

  /** Creates the pod `load` in the namespace of the release. */
  static async prepare(release: Release): Promise<void> {
    const { cert, key } = await release.clientCertificate('client');
    await release.secret('load', { 'tls.crt': cert, 'tls.key': key, 'ca.crt': release.authority.cert });
    const metadata = { namespace: release.name, name: 'load' };
    const volumeMounts = [
      { name: 'certificate', mountPath: '/certificate' },
      { name: 'generator', mountPath: '/generator' },
    ];
    const spec = {
      terminationGracePeriodSeconds: 0,
      containers: [{ ...IDLE_CONTAINER, volumeMounts }],
      volumes: [
        { name: 'certificate', secret: { secretName: 'load' } },
        { name: 'generator', configMap: { name: 'load' } },
      ],
    };
    await apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { 'load-generator.mts': await readFile(GENERATOR, 'utf8') },
      },
      { apiVersion: 'v1', kind: 'Pod', metadata, spec },
    );
    await kubectl('wait', '-n', release.name, 'pod/load', '--for=condition=Ready', '--timeout=60s');
  }

  /** Starts to read and set the count of a Deployment, which must be 3. */
  static start(release: Release, deployment: string): Load {
    const service = `https://${release.fullname}.${release.name}.svc:8443`;
    const generator = ['node', '/generator/load-generator.mts', service, release.name, deployment];
    const args = ['exec', '-i', '-n', release.name, 'load', '--', ...generator];
    return new Load(spawn('kubectl', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Ends the load and returns its results. */
  async stop(): Promise<LoadReport> {
    const exited = once(this.#child, 'exit');
    const printed = text(this.#child.stdout);
    this.#child.stdin.end();
    await exited;
    const report: LoadReport = JSON.parse(await printed);
    return report;
  }
}
