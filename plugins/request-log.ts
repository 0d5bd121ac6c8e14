import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { BatchAudit, ItemAudit, UntriedAudit } from '../src/api/batch-audit.ts';
import { LogBlockedError } from '../src/api/errors.ts';
import { LineBudget } from '../src/observability/line-budget.ts';
import type { AuditRoom, LogSink } from '../src/observability/log-stream.ts';
import { certificateText } from '../src/tls/certificate-text.ts';
import type { ClientConnection } from '../src/tls/client-connection.ts';

/** The fields of a write in the audit log. */
export interface ScaleAudit {
  readonly cluster: string;
  readonly namespace: string;
  readonly deployment: string;
  /** The count in the cache before the write; undefined: not in the cache, or the caller may not scale. */
  from: number | undefined;
  /** The requested count. */
  readonly to: number;
  /** Whether it was to be set although somebody else would undo it. */
  readonly force?: boolean;
  /** Whether nothing was to be changed. */
  readonly dryRun?: boolean;
  /** How many seconds the answer was to wait for the replicas. */
  readonly wait?: number;
}

export interface RequestLogOptions {
  readonly logStream: Pick<LogSink, 'reserve'>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Logs a request that Fastify answers without running hooks. */
    logUnhooked(request: FastifyRequest, reply: FastifyReply): void;
  }
  interface FastifyRequest {
    /** Set by routes that write, as soon as they know what to write. */
    audit: ScaleAudit | BatchAudit | undefined;
    /** The room that is reserved for the audit line of the write. */
    auditRoom: AuditRoom | undefined;
    /** The code of the error that the request was answered with. */
    errorCode: string | undefined;
    /**
     * Reserves room for the audit line, so that it is not lost even if the log drops other lines. Call it before the
     * write.
     * @throws LogBlockedError if there is no room; then the write must not be made
     */
    reserveAuditLine(): void;
    /**
     * Reserves room for the audit line of one item of a batch. Call it before the write of the item.
     * @returns writes the line, and resolves once it has left the process or after 1 s; undefined: there is no room, so
     *   the write must not be made
     */
    reserveItemLine(): ((item: ItemAudit) => Promise<void>) | undefined;
    /**
     * Writes the audit lines of items of a batch that were never tried. Those that the batch did not come to have room
     * reserved, if there is any. Those that may not be set are limited like requests that were not served.
     */
    logUntried(lines: readonly UntriedAudit[]): Promise<void>;
    /**
     * Writes the audit line of a write that was made, if its answer is still to come. The line has the status of the
     * write, and the answer will have a line of its own.
     */
    logWrite(reply: FastifyReply): Promise<void>;
  }
}

const REFUSALS = new Set([401, 403, 429]);
/** How many characters of a URL are logged. A refused URL may have any length. */
const MAX_URL_CHARACTERS = 256;
/** How many requests that were not served are logged per client and period. */
const LINES = 50;
const PERIOD_MS = 10_000;
/** How long the answer to a write waits for its audit line. */
const AUDIT_MS = 1_000;

/**
 * Writes one log line per request when its answer is ready, even if the client has disconnected. Writes and refusals
 * are the audit trail. A write that reached the cluster is always logged, and of a batch each item that was tried.
 * Requests that were not served are limited to 50 lines per client in 10 s; a further line then counts the rest.
 * Successful reads are only logged at level debug, because to log each of them would cost about half of the
 * throughput. Bodies and headers are never logged.
 */
export default fastifyPlugin(
  function requestLogPlugin(app: FastifyInstance, { logStream }: RequestLogOptions, done) {
    const budget = new LineBudget({
      lines: LINES,
      periodMs: PERIOD_MS,
      onLeftOut: (user, lines) => app.log.warn({ user, lines }, 'log lines of a client were left out'),
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
    app.decorateRequest('reserveItemLine', function () {
      const room = logStream.reserve();
      if (room !== undefined) return (item) => room.fill(() => writeItemLine(this, item), AUDIT_MS);
      app.limited.requests.log += 1;
      return undefined;
    });
    app.decorateRequest('logUntried', async function (lines) {
      for (const line of lines) {
        const log = () => writeItemLine(this, line);
        if (line.outcome !== 'notStarted') {
          if (takeLine(this.clientConnection)) log();
          continue;
        }
        const room = logStream.reserve();
        if (room === undefined) log();
        else await room.fill(log, AUDIT_MS);
      }
    });
    app.decorateRequest('logWrite', async function (reply) {
      const { auditRoom: room } = this;
      this.auditRoom = undefined;
      await room?.fill(() => writeLine(this, reply, this.clientConnection), AUDIT_MS);
      this.audit = undefined;
    });
    /** Takes a line from the budget of the client, for a request that was not served. Returns false if none is left. */
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

/** Logs who requested what, and the result. */
function writeLine(request: FastifyRequest, reply: FastifyReply, connection: ClientConnection): void {
  const { method, url, audit, errorCode: code, log } = request;
  const { statusCode, elapsedTime } = reply;
  const level = isWarning(statusCode, code) ? 'warn' : isRead(request) && statusCode < 400 ? 'debug' : 'info';
  const message = audit !== undefined || REFUSALS.has(statusCode) ? 'audit' : 'request';
  const what = { method, url: url.slice(0, MAX_URL_CHARACTERS), ...audit };
  const result = { statusCode, code, durationMs: Math.round(elapsedTime) };
  log[level]({ ...whoOf(connection), ...what, ...result }, message);
}

/** Without groups: the line of the request has them, with the same id of the batch. */
function writeItemLine(
  { clientConnection: { client: user }, log }: FastifyRequest,
  line: ItemAudit | UntriedAudit,
): void {
  log.info({ user, ...line }, 'audit');
}

/** Whether somebody who runs the service should look: it failed, its account lacks a right, or a client asks too much. */
function isWarning(statusCode: number, code: string | undefined): boolean {
  return statusCode >= 500 || statusCode === 429 || code === 'SERVICE_FORBIDDEN';
}

/** Of a client that is not let in: its certificate, and where it is, so that somebody can be asked. */
function whoOf({ identity, certificate, socket }: ClientConnection) {
  return identity.kind === 'client'
    ? { user: identity.user, groups: identity.groups }
    : {
        refused: identity.reason,
        certificate: certificate && certificateText(certificate),
        address: socket.remoteAddress,
      };
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isDebug(level: string): boolean {
  return level === 'debug' || level === 'trace';
}
