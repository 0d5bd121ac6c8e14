import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { clusterIn } from '../src/api/cluster-in.ts';
import { throttled } from '../src/lib/throttled.ts';
import type { RequestTrace, Tracing } from '../src/observability/tracing.ts';

export interface TracingOptions {
  readonly tracing: Tracing;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Ends the span of a request. Call it once. Undefined: traces are off. */
    endTrace?(request: FastifyRequest, reply: FastifyReply): void;
  }
  interface FastifyRequest {
    /** Undefined: traces are off. */
    trace: RequestTrace | undefined;
  }
}

/** Time between two log lines about dropped spans. */
const DROPPED_MS = 60_000;

/**
 * Makes a span for each request, which lasts until its whole answer has been sent, or until its client has gone and what it has
 * begun is done. Calls to API servers that a request makes become its children. There is none for a request whose URL cannot be
 * decoded, as Fastify runs no hooks for it, and for one that is not carried out because its connection is being closed.
 */
export default fastifyPlugin(
  function tracingPlugin(app: FastifyInstance, { tracing }: TracingOptions, done) {
    const warn = throttled((line) => app.log.warn(line, 'spans of traces were dropped'), DROPPED_MS);
    tracing.onDropped(() => warn({ dropped: tracing.dropped }));
    app.decorateRequest('trace', undefined);
    app.addHook('onRequest', (request, _reply, next) => {
      // Others are refused, and have no say in what is traced.
      const isClient = app.clientConnections.get(request.raw.socket)?.identity.kind === 'client';
      request.trace = tracing.beginRequest(request.method, isClient ? request.headers : {});
      request.trace.run(next);
    });
    // A body arrives in events of its connection, which belong to no request.
    app.addHook('preValidation', (request, _reply, next) => {
      if (request.trace === undefined) next();
      else request.trace.run(next);
    });
    app.decorate('endTrace', (request, reply) =>
      request.trace?.end({
        route: request.routeOptions.url,
        status: reply.raw.headersSent ? reply.statusCode : undefined,
        errorCode: request.errorCode,
        requestId: request.id,
        cluster: request.cluster?.name ?? clusterIn(request.params),
        namespace: named(request, 'namespace'),
        deployment: named(request, 'deployment'),
      }),
    );
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
