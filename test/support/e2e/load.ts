import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { until } from '../until.ts';
import { apply, kubectl } from './commands.ts';
import type { LoadReport } from './load-generator.mts';
import type { Release } from './release.ts';
import { IDLE_CONTAINER } from './workload.ts';

const GENERATOR = new URL('load-generator.mts', import.meta.url);
/** On a busy machine, a pod that asks for no processor time gets almost none, and its handshakes take seconds. */
const RESOURCES = { requests: { cpu: '200m' } };
/** Ends a failed test. It measures nothing. */
const LIMIT_MS = 180_000;

/** Load on the Service from a pod in the cluster, because a forwarded port leads to a single pod. */
export class Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  #report: LoadReport = { requests: 0, retried: 0, failures: [] };

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#ended = once(child, 'close').then(() => {});
    createInterface(child.stdout).on('line', (line) => {
      this.#report = JSON.parse(line);
    });
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
      containers: [{ ...IDLE_CONTAINER, volumeMounts, resources: RESOURCES }],
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
    await kubectl('wait', '-n', release.name, 'pod/load', '--for=condition=Ready', '--timeout=180s');
  }

  /** Reads and sets the count of a Deployment among the workloads, which must be 3, and resolves once there have been some answers. */
  static async start(release: Release, deployment: string): Promise<Load> {
    const service = `https://${release.fullname}.${release.name}.svc:8443`;
    const generator = ['node', '/generator/load-generator.mts', service, release.workloads, deployment];
    const args = ['exec', '-i', '-n', release.name, 'load', '--', ...generator];
    const load = new Load(spawn('kubectl', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await load.#reach(1);
    return load;
  }

  /** Ends the load after this many requests, and returns its results. */
  async stop(requests: number): Promise<LoadReport> {
    await this.#reach(requests);
    this.#child.stdin.end();
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`the load ended with status ${this.#child.exitCode}`);
    return this.#report;
  }

  /** Returns early if the load has ended by itself. */
  async #reach(requests: number): Promise<void> {
    await until(() => this.#report.requests >= requests || this.#child.exitCode !== null, LIMIT_MS);
  }
}
