import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../../src/app.ts';
import type { DecisionTimes } from '../../src/cluster/access/authorizer.ts';
import type { WatchedAutoscalers } from '../../src/cluster/autoscalers/autoscalers.ts';
import { Cluster, type ClusterTiming } from '../../src/cluster/cluster.ts';
import type { HealthTiming } from '../../src/cluster/health/cluster-health.ts';
import type { ConflictPolicy } from '../../src/cluster/ownership/forecast.ts';
import type { RailRules } from '../../src/cluster/rails/rule.ts';
import type { Limits } from '../../src/config/limits.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import type { LogSink } from '../../src/observability/log-stream.ts';
import { type CallerIdentity, type IdentityPolicy, identify } from '../../src/tls/certificate-identity.ts';
import { tlsServerOptions } from '../../src/tls/server-options.ts';
import { CertificateAuthority, type IssuedCertificate } from './issue-certificate.ts';
import { defaultDecisionTimes, testLimits } from './limits.ts';
import { logTo } from './log-to.ts';
import { type Answer, TestClient } from './test-client.ts';
import { uncheckedMaterial } from './tls/unchecked-material.ts';
import { until } from './until.ts';

/** All deadlines as in production, for tests whose subject they are. */
export const REAL_DEADLINES: ClusterTiming = {
  readYourWriteMs: undefined,
  access: { reviewMs: undefined, listReviewsMs: undefined },
};

/** Probes only where something fails: tests count requests. */
export const RARE_PROBES: Partial<HealthTiming> = { contactMs: 24 * 60 * 60_000, reviewMs: 24 * 60 * 60_000 };
/** Probes as in production, for tests whose subject they are. */
export const REAL_PROBES: ClusterTiming = { health: {} };

/**
 * Writes and Events with more time than in production, where a machine that stands still would make the outcome of a write
 * unknown, or drop an Event.
 */
export const PATIENT_WRITES: ClusterTiming = { writeMs: 60_000, eventMs: 60_000 };

export interface ServiceOptions {
  /** The kubeconfig (YAML) of a single cluster called `default`, or one per cluster name, the default cluster first. */
  readonly kubeconfig: string | Readonly<Record<string, string>>;
  readonly namespaces?: readonly string[];
  /** Default: as in production, except for short deadlines, which a machine that stands still for a second would miss. */
  readonly timing?: ClusterTiming;
  readonly heartbeatMs?: number;
  /** Default: HPAs, as in production. */
  readonly autoscalers?: WatchedAutoscalers;
  readonly onConflict?: ConflictPolicy;
  /** Of all clusters. Default: none. */
  readonly rails?: RailRules;
  /** Default: as in production. */
  readonly journalBytes?: number;
  /** Default: every client has all rights. */
  readonly authorization?: 'SubjectAccessReview' | 'AlwaysAllow';
  /** Settings that differ from the defaults. */
  readonly decisionTimes?: DecisionTimes;
  readonly policy?: Partial<IdentityPolicy>;
  /** Who sends requests by `app.inject`, which have no certificate. Default: nobody, so that they are refused. */
  readonly injecting?: CallerIdentity;
  /** Limits that differ from the defaults. By default they do not restrict the clients of tests. */
  readonly limits?: Partial<Limits>;
  /** The destination of log lines. Default: nowhere, or stdout if LOG_LEVEL is set. */
  readonly logStream?: LogSink;
  /** Adds routes to the service. */
  readonly routes?: ((app: FastifyInstance) => void) | undefined;
}

/** The whole service on a real TLS socket, and a client with a certificate for `client`. */
export class TestService {
  readonly app: FastifyInstance;
  /** The default cluster, for direct access by tests. */
  readonly cluster: Cluster;
  readonly authority: CertificateAuthority;
  readonly client: IssuedCertificate;
  readonly port: number;
  /** All clusters that it has begun to serve. */
  readonly #clusters: readonly Cluster[];
  readonly #clients: TestClient[] = [];
  readonly #folder: string;
  readonly #default: TestClient;

  private constructor(
    app: FastifyInstance,
    cluster: Cluster,
    clusters: readonly Cluster[],
    authority: CertificateAuthority,
    client: IssuedCertificate,
    folder: string,
  ) {
    this.app = app;
    this.cluster = cluster;
    this.#clusters = clusters;
    this.authority = authority;
    this.client = client;
    this.#folder = folder;
    const address = app.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#default = this.clientWith(client);
  }

