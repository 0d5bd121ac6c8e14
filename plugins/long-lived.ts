import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { BatchBusyError, TooManyStreamsError, TooManyWaitersError } from '../src/api/errors.ts';
import { Quota } from '../src/lib/quota.ts';
import {
  type Answering,
  atEnd,
  type Interruption,
  type LongLivedKind,
  type Running,
} from '../src/tls/client-connection.ts';

/** Long-lived answers at a time, in total and per user. */
export interface LongLivedOptions {
  readonly maxWaiters: number;
  readonly maxWaitersPerClient: number;
  readonly maxStreams: number;
  readonly maxStreamsPerClient: number;
  readonly maxBatches: number;
  readonly maxBatchesPerClient: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** How many long-lived answers there are, for metrics. */
    readonly longLived: Readonly<Record<'waiters' | 'batches' | 'streams', number>>;
  }
  interface FastifyRequest {
    /**
     * Takes a place for a long-lived answer. It is given back when the answer has ended or its connection has closed. A
     * stream behind which other requests have come already is cut: their answers could never be sent.
     * @throws TooManyWaitersError, BatchBusyError or TooManyStreamsError if there is none, in all or for this user
     */
    takeLongLivedPlace(kind: LongLivedKind): void;
    /** Gives the place back before the answer has been sent, if it has one: a client may take its time to read. */
    giveBackLongLivedPlace(): void;
    /**
     * Makes the answer a long-lived one, for which a place has been taken: it takes no place among the requests under
     * way, and has neither an idle limit nor a time limit while there is nothing to send.
     * @param interrupt called at most once, perhaps before this returns, if the answer must end before it is done
     */
    beginLongLived(interrupt: (why: Interruption) => void): void;
  }
}

const REFUSALS = {
  waiter: { count: 'waiters', TooMany: TooManyWaitersError },
  batch: { count: 'batches', TooMany: BatchBusyError },
  stream: { count: 'streams', TooMany: TooManyStreamsError },
} as const;

/**
 * Limits answers that last as long as their clients stay: waits, batches and streams. They have places of their own, so
 * that they take none from other requests, and no identity can take them all.
 */
export default fastifyPlugin(
  function longLivedPlugin(app: FastifyInstance, options: LongLivedOptions, done) {
    const places = {
      waiter: new Quota(options.maxWaiters, options.maxWaitersPerClient),
      batch: new Quota(options.maxBatches, options.maxBatchesPerClient),
      stream: new Quota(options.maxStreams, options.maxStreamsPerClient),
    };
    app.decorate('longLived', {
      get waiters() {
        return places.waiter.used;
      },
      get batches() {
        return places.batch.used;
      },
      get streams() {
        return places.stream.used;
      },
    });
    app.decorateRequest('takeLongLivedPlace', function (kind) {
      const { clientConnection: connection } = this;
      const entry = runningOf(this)?.[1];
      // Its connection has closed, so nothing would give the place back.
      if (entry === undefined) return;
      const { client, running } = connection;
      if (!places[kind].take(client)) {
        const { count, TooMany } = REFUSALS[kind];
        app.limited.requests[count] += 1;
        throw new TooMany();
      }
      let isHeld = true;
      const giveBack = () => {
        if (isHeld) places[kind].release(client);
        isHeld = false;
      };
      entry.longLived = { kind, interrupt: undefined, giveBack, delivered: 0 };
      atEnd(entry, giveBack);
      if (kind === 'stream' && [...running.values()].at(-1) !== entry) app.cutForRequests(connection);
    });
    app.decorateRequest('giveBackLongLivedPlace', function () {
      runningOf(this)?.[1].longLived?.giveBack();
    });
    app.decorateRequest('beginLongLived', function (interrupt) {
      const { clientConnection: connection } = this;
      const { socket, interrupted } = connection;
      const running = runningOf(this);
      if (running === undefined) return interrupt('disconnected');
      const [answer, entry] = running;
      if (entry.longLived === undefined) throw new Error('a long-lived answer needs a place');
      if (socket.destroyed) {
        // Nothing is sent of a stream any more, and no hook tells that it has ended.
        if (entry.longLived.kind === 'stream') app.endAnswer(connection, answer);
        return interrupt('disconnected');
      }
      app.endUnderWay(connection, entry);
      if (interrupted !== undefined) return interrupt(interrupted);
      entry.longLived.interrupt = interrupt;
      entry.readyAt = performance.now();
      // The HTTP server sets the timeout again once the answer has ended. The sockets of injected requests have none.
      if (connection.isReadInPieces) socket.setTimeout(0);
    });
    done();
  },
  { name: 'long-lived', dependencies: ['requests-under-way'], fastify: '5.x' },
);

function runningOf({ clientConnection, raw }: FastifyRequest): [Answering, Running] | undefined {
  for (const each of clientConnection.running) if (each[0].req === raw) return each;
  return undefined;
}
