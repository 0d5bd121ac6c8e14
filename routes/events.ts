import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { clusterIn } from '../src/api/cluster-in.ts';
import { errorsOfNamespaces } from '../src/api/common-errors.ts';
import { exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import { EventQuery, EventStreamSchema } from '../src/api/events/event-schema.ts';
import { ClusterStream } from '../src/api/events/event-stream.ts';
import type { Operation } from '../src/api/operation.ts';
import { selectorOf } from '../src/api/read-selector.ts';
import type { Feed } from '../src/cluster/events/feed.ts';
import { frameOf } from '../src/cluster/events/frame.ts';

const streamEvents: Operation = {
  operationId: 'streamEvents',
  tag: 'Events',
  summary: 'Follow the changes of the Deployments of a namespace, or of all namespaces',
  description:
    'Sends Server-Sent Events about the Deployments that `GET /scale` lists with the same parameters. `ready` comes first, with the resourceVersion from which on changes follow. `changed` has the state of a Deployment, as `GET /scale` lists it, and `gone` the last one of a Deployment that was deleted or that the selector no longer matches. `overridden` names a Deployment whose count was changed by somebody else after the service had set it. After `reset` changes may be missing: read `GET /scale` again. `end` comes before the service ends the stream, with a reason: `revoked`, `rights`, `age`, `drain` or `clusters`, also when another cluster becomes the default and the path names none. docs/how-to/follow-changes.md says how to keep a copy.',
  requestHeaders: ['Last-Event-ID'],
  answer: {
    description: 'The events, until the client or the service ends the stream',
    schema: EventStreamSchema,
    mediaType: 'text/event-stream',
    example:
      frameOf('ready', { resourceVersion: '48151623' }, '48151623') +
      frameOf('changed', exampleState, '48151642'),
    headers: [],
  },
  errors: [
    ...errorsOfNamespaces,
    new errors.NotAcceptableError(),
    new errors.TooManyStreamsError(),
    new errors.AccessUndecidedError(61),
    new errors.CacheNotSyncedError(),
    new errors.ForbiddenError('client', 'list deployments in namespace shop'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace shop'),
  ],
};

/** A stream whose reader may know ids of another cluster. They say nothing about this one, so each begins with `reset`. */
class MovedStream extends ClusterStream {
  protected override idsIn(): ReadonlyMap<string, string> {
    return new Map();
  }
}

/** `GET /events`: the changes of the Deployments of one namespace or of all, as they happen. */
const eventsRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/events',
    {
      schema: { querystring: EventQuery },
      config: { operation: streamEvents, rights: 'list deployments' },
    },
    async (request, reply) => {
      request.requireEventsAccepted();
      const { cluster, query } = request;
      const feed = await cluster.events(query.namespace, selectorOf(query));
      if (clusterIn(request.params) === undefined) streamDefault(reply, feed, cluster.name);
      else reply.streamEvents((options) => new ClusterStream(feed, options));
      return reply;
    },
  );

  /** Streams the events of the default cluster, as long as it is the default. */
  function streamDefault(reply: FastifyReply, feed: Feed, name: string): void {
    const { fleet } = app;
    let unsubscribe = () => {};
    reply.streamEvents(
      (options) => {
        const stream = new (fleet.defaultHasChanged ? MovedStream : ClusterStream)(feed, options);
        const onChange = () => {
          if (fleet.default.name !== name) stream.end('clusters');
        };
        unsubscribe = fleet.onChange(onChange);
        // It may have changed since the request came.
        queueMicrotask(onChange);
        return stream;
      },
      () => unsubscribe(),
    );
  }
  done();
};

export default eventsRoutes;
