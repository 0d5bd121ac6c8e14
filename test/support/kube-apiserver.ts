import { type ChildProcess, execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { freePorts } from './free-ports.ts';
import { CertificateAuthority, type IssuedCertificate } from './issue-certificate.ts';
import { kubeconfigYaml } from './kubeconfig.ts';
import { endLeash, spawnOnLeash } from './leash.ts';

const TEST_ENV = fileURLToPath(new URL('../../hack/test-env.sh', import.meta.url));
/** Below the limit of a hook, so that the error of a component that does not start has its log. */
const READY_TIMEOUT_MS = 110_000;

/** Deployments get pods, which stay Pending because there are no nodes, and autoscalers act. */
const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'horizontal-pod-autoscaler-controller',
].join();

/**
 * A real etcd and kube-apiserver on 127.0.0.1, with RBAC. There are no controllers until startControllerManager(), so
 * that a Deployment never gets pods or a status. Start it with startKubeApiserver().
 */
export class KubeApiserver {
  readonly url: string;
  readonly etcdUrl: string;
  /** The CA of the server certificate and of client certificates, PEM. */
  readonly ca: string;
  /** The client certificate of a member of system:masters, which may do everything. */
  readonly admin: IssuedCertificate;
  readonly #authority: CertificateAuthority;
  readonly #binaries: string;
  readonly #folder: string;
  readonly #agent: Agent;
  readonly #controllerManagerUrl: string;
  #version = '';
  #etcd: ChildProcess | undefined;
  #apiserver: ChildProcess | undefined;
  #controllerManager: ChildProcess | undefined;

  private constructor(
    authority: CertificateAuthority,
    admin: IssuedCertificate,
    binaries: string,
    folder: string,
    ports: { readonly apiserver: number; readonly etcd: number; readonly controllerManager: number },
  ) {
    this.#authority = authority;
    this.ca = authority.cert;
    this.admin = admin;
    this.#binaries = binaries;
    this.#folder = folder;
    this.url = `https://127.0.0.1:${ports.apiserver}`;
    this.etcdUrl = `http://127.0.0.1:${ports.etcd}`;
    this.#controllerManagerUrl = `https://127.0.0.1:${ports.controllerManager}`;
    this.#agent = new Agent({ connect: { ca: this.ca, cert: admin.cert, key: admin.key } });
  }

