import type { ServerOptions } from 'node:https';
import sensible from '@fastify/sensible';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import answersPlugin from '../plugins/answers.ts';
import connectionsPlugin, { type Identify } from '../plugins/connections.ts';
import drainPlugin from '../plugins/drain.ts';
import errorsPlugin, { answerClientError, answerFrameworkError } from '../plugins/error-handler.ts';
import eventStreamsPlugin from '../plugins/event-streams.ts';
import handshakesPlugin from '../plugins/handshakes.ts';
import identityPlugin from '../plugins/identity.ts';
import jsonBodyPlugin from '../plugins/json-body.ts';
import listAnswersPlugin from '../plugins/list-answers.ts';
import listenersPlugin from '../plugins/listeners.ts';
import longLivedPlugin from '../plugins/long-lived.ts';
import notFoundPlugin from '../plugins/not-found.ts';
import openapiPlugin from '../plugins/openapi.ts';
import overloadPlugin from '../plugins/overload.ts';
import rateLimitPlugin from '../plugins/rate-limit.ts';
import repeatedReadsPlugin from '../plugins/repeated-reads.ts';
import requestClusterPlugin, { type RequestClusterOptions } from '../plugins/request-cluster.ts';
import requestDurationsPlugin from '../plugins/request-durations.ts';
import requestLogPlugin from '../plugins/request-log.ts';
import requestsUnderWayPlugin from '../plugins/requests-under-way.ts';
import reservedPathsPlugin from '../plugins/reserved-paths.ts';
import responseHeadersPlugin from '../plugins/response-headers.ts';
import strictHttpPlugin from '../plugins/strict-http.ts';
import tracingPlugin from '../plugins/tracing.ts';
import urlLengthPlugin from '../plugins/url-length.ts';
import clusterRoutes from '../routes/cluster-operations.ts';
import clustersRoutes from '../routes/clusters.ts';
import docsRoutes from '../routes/docs.ts';
import fleetEventsRoutes from '../routes/fleet-events.ts';
import pageRoutes from '../routes/page.ts';
import { rememberingParser, validatorCompiler } from './api/query-strings.ts';
import { requestIdGenerator } from './api/request-id.ts';
import type { Limits } from './config/limits.ts';
import { Limited } from './observability/limited.ts';
import { LINE_FORMAT } from './observability/log-line.ts';
import type { LogSink } from './observability/log-stream.ts';
import type { Tracing } from './observability/tracing.ts';

export interface AppOptions extends RequestClusterOptions {
  /** The lowest level of lines that are written, by its pino name. */
  readonly logLevel: string;
  /** Where log lines are written. */
  readonly logStream: LogSink;
  /** Options of the mutual TLS server. Only tests that use inject leave them out; the app has no TLS then. */
  readonly https?: ServerOptions;
  /** Reads the identity of the caller from the certificate of a connection. */
  readonly identify: Identify;
  readonly limits: Limits;
  /** Whether to serve the API document and Swagger UI. */
  readonly docs: boolean;
  /** Whether to serve the page. */
  readonly page: boolean;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing | undefined;
  /** For tests: another time than in production between the ids of a quiet stream. */
  readonly heartbeatMs?: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts of connections, requests and log lines that limits have affected since the start. */
    readonly limited: Limited;
  }
}

const HTTP_OPTIONS = {
  // How often Node checks for requests that have timed out. The default is 30 s, even if the timeouts are shorter.
  connectionsCheckingInterval: 1000,
  // plugins/strict-http.ts checks the header instead and answers with the error shape of the API.
  requireHostHeader: false,
};

/**
 * Builds the app from its options: plugins first, then routes. It reads no environment variables and opens no port, so
 * one process can run several apps.
 */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { logLevel, logStream, https, createFleet, identify, limits, docs, page, tracing, heartbeatMs } =
    options;
  const newRequestId = requestIdGenerator();
  const app = Fastify({
    logger: { level: logLevel, stream: logStream, ...LINE_FORMAT },
    https: https ? { ...https, ...HTTP_OPTIONS } : null,
    // Set these here: Fastify overwrites them in the https options.
    requestTimeout: limits.requestTimeoutSeconds * 1000,
    keepAliveTimeout: limits.keepAliveTimeoutSeconds * 1000,
    connectionTimeout: limits.idleTimeoutSeconds * 1000,
    bodyLimit: limits.maxBodyBytes,
    // plugins/url-length.ts limits the whole URL. A cluster name of any length must reach the routes, which answer 404.
    routerOptions: { maxParamLength: limits.maxHeaderBytes, querystringParser: rememberingParser() },
    genReqId: ({ headers }) => newRequestId(headers['x-request-id']),
    // plugins/request-log.ts logs requests instead.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // plugins/drain.ts refuses requests instead and answers with the error shape of the API.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(validatorCompiler);

  app.decorate('limited', new Limited());
  // Register this first, because it only sees routes that are added after it.
  await app.register(reservedPathsPlugin);
  // A request passes the plugins in this order: the caller is identified before the request is read.
  if (tracing) await app.register(tracingPlugin, { tracing });
  await app.register(sensible);
  await app.register(responseHeadersPlugin);
  await app.register(handshakesPlugin, limits);
  await app.register(connectionsPlugin, { identify, ...limits });
  await app.register(requestDurationsPlugin);
  await app.register(requestsUnderWayPlugin, limits);
  await app.register(longLivedPlugin, limits);
  await app.register(answersPlugin, limits);
  await app.register(requestLogPlugin, { logStream });
  await app.register(errorsPlugin);
  await app.register(strictHttpPlugin);
  await app.register(drainPlugin);
  await app.register(listenersPlugin);
  await app.register(overloadPlugin, limits);
  await app.register(identityPlugin);
  await app.register(rateLimitPlugin, limits);
  await app.register(urlLengthPlugin, limits);
  await app.register(requestClusterPlugin, { createFleet });
  await app.register(notFoundPlugin);
  await app.register(jsonBodyPlugin);
  await app.register(listAnswersPlugin);
  await app.register(repeatedReadsPlugin, { ...limits, newRequestId, traced: tracing !== undefined });
  await app.register(eventStreamsPlugin, { ...limits, heartbeatMs });

  if (docs) await app.register(openapiPlugin);
  await app.register(clusterRoutes, limits);
  await app.register(clusterRoutes, { ...limits, prefix: '/:cluster', oldName: true });
  await app.register(clustersRoutes);
  await app.register(fleetEventsRoutes);
  if (docs) await app.register(docsRoutes);
  if (page) await app.register(pageRoutes);
  return app;
}
