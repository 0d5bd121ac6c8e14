import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { LogBlockedError } from '../src/api/errors.ts';
import { LineBudget } from '../src/observability/line-budget.ts';
import type { AuditRoom, LogSink } from '../src/observability/log-stream.ts';
import type { ClientConnection } from '../src/tls/client-connection.ts';

/** What a write was about. */
export interface ScaleAudit {
  readonly cluster: string;
  readonly namespace: string;
  readonly deployment: string;
  /** The count before, as the cache knew it; undefined where it did not, or where the caller may not scale. */
  from: number | undefined;
  /** The count that was asked for. */
  readonly to: number;
}

export interface RequestLogOptions {
  readonly logStream: Pick<LogSink, 'reserve'>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Writes the line of a request that Fastify answers without any hook. */
    logUnhooked(request: FastifyRequest, reply: FastifyReply): void;
  }
  interface FastifyRequest {
    /** Set by the routes that write, as soon as they know what they are asked for. */
    audit: ScaleAudit | undefined;
    /** Where the audit line of a write goes that is being made. */
    auditRoom: AuditRoom | undefined;
    /** The code of the error that the request was answered with. */
    errorCode: string | undefined;
    /**
     * Sets room aside for the audit line, whatever else the log has to do without: call it before anything is written.
     * @throws LogBlockedError where there is no room, so that nothing may be written
     */
    reserveAuditLine(): void;
  }
}

const REFUSALS = new Set([401, 403, 429]);
/** Of a URL, in characters: a refused one may have any length. */
const MAX_URL_CHARACTERS = 256;
/** Lines of one client about requests that were not served, in a period. */
const LINES = 50;
const PERIOD_MS = 10_000;
/** How long the answer to a write waits for its audit line. */
const AUDIT_MS = 1_000;

/**
 * One log line per request, when its answer is ready, even if its client has gone. Writes and refusals make the audit
 * trail. A write that reached the cluster always has its line; of requests that were not served each client has 50
 * lines in 10 s, then a line that counts the rest. Successful reads have a line only at debug, since a line for each
 * would cost about half of the throughput. Never bodies, never headers.
 */
export default fastifyPlugin(
  function requestLogPlugin(app: FastifyInstance, { logStream }: RequestLogOptions, done) {
    const budget = new LineBudget({
      lines: LINES,
      periodMs: PERIOD_MS,
      onLeftOut: (user, lines) => app.log.warn({ user, lines }, 'lines of a client were left out'),
    });
    app.addHook('onClose', async () => budget.end());
    app.decorateRequest('audit', undefined);
    app.decorateRequest('auditRoom', undefined);
    app.decorateRequest('errorCode', undefined);
    app.decorateRequest('reserveAuditLine', function () {
      this.auditRoom = logStream.reserve();
      if (this.auditRoom !== undefined) return;
      app.limited.requests.log += 1;
      throw new LogBlockedError();
    });
    /** Whether the client has a line left for a request that was not served; it is used up then. */
    function takeLine({ client }: ClientConnection): boolean {
      if (budget.take(client)) return true;
      app.limited.logLines += 1;
      return false;
    }
    app.decorate('logUnhooked', (request, reply) => {
      const connection = app.connectionOf(request.raw.socket);
      if (takeLine(connection)) writeLine(request, reply, connection);
    });
    app.addHook('onSend', (request, reply, _payload, next) => {
      const served = reply.statusCode < 400;
      if (served && isRead(request) && !isDebug(request.log.level)) return next();
      const { clientConnection: connection, auditRoom: room } = request;
      if (room === undefined && !served && !takeLine(connection)) return next();
      const log = () => writeLine(request, reply, connection);
      if (room !== undefined) return void room.fill(log, AUDIT_MS).then(() => next());
      log();
      next();
    });
    done();
  },
  { name: 'request-log', dependencies: ['connections'], fastify: '5.x' },
);

/** Who asked for what, and what came of it. */
function writeLine(request: FastifyRequest, reply: FastifyReply, { identity }: ClientConnection): void {
  const { method, url, audit, errorCode: code, log } = request;
  const { statusCode, elapsedTime } = reply;
  const level = statusCode >= 500 ? 'warn' : isRead(request) && statusCode < 400 ? 'debug' : 'info';
  const message = audit !== undefined || REFUSALS.has(statusCode) ? 'audit' : 'request';
  const who =
    identity.kind === 'client'
      ? { user: identity.user, groups: identity.groups }
      : { refused: identity.reason };
  const what = { method, url: url.slice(0, MAX_URL_CHARACTERS), ...audit };
  log[level]({ ...who, ...what, statusCode, code, durationMs: Math.round(elapsedTime) }, message);
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isDebug(level: string): boolean {
  return level === 'debug' || level === 'trace';
}