  /**
   * Starts etcd and kube-apiserver, in 3 to 8 s. The first call on a machine downloads or builds the binaries.
   * @throws Error with the end of its log if one of them does not start
   */
  static async start(): Promise<KubeApiserver> {
    const { stdout } = await promisify(execFile)(TEST_ENV);
    const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
    const authority = await CertificateAuthority.create({ commonName: 'test-ca' });
    const [server, admin] = await Promise.all([
      authority.issue({
        commonName: 'kube-apiserver',
        sans: ['127.0.0.1', 'localhost'],
        usages: ['serverAuth'],
      }),
      authority.issue({ commonName: 'admin', organizations: ['system:masters'], usages: ['clientAuth'] }),
    ]);
    const serviceAccountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const files = {
      'ca.pem': authority.cert,
      'server.pem': server.cert,
      'server-key.pem': server.key,
      'service-account-key.pem': serviceAccountKey.export({ type: 'sec1', format: 'pem' }),
    };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, name), text, { mode: 0o600 });
    const [apiserverPort = 0, etcdPort = 0, controllerManager = 0] = await freePorts(3);
    const ports = { apiserver: apiserverPort, etcd: etcdPort, controllerManager };
    const cluster = new KubeApiserver(authority, admin, stdout.trim(), folder, ports);
    try {
      await cluster.startEtcd();
      await cluster.startApiserver();
      cluster.#version = await cluster.#get(`${cluster.url}/version`);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** The version of the server, such as `v1.37.2`. */
  get version(): string {
    return /"gitVersion":\s*"([^"]+)"/.exec(this.#version)?.[1] ?? '';
  }

  /** A kubeconfig, YAML, with the admin's certificate. */
  get kubeconfig(): string {
    return kubeconfigYaml(this.url, this.ca, this.admin);
  }

  /** Writes `kubeconfig` to a file that only its owner can read. */
  async writeKubeconfig(file: string): Promise<void> {
    await writeFile(file, this.kubeconfig, { mode: 0o600 });
  }

  /** A kubeconfig, YAML, with a new client certificate for this user and these groups. */
  async kubeconfigFor(user: string, groups: readonly string[] = []): Promise<string> {
    const leaf = { commonName: user, organizations: groups, usages: ['clientAuth'] } as const;
    return kubeconfigYaml(this.url, this.ca, await this.#authority.issue(leaf));
  }

  /** Resolves once etcd reports that it is healthy. */
  async startEtcd(): Promise<void> {
    this.#etcd = await this.#spawn('etcd', [
      '--unsafe-no-fsync',
      `--data-dir=${this.#etcdData}`,
      `--listen-client-urls=${this.etcdUrl}`,
      `--advertise-client-urls=${this.etcdUrl}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      '--watch-progress-notify-interval=5s', // the value of kubeadm, needed for bookmarks of quiet resources
      '--log-level=warn',
    ]);
    await this.#ready('etcd', this.#etcd, `${this.etcdUrl}/health`);
  }

  /** Resolves once /readyz answers 200. */
  async startApiserver(): Promise<void> {
    const file = (name: string) => join(this.#folder, name);
    this.#apiserver = await this.#spawn('kube-apiserver', [
      `--etcd-servers=${this.etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${new URL(this.url).port}`,
      `--tls-cert-file=${file('server.pem')}`,
      `--tls-private-key-file=${file('server-key.pem')}`,
      `--client-ca-file=${file('ca.pem')}`,
      `--service-account-key-file=${file('service-account-key.pem')}`,
      `--service-account-signing-key-file=${file('service-account-key.pem')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--authorization-mode=RBAC',
      '--endpoint-reconciler-type=none',
      '--disable-admission-plugins=ServiceAccount',
      '--etcd-compaction-interval=0', // tests read old versions, and compact by compactEtcd()
    ]);
    await this.apiserverReady();
  }

  /** Resolves once the running kube-apiserver answers /readyz with 200, after etcd has come back. */
  async apiserverReady(): Promise<void> {
    if (this.#apiserver === undefined) throw new Error('kube-apiserver was not started');
    await this.#ready('kube-apiserver', this.#apiserver, `${this.url}/readyz`);
  }

  /**
   * Starts kube-controller-manager with the controllers of Deployments, ReplicaSets and HorizontalPodAutoscalers, in about
   * 2 s. An autoscaler decides every second, without the usual delays.
   */
  async startControllerManager(): Promise<void> {
    const file = (name: string) => join(this.#folder, name);
    await this.writeKubeconfig(file('controller-manager.yaml'));
    this.#controllerManager = await this.#spawn('kube-controller-manager', [
      `--kubeconfig=${file('controller-manager.yaml')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${new URL(this.#controllerManagerUrl).port}`,
      `--tls-cert-file=${file('server.pem')}`,
      `--tls-private-key-file=${file('server-key.pem')}`,
      `--controllers=${CONTROLLERS}`,
      '--leader-elect=false',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--horizontal-pod-autoscaler-sync-period=1s',
      '--horizontal-pod-autoscaler-downscale-stabilization=1s',
      '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
      '--horizontal-pod-autoscaler-cpu-initialization-period=1s',
    ]);
    const healthz = `${this.#controllerManagerUrl}/healthz`;
    await this.#ready('kube-controller-manager', this.#controllerManager, healthz);
  }

  /** Kills etcd (SIGKILL). Its data stays. */
  async killEtcd(): Promise<void> {
    await endLeash(this.#etcd);
    this.#etcd = undefined;
  }

  /** Kills kube-apiserver (SIGKILL). */
  async killApiserver(): Promise<void> {
    await endLeash(this.#apiserver);
    this.#apiserver = undefined;
  }

  /** Stops etcd where it is (SIGSTOP), until resumeEtcd(): connections stay open, and nothing is answered. */
  async pauseEtcd(): Promise<void> {
    await signal('STOP', this.#etcd, 'etcd');
  }

  async resumeEtcd(): Promise<void> {
    await signal('CONT', this.#etcd, 'etcd');
  }

  /** As pauseEtcd(), for kube-apiserver. */
  async pauseApiserver(): Promise<void> {
    await signal('STOP', this.#apiserver, 'kube-apiserver');
  }

  async resumeApiserver(): Promise<void> {
    await signal('CONT', this.#apiserver, 'kube-apiserver');
  }

  /** Makes etcd forget all history. Later requests for history get an Expired error, unless a cache has it. */
  async compactEtcd(): Promise<void> {
    const range = await request(`${this.etcdUrl}/v3/kv/range`, { method: 'POST', body: '{"key":"AA=="}' });
    const revision = /"revision":"(\d+)"/.exec(await range.body.text())?.[1];
    const body = JSON.stringify({ revision, physical: true });
    const compaction = await request(`${this.etcdUrl}/v3/kv/compaction`, { method: 'POST', body });
    const text = await compaction.body.text();
    if (compaction.statusCode !== 200) throw new Error(`etcd does not compact: ${text}`);
  }

  /** Deletes a key without the API server, for example `/registry/deployments/default/my-deployment`. */
  async deleteFromEtcd(key: string): Promise<void> {
    const body = JSON.stringify({ key: Buffer.from(key).toString('base64') });
    const answer = await request(`${this.etcdUrl}/v3/kv/deleterange`, { method: 'POST', body });
    const text = await answer.body.text();
    if (!/"deleted":"1"/.test(text)) throw new Error(`etcd does not delete ${key}: ${text}`);
  }

  /** Copies the data of etcd, which must not run. */
  async saveEtcd(): Promise<void> {
    await rm(`${this.#etcdData}-saved`, { recursive: true, force: true });
    await cp(this.#etcdData, `${this.#etcdData}-saved`, { recursive: true });
  }

  /** Restores the latest copy of the data of etcd, which must not run. */
  async restoreEtcd(): Promise<void> {
    await rm(this.#etcdData, { recursive: true });
    await cp(`${this.#etcdData}-saved`, this.#etcdData, { recursive: true });
  }

  /** Kills all of them and removes their data. May be called again. */
  async stop(): Promise<void> {
    await Promise.all([endLeash(this.#controllerManager), this.killApiserver(), this.killEtcd()]);
    await this.#agent.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #etcdData(): string {
    return join(this.#folder, 'etcd');
  }

  async #spawn(binary: string, args: readonly string[]): Promise<ChildProcess> {
    const log = openSync(join(this.#folder, `${binary}.log`), 'a');
    try {
      return await spawnOnLeash(join(this.#binaries, binary), args, [log, log]);
    } finally {
      closeSync(log);
    }
  }

  async #ready(binary: string, child: ChildProcess, url: string): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      try {
        await this.#get(url);
        return;
      } catch {
        await sleep(50);
      }
    }
    const log = await readFile(join(this.#folder, `${binary}.log`), 'utf8');
    throw new Error(`${binary} does not start:\n${log.slice(-2_000)}`);
  }

  async #get(url: string): Promise<string> {
    const { statusCode, body } = await request(url, { dispatcher: this.#agent });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}: ${text}`);
    return text;
  }
}

/** Starts a real etcd and kube-apiserver. stop() ends them. */
export const startKubeApiserver = () => KubeApiserver.start();

/** Sends a signal to the binary, which is a child of its leash, and to nothing else. */
async function signal(name: 'STOP' | 'CONT', leash: ChildProcess | undefined, binary: string): Promise<void> {
  if (leash?.pid === undefined) throw new Error(`${binary} was not started`);
  await promisify(execFile)('pkill', [`-${name}`, '-P', String(leash.pid), '-x', binary]);
}
