import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { clusterIn } from '../src/api/cluster-in.ts';
import { throttled } from '../src/lib/throttled.ts';
import type { RequestTrace, Tracing } from '../src/observability/tracing.ts';

export interface TracingOptions {
  readonly tracing: Tracing;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined: traces are off. */
    trace: RequestTrace | undefined;
  }
}

/** Time between two log lines about dropped spans. */
const DROPPED_MS = 60_000;

/**
 * Makes a span for each request, which lasts until its whole answer has been sent or its client has gone. Calls to API servers
 * that a request makes become its children. A request that Fastify answers without running hooks has none.
 */
export default fastifyPlugin(
  function tracingPlugin(app: FastifyInstance, { tracing }: TracingOptions, done) {
    const warn = throttled((line) => app.log.warn(line, 'spans of traces were dropped'), DROPPED_MS);
    tracing.onDropped(() => warn({ dropped: tracing.dropped }));
    app.decorateRequest('trace', undefined);
    app.addHook('onRequest', (request, _reply, next) => {
      request.trace = tracing.beginRequest(request.method, request.headers);
      request.trace.run(next);
    });
    // A body arrives in events of its connection, which belong to no request.
    app.addHook('preValidation', (request, _reply, next) => {
      if (request.trace === undefined) next();
      else request.trace.run(next);
    });
    app.addHook('onResponse', (request, reply, next) => {
      request.trace?.end({
        route: request.routeOptions.url,
        status: reply.raw.headersSent ? reply.statusCode : undefined,
        errorCode: request.errorCode,
        requestId: request.id,
        cluster: request.cluster?.name ?? clusterIn(request.params),
        namespace: named(request, 'namespace'),
        deployment: named(request, 'deployment'),
      });
      next();
    });
    done();
  },
  { name: 'tracing', fastify: '5.x' },
);

/** A part of the path or of the query. */
function named({ params, query }: FastifyRequest, name: string): string | undefined {
  for (const source of [params, query]) {
    if (typeof source !== 'object' || source === null) continue;
    const value: unknown = Reflect.get(source, name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}
