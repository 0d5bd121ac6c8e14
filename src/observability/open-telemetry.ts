import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { CallObserver } from '../kube/client/call-observer.ts';
import { pathTemplate } from '../kube/path-template.ts';
import { sleep } from '../lib/sleep.ts';
import { VERSION } from '../lib/version.ts';
import { SpanQueue } from './span-queue.ts';
import type { RequestTrace, TracedAnswer, Tracing } from './tracing.ts';

const NAME = 'k8s-deployment-scaler';
/** Longer texts in spans are cut: clients choose some of them. */
const MAX_TEXT = 256;
const TIMING = { delayMs: 1_000, deadlineMs: 30_000 };

/**
 * The request that runs. Timers, sockets and shared work that it began keep this for as long as they last, and would go on in its
 * trace for other requests: nothing does so once it has ended.
 */
interface RunningRequest {
  /** Undefined: it has ended. */
  context: Context | undefined;
}

const propagator = new W3CTraceContextPropagator();
const getter = {
  get: (carrier: Readonly<Record<string, string | string[] | undefined>>, key: string) => carrier[key],
  keys: (carrier: object) => Object.keys(carrier),
};
const setter = {
  set(carrier: Record<string, string>, key: string, value: string) {
    carrier[key] = value;
  },
};

/**
 * Spans by the SDK of OpenTelemetry, sent by OTLP/HTTP as JSON. Its variables OTEL_* say where and how many: the SDK reads them
 * from the environment of the process, and docs/how-to/traces.md lists them. Nothing is registered globally.
 */
export class OpenTelemetry implements Tracing {
  readonly #queue: SpanQueue;
  readonly #provider: BasicTracerProvider;
  readonly #running = new AsyncLocalStorage<RunningRequest>();

  /** @param exporter default: the one that the environment configures */
  constructor(exporter: SpanExporter = new OTLPTraceExporter(), timing = TIMING) {
    this.#queue = new SpanQueue(exporter, timing);
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': NAME, 'service.version': VERSION }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [this.#queue],
      spanLimits: { attributeValueLengthLimit: MAX_TEXT },
    });
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  onDropped(listener: (spans: number) => void): void {
    this.#queue.onDropped = listener;
  }

  beginRequest(
    method: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): RequestTrace {
    const parent = propagator.extract(ROOT_CONTEXT, headers, getter);
    const span = this.#begin(method, SpanKind.SERVER, { 'http.request.method': method }, parent);
    const running: RunningRequest = { context: trace.setSpan(parent, span) };
    return {
      run: (action) => this.#running.run(running, action),
      end: (answer) => {
        endRequest(span, method, answer);
        running.context = undefined;
      },
    };
  }

  callsOf(cluster: string): CallObserver {
    return {
      began: ({ method = 'GET', path }, kind) => {
        const parent = this.#running.getStore()?.context ?? ROOT_CONTEXT;
        const template = pathTemplate(path);
        const attributes = {
          'http.request.method': method,
          'url.template': template,
          'url.path': path,
          'k8s.cluster.name': cluster,
          ...(kind === 'watch' && { 'scaler.watch': true }),
        };
        const span = this.#begin(`${method} ${template}`, SpanKind.CLIENT, attributes, parent);
        const headers: Record<string, string> = {};
        propagator.inject(trace.setSpan(parent, span), headers, setter);
        return { headers, ended: (outcome) => endCall(span, outcome) };
      },
    };
  }

  async stop(limitMs: number): Promise<void> {
    const flushed = new AbortController();
    const flushing = this.#queue.forceFlush().finally(() => flushed.abort());
    await Promise.race([flushing, sleep(limitMs, flushed.signal)]);
    // Not waited for: the exporter would first wait for an answer that may not come.
    this.#queue.shutdown().catch(() => {});
  }

  #begin(name: string, kind: SpanKind, attributes: Attributes, parent: Context): Span {
    return this.#provider.getTracer(NAME, VERSION).startSpan(name, { kind, attributes }, parent);
  }
}

function endRequest(span: Span, method: string, answer: TracedAnswer): void {
  const { route, status, errorCode, requestId, cluster, namespace, deployment } = answer;
  if (route !== undefined) span.updateName(`${method} ${route}`);
  const error = errorCode ?? (status === undefined ? 'disconnected' : undefined);
  span.setAttributes({
    ...(route !== undefined && { 'http.route': route }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(error !== undefined && { 'error.type': error }),
    'scaler.request_id': requestId,
    ...(cluster !== undefined && { 'k8s.cluster.name': cluster }),
    ...(namespace !== undefined && { 'k8s.namespace.name': namespace }),
    ...(deployment !== undefined && { 'k8s.deployment.name': deployment }),
  });
  if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function endCall(span: Span, outcome: number | Error): void {
  if (typeof outcome === 'number') {
    span.setAttribute('http.response.status_code', outcome);
    if (outcome >= 400)
      span.setAttribute('error.type', String(outcome)).setStatus({ code: SpanStatusCode.ERROR });
  } else {
    // The message may hold what an API server or an exec plugin says: the log has it.
    span.setAttribute('error.type', outcome.name).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
