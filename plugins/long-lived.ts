import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { TooManyStreamsError, TooManyWaitersError } from '../src/api/errors.ts';
import { Quota } from '../src/lib/quota.ts';
import { atEnd, type Interruption, type LongLivedKind, type Running } from '../src/tls/client-connection.ts';

/** Long-lived answers at a time, in total and per user. */
export interface LongLivedOptions {
  readonly maxWaiters: number;
  readonly maxWaitersPerClient: number;
  readonly maxStreams: number;
  readonly maxStreamsPerClient: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** How many long-lived answers there are, for metrics. */
    readonly longLived: Readonly<Record<'waiters' | 'streams', number>>;
  }
  interface FastifyRequest {
    /**
     * Takes a place for a long-lived answer. It is given back when the answer has ended or its connection has closed.
     * @throws TooManyWaitersError or TooManyStreamsError if there is none, in all or for this user
     */
    takeLongLivedPlace(kind: LongLivedKind): void;
    /**
     * Makes the answer a long-lived one, for which a place has been taken: it takes no place among the requests under
     * way, and has neither an idle limit nor a time limit while there is nothing to send.
     * @param interrupt called at most once, perhaps before this returns, if the answer must end before it is done
     */
    beginLongLived(interrupt: (why: Interruption) => void): void;
  }
}

/**
 * Limits answers that last as long as their clients stay: waits and streams. They have places of their own, so that they
 * take none from other requests, and no identity can take them all.
 */
export default fastifyPlugin(
  function longLivedPlugin(app: FastifyInstance, options: LongLivedOptions, done) {
    const places = {
      waiter: new Quota(options.maxWaiters, options.maxWaitersPerClient),
      stream: new Quota(options.maxStreams, options.maxStreamsPerClient),
    };
    app.decorate('longLived', {
      get waiters() {
        return places.waiter.used;
      },
      get streams() {
        return places.stream.used;
      },
    });
    app.decorateRequest('takeLongLivedPlace', function (kind) {
      const entry = entryOf(this);
      // Its connection has closed, so nothing would give the place back.
      if (entry === undefined) return;
      const { client } = this.clientConnection;
      if (!places[kind].take(client)) {
        app.limited.requests[`${kind}s`] += 1;
        throw kind === 'waiter' ? new TooManyWaitersError() : new TooManyStreamsError();
      }
      entry.longLived = { kind, interrupt: undefined, delivered: 0 };
      atEnd(entry, () => places[kind].release(client));
    });
    app.decorateRequest('beginLongLived', function (interrupt) {
      const { clientConnection: connection } = this;
      const { socket, interrupted } = connection;
      const entry = entryOf(this);
      if (entry === undefined || socket.destroyed) return interrupt('disconnected');
      if (entry.longLived === undefined) throw new Error('a long-lived answer needs a place');
      app.endUnderWay(connection, entry);
      if (interrupted !== undefined) return interrupt(interrupted);
      entry.longLived.interrupt = interrupt;
      entry.readyAt = performance.now();
      // The HTTP server sets the timeout again once the answer has ended.
      socket.setTimeout(0);
    });
    done();
  },
  { name: 'long-lived', dependencies: ['requests-under-way'], fastify: '5.x' },
);

function entryOf({ clientConnection, raw }: FastifyRequest): Running | undefined {
  for (const [answer, entry] of clientConnection.running) if (answer.req === raw) return entry;
  return undefined;
}
