import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { malformedIfNoneMatch } from '../src/api/common-errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { sendAnswer } from '../src/api/read-answer.ts';
import { ClusterName, DeploymentList, Namespace, NoQuery } from '../src/api/schemas.ts';
import { toHttpError } from '../src/api/to-http-error.ts';
import { withinBudget } from '../src/api/within-budget.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { ListReading, Reading } from '../src/cluster/cache/reading.ts';

const FleetQuery = Type.Object({ namespace: Type.Optional(Namespace) }, { additionalProperties: false });

const Clusters = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: ClusterName,
          default: Type.Boolean({ description: 'Whether paths without a cluster use this cluster' }),
          state: Type.Enum(['ready', 'blocked', 'syncing', 'unreachable'], {
            type: 'string',
            description:
              '`ready`: its Deployments are known, and its API server says what clients may do; `blocked`: it is read, but does not say that, so requests that need a decision are answered with 503; `syncing`: its Deployments are being read for the first time; `unreachable`: its API server cannot be reached',
          }),
          authorizer: Type.Enum(['available', 'unavailable'], {
            type: 'string',
            description: 'Whether its API server answered the last time it was asked what a client may do',
          }),
        },
        { title: 'Cluster', additionalProperties: false },
      ),
    ),
  },
  { title: 'Clusters', additionalProperties: false },
);

const FleetDeployments = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: ClusterName,
          deployments: Type.Optional(DeploymentList.properties.deployments),
          error: Type.Optional(
            Type.Object(
              {
                code: Type.String({
                  description: 'The stable code of the error',
                  examples: ['CACHE_NOT_SYNCED'],
                }),
                message: Type.String({ description: 'What to do' }),
              },
              { description: 'Why the list of this cluster is missing', additionalProperties: false },
            ),
          ),
        },
        { title: 'ClusterDeployments', additionalProperties: false },
      ),
    ),
  },
  { title: 'FleetDeployments', additionalProperties: false },
);

const listClusters: Operation = {
  operationId: 'listClusters',
  tag: 'Clusters',
  summary: 'List the clusters',
  description:
    'The clusters that the service serves, the default cluster first, with their states. While a cluster is `unreachable`, reads return the last known state. `authorizer` is `unavailable` if the last question what a client may do was not answered; where that lasts the cluster is `blocked`. The states are true within 15 s; the log of the service says why.',
  answer: {
    description: 'The clusters',
    schema: Clusters,
    example: { clusters: [{ name: 'production', default: true, state: 'ready', authorizer: 'available' }] },
    headers: [],
  },
  errors: [],
};

const listFleetDeployments: Operation = {
  operationId: 'listFleetDeployments',
  tag: 'Clusters',
  summary: 'List the Deployments of all clusters',
  description:
    'For each cluster the answer contains either the Deployments that its RBAC allows the caller to list, or the error that a list of this cluster alone would end with. A cluster that does not answer within 5 s gets an error too, so that it does not delay the others. `Age` is the age of the oldest list. An answer above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.',
  requestHeaders: ['If-None-Match'],
  answer: {
    description: 'The names of the Deployments per cluster, the default cluster first',
    schema: FleetDeployments,
    example: {
      clusters: [
        { name: 'production', deployments: ['default/my-deployment', 'shop/cart'] },
        {
          name: 'staging',
          error: {
            code: 'CACHE_NOT_SYNCED',
            message: 'The service has not yet read the Deployments from the cluster: try again in a moment',
          },
        },
      ],
    },
    headers: ['ETag', 'Vary'],
    optionalHeaders: ['Age', 'Content-Encoding', 'X-Unavailable-Namespaces'],
  },
  errors: [malformedIfNoneMatch],
};

/** The list of one cluster and when it was read, on the clock of performance.now(); or the error of the list. */
type Part = { readonly cluster: string } & (
  | { readonly reading: ListReading; readonly readAt: number }
  | { readonly error: unknown }
);

