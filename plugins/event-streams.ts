import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { acceptsEvents } from '../src/api/accepts-events.ts';
import { NotAcceptableError } from '../src/api/errors.ts';
import type { EventStream, EventStreamOptions, Sink } from '../src/api/events/event-stream.ts';
import { Passes } from '../src/lib/passes.ts';

export interface EventStreamsOptions {
  /** A stream older than this ends, so that its client connects again, perhaps to another instance. Seconds. */
  readonly maxConnectionAgeSeconds: number;
  /** For tests: another time than in production between the ids of a quiet stream. */
  readonly heartbeatMs?: number | undefined;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The time between the ids of a quiet stream. */
    readonly heartbeatMs: number;
  }
  interface FastifyRequest {
    /** @throws NotAcceptableError if the client does not take event streams */
    requireEventsAccepted(): void;
  }
  interface FastifyReply {
    /**
     * Answers with a stream of events, for which it takes a place. An answer to HEAD has headers only.
     * @param create makes the stream
     * @param onEnd called when nothing more will be sent
     * @throws TooManyStreamsError
     */
    streamEvents(create: (options: EventStreamOptions) => EventStream, onEnd?: () => void): void;
  }
}

/** Below the 30 s to a minute after which proxies often close a connection that is silent. */
const HEARTBEAT_MS = 15_000;
/** How often streams are looked at, in parts of that time. */
const TICKS_PER_HEARTBEAT = 15;

/** Sends streams of events: when their readers are served, how long they last, and how they end. */
export default fastifyPlugin(
  function eventStreamsPlugin(app: FastifyInstance, options: EventStreamsOptions, done) {
    const { maxConnectionAgeSeconds, heartbeatMs = HEARTBEAT_MS } = options;
    const passes = new Passes();
    /** The streams, and when their connections were opened. */
    const streams = new Map<EventStream, number>();

    function tick(): void {
      const oldest = performance.now() - maxConnectionAgeSeconds * 1000;
      for (const [stream, openedAt] of streams) {
        if (openedAt < oldest) stream.end('age');
        else stream.tick(heartbeatMs);
      }
    }
    const ticking = setInterval(tick, heartbeatMs / TICKS_PER_HEARTBEAT).unref();
    app.addHook('onClose', async () => clearInterval(ticking));

    app.decorate('heartbeatMs', heartbeatMs);
    app.decorateRequest('requireEventsAccepted', function () {
      if (!acceptsEvents(this.headers.accept)) throw new NotAcceptableError();
    });
    app.decorateReply('streamEvents', function (create, onEnd) {
      const { request } = this;
      if (request.method === 'HEAD') return void begin(this).raw.end();
      request.takeLongLivedPlace('stream');
      const startedAt = performance.now();
      const stream = create({
        sink: sinkOf(begin(this)),
        passes,
        onEnd: (reason) => {
          streams.delete(stream);
          onEnd?.();
          const seconds = (performance.now() - startedAt) / 1000;
          app
            .durationsOf(request)
            .stream(reason ?? 'disconnected')
            .add(seconds);
          logEnd(request, { reason, durationMs: Math.round(performance.now() - startedAt) });
        },
      });
      streams.set(stream, request.clientConnection.openedAt);
      request.beginLongLived((why) => {
        if (why === 'disconnected') stream.close();
        else stream.end(why === 'malformed' ? undefined : why);
      });
      void stream.start(lastEventId(request));
    });
    done();
  },
  { name: 'event-streams', dependencies: ['long-lived'], fastify: '5.x' },
);

/** Sends the headers. Fastify does the rest no longer, because it cannot send a body piece by piece as it is read. */
function begin(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.header('content-type', 'text/event-stream');
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.flushHeaders();
  return reply;
}

function sinkOf({ raw, request }: FastifyReply): Sink {
  return {
    write(bytes, flushed) {
      // Encrypted and sent now: otherwise it would be done for thousands of readers at once, when this turn is over.
      raw.socket?.cork();
      raw.write(bytes, () => flushed());
      raw.socket?.uncork();
    },
    end(last) {
      // A new stream on the same connection would reach the same instance, and end for the same reason.
      request.clientConnection.closing = true;
      raw.end(last);
    },
  };
}

function lastEventId({ headers }: FastifyRequest): string | undefined {
  const id = headers['last-event-id'];
  return Array.isArray(id) ? id.join() : id;
}

function logEnd({ log, url, method, clientConnection }: FastifyRequest, end: object): void {
  log.debug({ user: clientConnection.client, method, url, ...end }, 'a stream ended');
}
