import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { freePorts } from '../free-ports.ts';
import { CertificateAuthority, type IssuedCertificate } from '../issue-certificate.ts';
import { type KubeconfigUser, kubeconfigYaml } from '../kubeconfig.ts';
import { Roles, SERVICE_USER, type User } from './access.ts';
import { Autoscalers } from './autoscalers.ts';
import type { ClusterState, InitialEvents } from './call.ts';
import { type DeploymentSeed, Deployments } from './deployments.ts';
import { Exchanges } from './exchanges.ts';
import type { Faults } from './faults.ts';
import type { JsonObject } from './json.ts';
import { Listener } from './listener.ts';
import type { PodTrouble } from './pods.ts';
import type { RequestLog } from './requests.ts';
import { generateDeployments, SAMPLE_DEPLOYMENTS } from './samples.ts';
import { Store, Versions } from './store.ts';

export interface DemoClusterOptions {
  /** The Deployments, or the number to generate. Default: a dozen samples. */
  readonly deployments?: readonly DeploymentSeed[] | number;
  /** The number of namespaces for generated Deployments. Default 20. */
  readonly namespacesCount?: number;
  /** Default: a free port. */
  readonly port?: number;
  /** The time between the steps of a rollout. Default 500 ms; Infinity for a cluster without controllers. */
  readonly rolloutDelayMs?: number;
  /** The time between the bookmarks of a quiet watch. Default 60 s, as in kube-apiserver. */
  readonly bookmarkIntervalMs?: number;
  /** The minimum number of past events from which a watch can resume. Default: 10,000. */
  readonly historyLimit?: number;
}

const HISTORY_LIMIT = 10_000;
const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * A stand-in for a Kubernetes API server, in this process: HTTPS on 127.0.0.1, the part of the API that the service
 * uses, and everything that can go wrong with it. The contract suite runs the same cases against this and a real
 * kube-apiserver.
 */
export class FakeApiServer {
  readonly deployments: Deployments;
  /** HPAs and ScaledObjects; at first there are none. */
  readonly autoscalers: Autoscalers;
  /** Why pods of Deployments do not run, by `namespace/name`. At first there are none, and the API has no pods. */
  readonly podTroubles = new Map<string, PodTrouble>();
  readonly roles = new Roles();
  /** The CA of the server certificate and of client certificates, PEM. */
  readonly ca: string;
  /** A client certificate of the account of the service. */
  readonly clientCertificate: IssuedCertificate;
  /** The treatment of watches that ask for initial events. May be changed at any time. */
  initialEvents: InitialEvents = 'served';
  readonly #options: DemoClusterOptions;
  readonly #listener: Listener;
  readonly #exchanges: Exchanges;
  readonly #users = new Map<string, User>();
  #token = '';
  #state: ClusterState;
  #port = 0;

