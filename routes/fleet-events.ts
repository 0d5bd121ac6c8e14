import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import { EventQuery, EventStreamSchema } from '../src/api/events/event-schema.ts';
import { FleetStream } from '../src/api/events/event-stream.ts';
import type { Operation } from '../src/api/operation.ts';
import { selectorOf } from '../src/api/read-selector.ts';
import { withinBudget } from '../src/api/within-budget.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import { AccessDeniedError, NamespaceNotWatchedError } from '../src/cluster/cluster-errors.ts';
import type { Feed } from '../src/cluster/events/feed.ts';
import { frameOf } from '../src/cluster/events/frame.ts';
import type { LabelSelector } from '../src/cluster/labels/label-selector.ts';

const streamFleetEvents: Operation = {
  operationId: 'streamFleetEvents',
  tag: 'Events',
  summary: 'Follow the changes of the Deployments of all clusters',
  description:
    'Sends what `GET /events` sends, of all clusters in which the caller may list. `ready` has the resourceVersion of each cluster, and every other event but `end` has the name of its `cluster`. An id names the position in each cluster: `production=48151623;staging=1042`. A cluster that cannot be followed yet is missing in `ready`, and begins with `reset` once it can. When a cluster is added, changed or removed, the stream ends with the reason `clusters`.',
  requestHeaders: ['Last-Event-ID'],
  answer: {
    description: 'The events, until the client or the service ends the stream',
    schema: EventStreamSchema,
    mediaType: 'text/event-stream',
    example:
      frameOf('ready', { clusters: { production: '48151623' } }, 'production=48151623') +
      frameOf('changed', { cluster: 'production', ...exampleState }, 'production=48151642'),
    headers: [],
  },
  errors: [
    new errors.NotAcceptableError(),
    new errors.TooManyStreamsError(),
    new errors.ForbiddenError('client', 'list deployments in any namespace'),
    new errors.NamespaceNotWatchedError('other'),
  ],
};

/** A cluster without events for a reader, and why. */
interface Failed {
  readonly cluster: GuardedCluster;
  readonly error: unknown;
}
type Opened = { readonly feed: Feed } | Failed;

/** `GET /clusters/events`: the changes of the Deployments of all clusters, as they happen. */
const fleetEventsRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/clusters/events',
    {
      schema: { querystring: EventQuery },
      config: { operation: streamFleetEvents, rights: 'list deployments' },
    },
    async (request, reply) => {
      request.requireEventsAccepted();
      const { namespace } = request.query;
      const selector = selectorOf(request.query);
      const openAll = (clusters: readonly GuardedCluster[]) =>
        Promise.all(clusters.map((cluster) => open(cluster, namespace, selector)));
      let hasChanged = false;
      let onChange = () => {
        hasChanged = true;
      };
      const unsubscribe = app.fleet.onChange(() => onChange());
      try {
        const opened = await openAll(request.clusters);
        const feeds = opened.flatMap((each) => ('feed' in each ? each.feed : []));
        const failed = opened.flatMap((each) => ('error' in each ? each : []));
        let missing = failed.filter(mayWorkLater);
        if (feeds.length === 0 && missing.length === 0) throw failed[0]?.error;
        const retry = async (stream: FleetStream) => {
          const again = await openAll(missing.splice(0).map(({ cluster }) => cluster));
          missing = again.flatMap((each) => ('error' in each && mayWorkLater(each) ? each : []));
          for (const each of again) if ('feed' in each) await stream.add(each.feed);
        };
        let retrying: NodeJS.Timeout;
        reply.streamEvents(
          (options) => {
            const stream = new FleetStream(feeds, options);
            retrying = setInterval(retry, app.heartbeatMs, stream).unref();
            onChange = () => stream.end('clusters');
            // A change in between has been missed.
            if (hasChanged) queueMicrotask(onChange);
            return stream;
          },
          () => {
            clearInterval(retrying);
            unsubscribe();
          },
        );
        if (request.method === 'HEAD') unsubscribe();
      } catch (error) {
        unsubscribe();
        throw error;
      }
      return reply;
    },
  );
  done();
};

async function open(
  cluster: GuardedCluster,
  namespace: string | undefined,
  selector: LabelSelector | undefined,
): Promise<Opened> {
  try {
    return { feed: await withinBudget(cluster.events(namespace, selector)) };
  } catch (error) {
    return { cluster, error };
  }
}

function mayWorkLater({ error }: Failed): boolean {
  return !(error instanceof AccessDeniedError || error instanceof NamespaceNotWatchedError);
}

export default fleetEventsRoutes;
