import type { IncomingMessage } from 'node:http';
import { isLogLevel, LOG_LEVELS, type LogLevel } from '../lib/logger.ts';
import { logLine } from './log-line.ts';
import type { LogSink } from './log-stream.ts';

/** Bytes of a request body. The longest name of a level is shorter by far. */
const MAX_BODY_BYTES = 64;
/** The addresses of this machine itself, also as IPv6 sockets show them. Not 127.0.0.0/8: service meshes use others of it. */
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
/**
 * The headers that curl, wget and the clients of common languages send by themselves. Any other is taken for that of a proxy,
 * which passes on the requests of others, or of a web page: their names cannot be listed.
 */
const PLAIN_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'sec-fetch-mode',
  'transfer-encoding',
  'user-agent',
]);

/** An answer of `/log-level`. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * The level of the whole log, which `/log-level` of the management listener reads and changes without a restart. A change
 * holds for all loggers at once, those of clusters and running requests too: none of them has a level of its own.
 */
export class LogLevelSwitch {
  readonly #logger: { level: string };
  readonly #sink: Pick<LogSink, 'write'>;
  /** At the others the lines of writes would be missing, which only the configuration may leave out. */
  readonly #allowed: readonly LogLevel[];

  /** @param logger the root of all loggers */
  constructor(logger: { level: string }, sink: Pick<LogSink, 'write'>) {
    this.#logger = logger;
    this.#sink = sink;
    const configured = isLogLevel(logger.level) ? LOG_LEVELS.indexOf(logger.level) : 0;
    this.#allowed = LOG_LEVELS.slice(0, Math.max(configured, LOG_LEVELS.indexOf('info')) + 1);
  }

  /** Answers GET and PUT. A client that is slow to send the level is the caller's to cut. */
  async answer(request: IncomingMessage): Promise<Answer> {
    if (!isLocal(request))
      return {
        status: 403,
        text: 'only this machine or pod may do this: ask http://127.0.0.1 there, or use kubectl port-forward, by curl without -H',
      };
    if (request.method === 'GET') return { status: 200, text: this.#logger.level };
    if (request.method !== 'PUT') return { status: 405, text: 'use GET or PUT' };
    const body = await shortBody(request);
    const level = this.#allowed.find((each) => each === body);
    if (level === undefined)
      return {
        status: 400,
        text: `send one of ${this.#allowed.join(', ')}, for example by curl -X PUT -d debug`,
      };
    this.#change(level, `${request.socket.remoteAddress} port ${request.socket.remotePort}`);
    return { status: 200, text: level };
  }

  #change(to: LogLevel, by: string): void {
    const from = this.#logger.level;
    if (from === to) return;
    this.#logger.level = to;
    // Written at every level: a log that falls silent says why.
    this.#sink.write(logLine('warn', { from, to, by }, 'the log level was changed'));
  }
}

/** Whether a request comes from a process of this machine or pod, as those of kubectl port-forward do. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const ends = [socket.remoteAddress, socket.localAddress];
  return (
    ends.every((address) => address !== undefined && LOOPBACK.has(address)) &&
    Object.keys(headers).every((name) => PLAIN_HEADERS.has(name))
  );
}

/** The body without blanks around it; undefined: it is too long. */
async function shortBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without destroying it, which would take the answer away from a client that sends too much.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString().trim();
}
