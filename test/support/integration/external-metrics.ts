import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { CertificateAuthority } from '../issue-certificate.ts';
import { arrayAt, at, type KubeRequests } from '../kube-requests.ts';
import { until } from '../until.ts';

const GROUP = 'external.metrics.k8s.io';
const VERSION = 'v1beta1';
const SERVICE = { namespace: 'default', name: 'external-metrics' };
const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';

/** The external metrics API of a cluster, which an adapter for a monitoring system serves elsewhere. */
export class ExternalMetrics {
  /** The values by the name of the metric. A metric without one cannot be read. */
  readonly values = new Map<string, number>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts a server and registers it at the API server, which passes requests for this API on. Resolves once it does. */
  static async start(kube: KubeRequests): Promise<ExternalMetrics> {
    const authority = await CertificateAuthority.create({ commonName: 'metrics CA' });
    const { cert, key } = await authority.issue({
      commonName: SERVICE.name,
      sans: [`${SERVICE.name}.${SERVICE.namespace}.svc`],
      usages: ['serverAuth'],
    });
    const server = createServer({ cert, key });
    const metrics = new ExternalMetrics(server);
    server.on('request', ({ url = '' }, response) => {
      const body = metrics.#answerTo(url);
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await once(server.listen(0, 'localhost'), 'listening');
    await metrics.#register(kube, authority.cert);
    return metrics;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  #answerTo(url: string): object | undefined {
    const [, metricName] = /\/namespaces\/[^/]+\/([^?]+)/.exec(url) ?? [];
    if (metricName === undefined)
      return {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: `${GROUP}/${VERSION}`,
        resources: [],
      };
    const value = this.values.get(metricName);
    if (value === undefined) return undefined;
    const item = { metricName, metricLabels: {}, timestamp: new Date().toISOString(), value: String(value) };
    const apiVersion = `${GROUP}/${VERSION}`;
    return { kind: 'ExternalMetricValueList', apiVersion, metadata: {}, items: [item] };
  }

  async #register(kube: KubeRequests, ca: string): Promise<void> {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await kube.post(`/api/v1/namespaces/${SERVICE.namespace}/services`, {
      metadata: { name: SERVICE.name },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    });
    const name = `${VERSION}.${GROUP}`;
    await kube.post(API_SERVICES, {
      metadata: { name },
      spec: {
        group: GROUP,
        version: VERSION,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        caBundle: Buffer.from(ca).toString('base64'),
        service: { ...SERVICE, port },
      },
    });
    await until(async () => {
      const { body } = await kube.get(`${API_SERVICES}/${name}`);
      const conditions =
        at(body, 'status.conditions') === undefined ? [] : arrayAt(body, 'status.conditions');
      return conditions.some((one) => at(one, 'type') === 'Available' && at(one, 'status') === 'True');
    });
  }
}
