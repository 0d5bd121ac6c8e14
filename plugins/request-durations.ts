import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { errorsOfWaits } from '../src/api/await-rollout.ts';
import { clusterIn } from '../src/api/cluster-in.ts';
import { type DurationsOfCluster, RequestDurations } from '../src/observability/request-durations.ts';
import type { Answering, ClientConnection, LongLivedKind } from '../src/tls/client-connection.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How long requests took since the start, for metrics. */
    readonly requestDurations: RequestDurations;
    /** Where a request counts: those of its cluster, or of all that name none which is served. */
    durationsOf(request: FastifyRequest): DurationsOfCluster;
    /**
     * Counts a request whose answer has been sent, or whose connection has closed. Call it once per request.
     * @param kind what sort of long-lived answer it had; undefined: none
     */
    countRequest(request: FastifyRequest, reply: FastifyReply, kind: LongLivedKind | undefined): void;
    /** Counts an error that is written to a connection that has sent a malformed or incomplete request. */
    countClientError(connection: ClientConnection, status: number): void;
  }
}

/** The methods that OpenTelemetry names; a client can send any. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);
const OTHER_METHOD = '_OTHER';
/** What only a wait ends with, so that it has begun. A write before it may have failed, and then counts as any other. */
const ENDS_OF_WAITS: ReadonlySet<string | undefined> = new Set([
  ...errorsOfWaits.map(({ code }) => code),
  undefined,
]);

/**
 * Measures how long requests take: from when their headers have been read until their answer has been sent, or their
 * connection has closed. plugins/repeated-reads.ts measures those that it answers. Labels are taken from what the service
 * knows, never from what a client says, so their number is bounded.
 */
export default fastifyPlugin(
  function requestDurationsPlugin(app: FastifyInstance, _options, done) {
    const durations = new RequestDurations();
    const routes = new Set<string>();
    /** Requests that were answered below the HTTP server, with the status of their answer. */
    const failed = new WeakMap<Answering, number>();

    function clusterOf({ params, routeOptions: { url } }: FastifyRequest): object | undefined {
      if (url === undefined) return undefined;
      const name = clusterIn(params);
      if (name !== undefined) return app.fleet.get(name);
      return routes.has(`/:cluster${url}`) ? app.fleet.default : undefined;
    }

    app.addHook('onRoute', ({ url }) => void routes.add(url));
    app.decorate('requestDurations', durations);
    app.decorate('durationsOf', (request) => durations.of(clusterOf(request)));
    app.decorate('countRequest', (request, reply, kind) => {
      // plugins/event-streams.ts knows why it has ended.
      if (kind === 'stream') return;
      const { raw, elapsedTime } = reply;
      const { errorCode, method, routeOptions } = request;
      const of = app.durationsOf(request);
      const status = failed.get(raw) ?? (raw.headersSent ? raw.statusCode : '');
      const series =
        kind === 'waiter' && ENDS_OF_WAITS.has(errorCode)
          ? of.wait(errorCode ?? (raw.headersSent ? 'ready' : 'disconnected'))
          : of.request(METHODS.has(method) ? method : OTHER_METHOD, routeOptions.url ?? '', `${status}`);
      series.add(elapsedTime / 1000);
    });
    app.decorate('countClientError', ({ running, latest }, status) => {
      // It is the answer to the request that is being read, which is counted when its connection closes.
      if (latest !== undefined && running.has(latest)) failed.set(latest, status);
      else durations.of(undefined).request(OTHER_METHOD, '', `${status}`).add(0);
    });
    done();
  },
  { name: 'request-durations', fastify: '5.x' },
);