  /** Starts the service. It answers at once, with 503 until its cache is filled. */
  static async start(options: ServiceOptions): Promise<TestService> {
    const { kubeconfig, namespaces = [], timing, authorization = 'AlwaysAllow', logStream } = options;
    const { decisionTimes = defaultDecisionTimes, injecting } = options;
    const {
      autoscalers = { horizontalPodAutoscalers: true, scaledObjects: false },
      onConflict = 'refuse-certain',
      rails = { current: [] },
      journalBytes = 8 * 2 ** 20,
    } = options;
    const authority = await CertificateAuthority.create({ commonName: 'test CA' });
    const server = await authority.issue({
      commonName: 'localhost',
      sans: ['localhost', '127.0.0.1'],
      usages: ['serverAuth'],
    });
    const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
    const folder = await mkdtemp(join(tmpdir(), 'service-test-'));
    const kubeconfigs = typeof kubeconfig === 'string' ? { default: kubeconfig } : kubeconfig;
    for (const [name, yaml] of Object.entries(kubeconfigs)) await writeFile(join(folder, name), yaml);
    const specs = Object.keys(kubeconfigs).map((name) => ({
      name,
      kubeconfig: join(folder, name),
      contextName: undefined,
      namespaces,
      server: undefined,
    }));
    const policy = { allowedReserved: [], allowedClients: [], ...options.policy };
    const limits = {
      ...testLimits,
      maxConnectionsPerClient: 10_000,
      ...options.limits,
    };
    const material = uncheckedMaterial({ ...server, clientCa: authority.cert });
    const clusters: Cluster[] = [];
    const app = await buildApp({
      logLevel: logStream ? 'debug' : (process.env.LOG_LEVEL ?? 'silent'),
      logStream: logStream ?? logTo((line) => process.stdout.write(line)),
      https: tlsServerOptions(material, limits),
      identify: (certificate) =>
        certificate === undefined && injecting !== undefined ? injecting : identify(certificate, policy),
      limits,
      docs: true,
      page: true,
      ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
      createFleet: (log) =>
        new Fleet({
          specs,
          readyPolicy: 'all',
          create: (spec) => {
            const cluster = new Cluster({
              ...spec,
              authorization: authorization === 'AlwaysAllow' ? authorization : decisionTimes,
              autoscalers,
              onConflict,
              rails,
              journalBytes,
              log,
              timing: {
                readYourWriteMs: 60_000,
                health: RARE_PROBES,
                ...timing,
                access: { reviewMs: 60_000, listReviewsMs: 60_000, ...timing?.access },
              },
            });
            clusters.push(cluster);
            return cluster;
          },
        }),
    });
    options.routes?.(app);
    await app.listenAt({ host: '127.0.0.1', port: 0 });
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error('a service has a cluster');
    return new TestService(app, cluster, clusters, authority, client, folder);
  }

  /** Resolves once the caches of all clusters are filled. */
  async synced(): Promise<this> {
    await until(() => this.app.fleet.ready);
    return this;
  }

  /** Resolves once all clusters know the autoscalers of this namespace, which `synced` does not wait for. */
  async autoscalersKnown(namespace: string): Promise<this> {
    await until(() => this.#clusters.every(({ autoscalers }) => autoscalers.unknown(namespace).length === 0));
    return this;
  }

  /** The path of the kubeconfig of a cluster. */
  kubeconfigOf(cluster: string): string {
    return join(this.#folder, cluster);
  }

  /** Replaces the kubeconfig of a cluster with this one (YAML). It is read at once. */
  async rewriteKubeconfig(cluster: string, yaml: string): Promise<void> {
    await writeFile(join(this.#folder, cluster), yaml);
    this.app.fleet.get(cluster)?.reloadCredentials();
  }

  /** A client with a new certificate for this user and these groups. */
  async clientOf(commonName: string, organizations: readonly string[] = []): Promise<TestClient> {
    return this.clientWith(await this.authority.issue({ commonName, organizations, usages: ['clientAuth'] }));
  }

  /** A client with this certificate. */
  clientWith({ cert, key }: Pick<IssuedCertificate, 'cert' | 'key'>): TestClient {
    const client = new TestClient(this.port, { ca: this.authority.cert, cert, key });
    this.#clients.push(client);
    return client;
  }

  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.#default.get(path, headers);
  }

  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.#default.post(path, body, headers);
  }

  /** Reads one count. */
  count(namespace: string, deployment: string): Promise<Answer> {
    return this.#default.count(namespace, deployment);
  }

  /** Sets one count. */
  scale(
    namespace: string,
    deployment: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    return this.#default.scale(namespace, deployment, body, headers);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.app.close();
    await rm(this.#folder, { recursive: true });
  }
}
