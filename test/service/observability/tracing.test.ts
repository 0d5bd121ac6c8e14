import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EventReader } from '../../support/event-reader.ts';
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
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
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

async function traced(
  variables: Readonly<Record<string, string>> = {},
  whenDone?: (remove: () => Promise<void>) => void,
) {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, ...variables };
  const server = await ServerProcess.start(demo.kubeconfig, environment, {}, undefined, [], whenDone);
  await server.ready();
  const ca = server.authority.cert;
  const client = new TestClient(await server.port(), { ca, ...server.client });
  return { server, client };
}

const READ = '/replica-count?namespace=shop&deployment=cart';

/** How many spans the service has dropped. */
async function droppedBy(server: ServerProcess): Promise<number> {
  const { body } = await server.probe('/metrics');
  return Number(/^scaler_trace_spans_dropped_total (\d+)$/m.exec(body)?.[1]);
}

/** Resolves once the service knows that no client is connected. */
async function allGone(server: ServerProcess): Promise<void> {
  await until(async () =>
    /^scaler_connections\{state="open"\} 0$/m.test((await server.probe('/metrics')).body),
  );
}

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
    // It is begun before the answer, which it does not hold up.
    await until(() => calls().some(({ name }) => name === 'POST /api/v1/namespaces/{namespace}/events'));
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

  it('that is gone does not slow down answers or the stop, and the log says once a minute that spans are dropped', async () => {
    const startedAt = performance.now();
    const { server, client } = await traced({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    });
    for (let at = 0; at < 5; at += 1) expect((await client.get(READ)).status).toBe(200);
    const told = () =>
      server.output.split('\n').filter((line) => line.includes('spans of traces were dropped'));
    await until(() => told().length > 0);
    const line = JSON.parse(told()[0] ?? '');
    expect(line).toMatchObject({ level: 'warn', dropped: expect.any(Number) });
    for (let at = 0; at < 5; at += 1) expect((await client.get(READ)).status).toBe(200);
    await until(async () => (await droppedBy(server)) > line.dropped);
    server.signal('SIGINT');
    expect(await server.exited()).toBe(0);
    // One, unless the machine stands still.
    const minutes = (performance.now() - startedAt) / 60_000;
    expect(told().length).toBeLessThanOrEqual(1 + Math.floor(minutes));
  });
});

describe('a client that goes', () => {
  let server: ServerProcess;
  let client: TestClient;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    demo.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
    const variables = { AUTHORIZATION_MODE: 'SubjectAccessReview', AUTHORIZATION_ALLOWED_SECONDS: '1' };
    ({ server, client } = await traced(variables, (whenDone) => {
      remove = whenDone;
    }));
  });
  afterAll(async () => {
    demo.roles.reset();
    await remove?.();
  });

  it('after it was refused had no say in what is traced', async () => {
    const reserved = await server.authority.issue({ commonName: 'system:admin', usages: ['clientAuth'] });
    const refused = new TestClient(await server.port(), { ca: server.authority.cert, ...reserved });
    onTestFinished(() => refused.close());
    for (const flags of ['01', '00']) {
      const headers = { traceparent: parentOf(flags), 'x-request-id': `refused-${flags}` };
      expect((await refused.get(READ, headers)).status).toBe(403);
      expect((await collector.requestOf(`refused-${flags}`)).traceId).not.toBe(TRACE);
    }
  });

  it('before its answer leaves a span that says so, and what its request calls is still a part of it', async () => {
    const { promise: gone, resolve: letItFinish } = Promise.withResolvers<void>();
    const fault = demo.faults.add({ on: 'patchScale', fault: { type: 'call', action: () => gone } });
    onTestFinished(() => {
      fault.remove();
      letItFinish();
    });
    const replicas = (demo.deployments.get('shop', 'cart')?.replicas ?? 0) + 1;
    const answer = client.post(READ, { replicas }, { 'x-request-id': 'gone-1' });
    await until(() => fault.hits > 0);
    await client.close();
    await expect(answer).rejects.toThrow();
    await allGone(server);
    letItFinish();
    const span = await collector.requestOf('gone-1');
    expect(span).toMatchObject({ name: 'POST /replica-count', attributes: { 'error.type': 'disconnected' } });
    expect(span.attributes['http.response.status_code']).toBeUndefined();
    const names = () =>
      collector.spans.filter(({ parentSpanId }) => parentSpanId === span.spanId).map(({ name }) => name);
    await until(() => names().some((name) => name.startsWith('PATCH ')));
    await until(() => names().some((name) => name.endsWith('/events')));
  });

  it('before its body has come leaves a span', async () => {
    const headers = { expect: '100-continue', 'content-length': 20, 'x-request-id': 'half-1' };
    const ca = server.authority.cert;
    const where = { host: 'localhost', port: await server.port(), path: READ, method: 'POST' };
    const half = request({ ...where, headers, ca, ...server.client, agent: false });
    half.on('error', () => {});
    half.flushHeaders();
    await once(half, 'continue');
    half.destroy();
    expect(await collector.requestOf('half-1')).toMatchObject({
      name: 'POST /replica-count',
      attributes: { 'error.type': expect.any(String) },
    });
  });

  it('from a stream leaves a span, and its rights are then asked for in no trace of it', async () => {
    const target = { port: await server.port(), ca: server.authority.cert, ...server.client };
    const path = '/events?namespace=shop';
    const first = await EventReader.open(target, path, {
      headers: { traceparent: parentOf('01'), 'x-request-id': 'stream-1' },
    });
    const second = await EventReader.open(target, path, { headers: { 'x-request-id': 'stream-2' } });
    first.close();
    const ofFirst = await collector.requestOf('stream-1');
    expect(ofFirst).toMatchObject({
      traceId: TRACE,
      name: 'GET /events',
      attributes: { 'http.response.status_code': 200 },
    });
    // The timer that asks again was set in the request of the first. Its answer ends the second.
    onTestFinished(demo.roles.withdraw({ users: ['client'], verbs: ['list'], resources: ['deployments'] }));
    await second.next('end', ({ reason }) => reason === 'rights');
    expect((await collector.requestOf('stream-2')).traceId).not.toBe(TRACE);
    const later = collector.spans.filter(
      ({ name, startTimeUnixNano }) =>
        name.endsWith('/subjectaccessreviews') && BigInt(startTimeUnixNano) > BigInt(ofFirst.endTimeUnixNano),
    );
    expect(later.length).toBeGreaterThan(0);
    expect(later.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
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

  it.each([
    [{ OTEL_SDK_DISABLED: 'true' }, 0],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 1],
  ])('nor with one and %j', async (off, warnings) => {
    const server = await ServerProcess.start(demo.kubeconfig, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      ...variables,
      ...off,
    });
    await server.ready();
    expect(loaded(server)).toEqual([]);
    // It is written before the line for which ready() waits.
    const lines = server.output.split('\n').filter((line) => line.includes('traces are off'));
    expect(lines).toHaveLength(warnings);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: 'warn', reason: expect.stringContaining('"grpc"') });
  });

  it('and with one it is, so that the test above can fail', async () => {
    const { server } = await traced(variables);
    expect(loaded(server).length).toBeGreaterThan(10);
  });
});