/** `GET /clusters`: the clusters and their states; `GET /clusters/deployments`: the Deployments of all clusters. */
const clustersRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const answerOf = answerJoiner();
  app.get(
    '/clusters',
    {
      schema: { querystring: NoQuery, response: { 200: Clusters } },
      config: { operation: listClusters, rights: 'none' },
    },
    async ({ clusters }) => ({
      clusters: clusters.map(({ name, state, authorizer }, index) => ({
        name,
        default: index === 0,
        state,
        authorizer,
      })),
    }),
  );

  app.get(
    '/clusters/deployments',
    {
      schema: { querystring: FleetQuery },
      config: { operation: listFleetDeployments, rights: 'list deployments' },
    },
    async (request, reply) => {
      const parts = await Promise.all(
        request.clusters.map((cluster) => partOf(cluster, request.query.namespace)),
      );
      const lists = parts.map((part) => listOf(request, part));
      const readings = lists.flatMap(({ reading }) => reading ?? []);
      const oldest = readings.length > 0 ? oldestOf(readings) : undefined;
      const name = () => parts.map(nameOf).join(';');
      return sendAnswer(
        reply,
        app.listAnswer({ list: answerOf(lists), freshness: oldest, name }, request.headers),
      );
    },
  );

  async function partOf(cluster: GuardedCluster, namespace: string | undefined): Promise<Part> {
    try {
      const reading = await withinBudget(cluster.list(namespace));
      return { cluster: cluster.name, reading, readAt: performance.now() };
    } catch (error) {
      return { cluster: cluster.name, error };
    }
  }

  /** The part of the answer for one cluster: its list, or its error. */
  function listOf(request: FastifyRequest, part: Part) {
    const { cluster } = part;
    const name = JSON.stringify(cluster);
    if ('reading' in part) {
      const unavailable = part.reading.unavailable.map((each) => `${cluster}/${each}`);
      // The list has aged while the service waited for other clusters.
      const ageMs = part.reading.ageMs + performance.now() - part.readAt;
      const reading = { ...part.reading, ageMs, unavailable };
      // The list is prebuilt as `{"deployments":[...]}`. The name goes before its only member.
      return { reading, opening: `{"name":${name},`, list: reading.value };
    }
    const { code, message, statusCode } = toHttpError(part.error);
    if (statusCode === 500) request.log.error({ err: part.error, cluster }, 'a list failed unexpectedly');
    return { opening: `{"name":${name},"error":${JSON.stringify({ code, message })}}`, list: NO_LIST };
  }
  done();
};

/** Names the list of a part over its changes. */
function nameOf(part: Part): string {
  return 'reading' in part ? `${part.cluster} ${part.reading.shown}` : part.cluster;
}

/** The answer for one cluster: the opening, followed by the list without its opening brace. */
interface ClusterPart {
  readonly opening: string;
  readonly list: Buffer;
}

const NO_LIST = Buffer.alloc(0);

/** How many answers are kept per list that they contain. Callers may see different lists of the other clusters. */
const MAX_ANSWERS_OF_LIST = 4;

interface Joined {
  readonly parts: readonly ClusterPart[];
  readonly answer: Buffer;
}

/**
 * Creates the function that joins parts to an answer. Answers with the same parts share one buffer. Otherwise slow
 * clients, and many clients at once, would hold a copy each. An answer is kept as long as the longest list in it.
 */
function answerJoiner(): (parts: readonly ClusterPart[]) => Buffer {
  const byLongestList = new WeakMap<Buffer, readonly Joined[]>();
  return (parts) => {
    const longest = parts.reduce<Buffer>(
      (most, { list }) => (list.length > most.length ? list : most),
      NO_LIST,
    );
    const kept = byLongestList.get(longest) ?? [];
    const joined = kept.find((each) => haveSameParts(each.parts, parts)) ?? join(parts);
    if (joined !== kept[0]) {
      const others = kept.filter((each) => each !== joined);
      byLongestList.set(longest, [joined, ...others].slice(0, MAX_ANSWERS_OF_LIST));
    }
    return joined.answer;
  };
}

function haveSameParts(some: readonly ClusterPart[], others: readonly ClusterPart[]): boolean {
  const isSame = ({ opening, list }: ClusterPart, index: number) =>
    opening === others[index]?.opening && list === others[index]?.list;
  return some.length === others.length && some.every(isSame);
}

function join(parts: readonly ClusterPart[]): Joined {
  const pieces = parts.flatMap(({ opening, list }, index) => [
    Buffer.from(index === 0 ? opening : `,${opening}`),
    list.subarray(1),
  ]);
  return { parts, answer: Buffer.concat([Buffer.from('{"clusters":['), ...pieces, Buffer.from(']}')]) };
}

/** The freshness of several lists together. The resourceVersions of different clusters cannot be compared. */
function oldestOf(readings: readonly Reading<Buffer>[]): Omit<Reading<unknown>, 'value'> {
  return {
    ageMs: Math.max(...readings.map(({ ageMs }) => ageMs)),
    resourceVersion: '',
    unavailable: readings.flatMap(({ unavailable }) => unavailable),
  };
}

export default clustersRoutes;