  private constructor(
    options: DemoClusterOptions,
    ca: string,
    server: IssuedCertificate,
    client: IssuedCertificate,
  ) {
    this.#options = options;
    this.ca = ca;
    this.clientCertificate = client;
    const versions = new Versions();
    this.#state = this.#newState(versions);
    this.autoscalers = new Autoscalers(options.historyLimit ?? HISTORY_LIMIT, versions);
    this.deployments = new Deployments(this.#state.store, options.rolloutDelayMs ?? 500);
    this.#exchanges = new Exchanges(this.#users, () => ({
      ...this.#state,
      deployments: this.deployments,
      autoscalers: this.autoscalers,
      podTroubles: this.podTroubles,
      initialEvents: this.initialEvents,
    }));
    this.#listener = new Listener(server, ca, (...request) => this.#exchanges.take(...request));
    this.rotateToken();
    this.#seed();
  }

  /** Creates its certificates, fills it with Deployments and listens. */
  static async start(options: DemoClusterOptions = {}): Promise<FakeApiServer> {
    const authority = await CertificateAuthority.create({ commonName: 'demo-cluster-ca' });
    const { name: commonName, groups: organizations } = SERVICE_USER;
    const [server, client] = await Promise.all([
      authority.issue({
        commonName: 'kube-apiserver',
        sans: ['127.0.0.1', 'localhost'],
        usages: ['serverAuth'],
      }),
      authority.issue({ commonName, organizations, usages: ['clientAuth'] }),
    ]);
    const cluster = new FakeApiServer(options, authority.cert, server, client);
    // Do not use port 0: the port must still be free when the server listens again after an outage.
    const [port = 0] = options.port === undefined ? await freePorts(1) : [options.port];
    cluster.#port = await cluster.#listener.listen(port);
    return cluster;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** The bearer token of the account of the service. */
  get token(): string {
    return this.#token;
  }

  /** A kubeconfig, YAML, for the account of the service with its bearer token. */
  get kubeconfig(): string {
    return this.kubeconfigWith({ token: this.#token });
  }

  /** The requests that it has received. */
  get requests(): RequestLog {
    return this.#exchanges.log;
  }

  /** The faults that it makes. */
  get faults(): Faults {
    return this.#exchanges.faults;
  }

  /** Events that clients have written, newest last; at most a thousand. */
  get events(): readonly JsonObject[] {
    return this.#state.events;
  }

  /** The newest resourceVersion. */
  get resourceVersion(): number {
    return this.#state.store.resourceVersion;
  }

  /** The number of open watches of Deployments. */
  get openWatches(): number {
    return this.#exchanges.open('watch');
  }

  /** The number of open TCP connections. */
  get openConnections(): number {
    return this.#listener.openConnections;
  }

  /** A kubeconfig, YAML, with other credentials. */
  kubeconfigWith(user: KubeconfigUser): string {
    return kubeconfigYaml(this.url, this.ca, user);
  }

  /** Writes `kubeconfig` to a file that only its owner can read. */
  async writeKubeconfig(file: string): Promise<void> {
    await writeFile(file, this.kubeconfig, { mode: 0o600 });
  }

  /** Adds a user, and returns the bearer token. What the user may do is in `roles`. */
  addUser(user: User): string {
    const token = randomBytes(24).toString('base64url');
    this.#users.set(token, user);
    return token;
  }

  /** Gives the account of the service another token, and returns it. The old token is refused. */
  rotateToken(): string {
    this.#users.delete(this.#token);
    this.#token = this.addUser(SERVICE_USER);
    return this.#token;
  }

  /** Adds a namespace. The namespaces of the initial Deployments exist already. */
  addNamespace(name: string): void {
    if (!this.#state.namespaces.has(name))
      this.#state.namespaces.set(name, this.#state.store.nextResourceVersion());
  }

  /** Forgets the history of events and every unfinished list, so that older watches and continue tokens have expired. */
  compact(): void {
    this.#state.store.compact();
    this.autoscalers.compact();
  }

  /** Breaks every connection, by closing it (FIN) or resetting it (RST). */
  dropConnections(how: 'close' | 'reset' = 'close'): void {
    this.#listener.drop(how);
  }

  /** Stops listening and breaks every connection. New connections are refused. */
  async refuseConnections(): Promise<void> {
    await this.#listener.close();
  }

  /** Listens again, on the same port. */
  async acceptConnections(): Promise<void> {
    await this.#listener.listen(this.#port);
  }

  /**
   * A black hole: open connections stay open and new ones are accepted, but no request is handled and nothing is ever
   * sent. It lasts until thaw().
   */
  freeze(): void {
    this.#exchanges.freeze();
  }

  /** Ends freeze(), and resets all connections. */
  thaw(): void {
    this.#exchanges.thaw();
    this.#listener.drop('reset');
  }

  /**
   * Restarts on the same port, which breaks every connection. As with kube-apiserver, watches can then resume only from
   * now on. With `empty`, etcd is new too: it has no Deployments and no autoscalers, and resourceVersions start again.
   */
  async restart(options: { readonly empty?: boolean } = {}): Promise<void> {
    await this.#listener.close();
    await this.#exchanges.settled();
    if (options.empty === true) {
      const versions = new Versions();
      this.#state = this.#newState(versions);
      this.deployments.moveTo(this.#state.store);
      this.autoscalers.moveTo(versions);
    } else {
      this.compact();
    }
    await this.#listener.listen(this.#port);
  }

  /** Stops it and leaves nothing behind. May be called again. */
  async stop(): Promise<void> {
    this.deployments.stop();
    await this.#listener.close();
    await this.#exchanges.settled();
  }

  #newState(versions: Versions): ClusterState {
    const store = new Store(this.#options.historyLimit ?? HISTORY_LIMIT, versions);
    const { bookmarkIntervalMs = 60_000 } = this.#options;
    const namespaces = new Map(SYSTEM_NAMESPACES.map((name) => [name, store.nextResourceVersion()]));
    return { store, roles: this.roles, bookmarkIntervalMs, namespaces, events: [] };
  }

  #seed(): void {
    const { deployments: wanted = SAMPLE_DEPLOYMENTS, namespacesCount = 20 } = this.#options;
    const seeds = typeof wanted === 'number' ? generateDeployments(wanted, namespacesCount) : wanted;
    for (const { namespace } of seeds) this.addNamespace(namespace);
    for (const seed of seeds) this.deployments.create(seed);
  }
}
