import { randomBytes } from 'node:crypto';
import { chart } from '../chart/helm.ts';
import { CertificateAuthority, type IssuedCertificate } from '../issue-certificate.ts';
import { TestClient } from '../test-client.ts';
import { apply, helm, kubectl } from './commands.ts';
import { forwardPort, type PortForward } from './port-forward.ts';
import { IMAGE } from './workload.ts';

/** The role bindings in every release of these tests. */
const CLIENTS = [
  { name: 'client', role: 'scaler' },
  { name: 'viewer', role: 'viewer' },
] as const;

/** Values of the chart by their names at the top level. */
type Values = Readonly<Record<string, unknown>>;

/**
 * The chart, installed in its own namespace with its own CA, and a namespace for what it scales. The release and its
 * namespace have the same name.
 */
export class Release {
  readonly name = `e2e-${randomBytes(3).toString('hex')}`;
  /** The name of its Deployment and its Service. */
  readonly fullname = `${this.name}-k8s-deployment-scaler`;
  /** The namespace of the Deployments to scale: the default rails of the chart protect that of the release. */
  readonly workloads = `${this.name}-workloads`;
  readonly authority: CertificateAuthority;
  readonly #values: Values;
  readonly #open: { close(): Promise<void> }[] = [];

  private constructor(authority: CertificateAuthority, values: Values) {
    this.authority = authority;
    this.#values = values;
  }

  /**
   * Creates the namespaces and the TLS Secret, installs the chart and waits until its pods are ready.
   * @param values of the chart, which upgrades keep
   */
  static async install(values: Values = {}): Promise<Release> {
    const release = new Release(await CertificateAuthority.create({ commonName: 'e2e-ca' }), values);
    try {
      for (const namespace of [release.name, release.workloads])
        await kubectl('create', 'namespace', namespace);
      await release.useCertificate(await release.serverCertificate(), release.authority.cert);
      await release.upgrade();
    } catch (error) {
      await release.remove();
      throw error;
    }
    return release;
  }

  /** Installs the chart, or upgrades it to these values, and waits until its pods are ready. */
  async upgrade(changes: Values = {}): Promise<void> {
    const [repository, tag] = IMAGE.split(/:(?=[^/:]+$)/);
    // Spread as in the chart's examples/production.yaml: nodes without the label of a zone must do.
    const topologySpread = { nodes: 'DoNotSchedule' };
    const own = { image: { repository, tag }, clients: CLIENTS, topologySpread };
    const values = { ...own, ...this.#values, ...changes };
    const where = ['--namespace', this.name, '--wait', '--timeout', '4m'];
    const sets = Object.entries(values).flatMap(([name, value]) => [
      '--set-json',
      `${name}=${JSON.stringify(value)}`,
    ]);
    await helm('upgrade', '--install', this.name, chart, ...where, ...sets);
  }

  /** Removes what `helm install` has created. */
  async uninstall(): Promise<void> {
    await helm('uninstall', this.name, '--namespace', this.name, '--wait', '--timeout', '4m');
  }

  /** Closes clients and forwarded ports, and removes the release, if it exists, and the namespaces. */
  async remove(): Promise<void> {
    for (const opened of this.#open.splice(0)) await opened.close();
    await helm('uninstall', this.name, '--namespace', this.name, '--ignore-not-found', '--wait');
    await kubectl('delete', 'namespace', this.workloads, this.name, '--ignore-not-found');
  }

  /** The server names for the clients of these tests: the Service and forwarded ports. */
  serverCertificate(authority = this.authority): Promise<IssuedCertificate> {
    const sans = ['localhost', '127.0.0.1', `${this.fullname}.${this.name}.svc`];
    return authority.issue({ commonName: this.fullname, sans, usages: ['serverAuth'] });
  }

  clientCertificate(user: string, authority = this.authority): Promise<IssuedCertificate> {
    return authority.issue({ commonName: user, usages: ['clientAuth'] });
  }

  /** Puts a server certificate and the CAs of the clients into the Secret that the pods read. */
  async useCertificate({ cert, key }: IssuedCertificate, clientCas: string): Promise<void> {
    await this.secret(`${this.fullname}-tls`, { 'tls.crt': cert, 'tls.key': key, 'ca.crt': clientCas });
  }

  async secret(
    name: string,
    stringData: Readonly<Record<string, string>>,
    namespace = this.name,
  ): Promise<void> {
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData });
  }

  /** The names of the pods of the service, without those that are being deleted. */
  async pods(): Promise<string[]> {
    const template =
      '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\\n"}}{{end}}{{end}}';
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component=service`;
    const out = await kubectl(
      'get',
      'pods',
      '-n',
      this.name,
      '-l',
      selector,
      '-o',
      `go-template=${template}`,
    );
    return out.split('\n').filter((name) => name !== '');
  }

  /** The pods behind the Service by their names, and whether each one gets new connections. */
  async endpoints(): Promise<Map<string, boolean>> {
    const selector = `kubernetes.io/service-name=${this.fullname}`;
    const endpoint = '{.targetRef.name} {.conditions.ready} {.conditions.terminating}{"\\n"}';
    const path = `{range .items[*].endpoints[*]}${endpoint}{end}`;
    const where = ['-n', this.name, '-l', selector];
    const out = await kubectl('get', 'endpointslices', ...where, '-o', `jsonpath=${path}`);
    const lines = out.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => [line.replace(/ .*/, ''), line.endsWith(' true false')]));
  }

  /** A local port to `pod/NAME` or, by default, to one of the pods behind the Service. */
  async forward(target = `service/${this.fullname}`): Promise<PortForward> {
    const forward = await forwardPort(this.name, target);
    this.#open.push(forward);
    return forward;
  }

  /** A client with a certificate of this user, through a forwarded port. */
  async client(user: string, target?: string): Promise<TestClient> {
    const { port } = await this.forward(target);
    const client = new TestClient(port, { ca: this.authority.cert, ...(await this.clientCertificate(user)) });
    this.#open.push(client);
    return client;
  }
}
