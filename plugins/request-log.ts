import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** What a write was about. */
export interface ScaleAudit {
  readonly cluster: string;
  readonly namespace: string;
  readonly deployment: string;
  /** The count before, as the cache knew it; the count that was asked for. */
  readonly from: number | undefined;
  readonly to: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the routes that write, as soon as they know what they are asked for. */
    audit: ScaleAudit | undefined;
    /** The code of the error that the request was answered with. */
    errorCode: string | undefined;
  }
}

const REFUSALS = new Set([401, 403, 429]);

/**
 * One log line a request, when its answer is ready: also where the client, which may have its reasons, no longer waits
 * for it. Writes and refusals make the audit trail and are always written, like
 * every other error; successful reads only at debug, since a line for each would cost about half of the throughput.
 * Never bodies, never headers.
 */
export default fastifyPlugin(
  function requestLogPlugin(app: FastifyInstance, _options, done) {
    app.decorateRequest('audit', undefined);
    app.decorateRequest('errorCode', undefined);
    app.addHook('onSend', (request, reply, _payload, next) => {
      const { method, url, audit, errorCode: code } = request;
      const { statusCode, elapsedTime } = reply;
      const read = method === 'GET' || method === 'HEAD';
      if (read && statusCode < 400 && !isDebug(request.log.level)) return next();
      const { identity } = request.clientConnection;
      const who =
        typeof identity === 'string'
          ? { refused: identity }
          : { user: identity.user, groups: identity.groups };
      const line = { ...who, method, url, ...audit, statusCode, code, durationMs: Math.round(elapsedTime) };
      const level = statusCode >= 500 ? 'warn' : read && statusCode < 400 ? 'debug' : 'info';
      request.log[level](line, audit !== undefined || REFUSALS.has(statusCode) ? 'audit' : 'request');
      next();
    });
    done();
  },
  { name: 'request-log', dependencies: ['connections'], fastify: '5.x' },
);

function isDebug(level: string): boolean {
  return level === 'debug' || level === 'trace';
}
