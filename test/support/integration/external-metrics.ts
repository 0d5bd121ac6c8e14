import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { CertificateAuthority } from '../issue-certificate.ts';
import type { KubeRequests } from '../kube-requests.ts';

const GROUP = 'external.metrics.k8s.io';
const NAME = `v1beta1.${GROUP}`;

/**
 * The external metrics API of a cluster, as an adapter for metrics serves it. Every metric of a namespace has the value in
 * `values`. A metric without one cannot be read.
 */
export class ExternalMetrics {
  /** The values by namespace. */
  readonly values = new Map<string, number>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Registers itself at the API server, which then passes the requests on. */
  static async start(kube: KubeRequests): Promise<ExternalMetrics> {
    const authority = await CertificateAuthority.create({ commonName: 'metrics CA' });
    const tls = await authority.issue({
      commonName: 'metrics',
      sans: ['external-metrics.default.svc'],
      usages: ['serverAuth'],
    });
    const server = createServer({ cert: tls.cert, key: tls.key });
    const metrics = new ExternalMetrics(server);
    server.on('request', ({ url = '' }, answer) => {
      const [, namespace = '', metricName] = /\/namespaces\/([^/]+)\/([^?]+)/.exec(url) ?? [];
      const value = metrics.values.get(namespace);
      const isKnown = metricName === undefined || value !== undefined;
      const items =
        value === undefined
          ? []
          : [{ metricName, metricLabels: {}, timestamp: new Date().toISOString(), value: String(value) }];
      const kind = metricName === undefined ? 'APIResourceList' : 'ExternalMetricValueList';
      const apiVersion = metricName === undefined ? 'v1' : `${GROUP}/v1beta1`;
      const body = { kind, apiVersion, groupVersion: `${GROUP}/v1beta1`, resources: [], metadata: {}, items };
      answer.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
      answer.end(JSON.stringify(body));
    });
    await once(server.listen(0, 'localhost'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const namespace = 'default';
    await kube.post(`/api/v1/namespaces/${namespace}/services`, {
      metadata: { name: 'external-metrics' },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    });
    await kube.post('/apis/apiregistration.k8s.io/v1/apiservices', {
      metadata: { name: NAME },
      spec: {
        group: GROUP,
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        caBundle: Buffer.from(authority.cert).toString('base64'),
        service: { name: 'external-metrics', namespace, port },
      },
    });
    return metrics;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }
}
