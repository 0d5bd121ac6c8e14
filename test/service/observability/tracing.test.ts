import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

type Value = string | number | boolean | undefined;

/** A span as OTLP sends it, with its attributes as an object. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: Readonly<Record<string, Value>>;
  readonly resource: Readonly<Record<string, Value>>;
}

interface Attribute {
  readonly key: string;
  readonly value: { stringValue?: string; intValue?: number; boolValue?: boolean };
}
interface Payload {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<Span, 'attributes' | 'resource'> & {
        readonly attributes: readonly Attribute[];
      })[];
    }[];
  }[];
}

const objectOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue]),
  );

/** A collector that speaks OTLP/HTTP with JSON. */
class Collector {
  readonly spans: Span[] = [];
  readonly requests: { url: string | undefined; authorization: string | undefined }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      this.requests.push({ url: request.url, authorization: request.headers.authorization });
      this.#take(JSON.parse(await text(request)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }

  #take({ resourceSpans }: Payload): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans)
          this.spans.push({
            ...span,
            attributes: objectOf(span.attributes),
            resource: objectOf(resource.attributes),
          });
  }

  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** The span of the request with this id. */
  async requestOf(id: string): Promise<Span> {
    await until(() => this.#find(id) !== undefined);
    const span = this.#find(id);
    if (span === undefined) throw new Error('no span');
    return span;
  }

  #find(id: string): Span | undefined {
    return this.spans.find(({ attributes }) => attributes['scaler.request_id'] === id);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const parentOf = (flags: string) => `00-${TRACE}-${PARENT}-${flags}`;

let demo: FakeApiServer;
let collector: Collector;
beforeAll(async () => {
  demo = await FakeApiServer.start();
  collector = await new Collector().start();
});
afterAll(async () => {
  collector.stop();
  await demo.stop();
});

async function traced(variables: Readonly<Record<string, string>> = {}) {
  const server = await ServerProcess.start(demo.kubeconfig, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
    ...variables,
  });
  await server.ready();
  const ca = server.authority.cert;
  const client = new TestClient(await server.port(), { ca, ...server.client });
  return { server, client };
}

const READ = '/replica-count?namespace=shop&deployment=cart';

describe('a collector', () => {
  it('gets a span of each request and of each call to the API server, in the trace of the client', async () => {
    const { server, client } = await traced({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector',
      OTEL_SERVICE_NAME: 'scaler-of-tests',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=scaler-0',
    });
    const headers = { traceparent: parentOf('01'), tracestate: 'vendor=a' };
    const replicas = (demo.deployments.get('shop', 'cart')?.replicas ?? 0) + 1;
    await client.post(READ, { replicas }, { ...headers, 'x-request-id': 'write-1' });
    const write = await collector.requestOf('write-1');
    expect(write).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      traceState: 'vendor=a',
      name: 'POST /replica-count',
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/replica-count',
        'http.response.status_code': 200,
        'k8s.cluster.name': 'default',
        'k8s.namespace.name': 'shop',
        'k8s.deployment.name': 'cart',
      },
      resource: { 'service.name': 'scaler-of-tests', 'k8s.pod.name': 'scaler-0' },
    });
    const calls = () => collector.spans.filter(({ parentSpanId }) => parentSpanId === write.spanId);
    // After its body has arrived the request still is the parent.
    await until(() => calls().some(({ name }) => name.startsWith('PATCH ')));
    expect(calls().find(({ name }) => name.startsWith('PATCH '))).toMatchObject({
      traceId: TRACE,
      traceState: 'vendor=a',
      name: 'PATCH /apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
      kind: 3,
      attributes: { 'http.response.status_code': 200, 'k8s.cluster.name': 'default' },
    });
    expect(collector.requests[0]).toEqual({ url: '/v1/traces', authorization: 'Bearer collector' });
    // No span says who asked.
    expect(JSON.stringify(collector.spans)).not.toMatch(/"client"|Bearer/);

    await client.get('/replica-count?namespace=shop&deployment=nope', {
      ...headers,
      'x-request-id': 'error-1',
    });
    expect(await collector.requestOf('error-1')).toMatchObject({
      attributes: { 'http.response.status_code': 404, 'error.type': 'DEPLOYMENT_NOT_FOUND' },
    });

    // A client may say that its request is not to be traced.
    await client.get(READ, { traceparent: parentOf('00'), 'x-request-id': 'unsampled-1' });
    // Reads that repeat are answered without hooks otherwise.
    for (let at = 0; at < 3; at += 1) await client.get(READ);
    server.signal('SIGINT');
    expect(await server.exited()).toBe(0);
    // What was still waiting has been sent at the end.
    const reads = collector.spans.filter(({ name }) => name === 'GET /replica-count');
    expect(reads.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      404, 200, 200, 200,
    ]);
    expect(reads.map(({ attributes }) => attributes['scaler.request_id'])).not.toContain('unsampled-1');
  });

  it('that is gone does not slow down answers or the stop, and the log says once that spans are dropped', async () => {
    const { server, client } = await traced({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    });
    for (let at = 0; at < 5; at += 1) expect((await client.get(READ)).status).toBe(200);
    const told = () =>
      server.output.split('\n').filter((line) => line.includes('spans of traces were dropped'));
    await until(() => told().length > 0);
    for (let at = 0; at < 5; at += 1) expect((await client.get(READ)).status).toBe(200);
    server.signal('SIGINT');
    expect(await server.exited()).toBe(0);
    expect(told()).toHaveLength(1);
    expect(JSON.parse(told()[0] ?? '')).toMatchObject({ level: 'warn', dropped: expect.any(Number) });
  });
});

describe('without a collector', () => {
  // The Prometheus client imports the interfaces of @opentelemetry/api, which do nothing.
  const WATCH = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (/@opentelemetry\\/(?!api\\/)|pino-pretty/.test(url)) process.stderr.write('loaded ' + url + '\\n');
      return next(url, context);
    } });`;
  const variables = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH)}` };
  const loaded = ({ output }: ServerProcess) =>
    output.split('\n').filter((line) => line.startsWith('loaded '));

  it('nothing of OpenTelemetry is loaded, nor what a terminal needs', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, variables);
    await server.ready();
    expect(loaded(server)).toEqual([]);
  });

  it('and with one it is, so that the test above can fail', async () => {
    const { server } = await traced(variables);
    expect(loaded(server).length).toBeGreaterThan(10);
  });
});
