import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { KubernetesTimeoutError } from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { setFreshnessHeaders } from '../src/api/read-freshness.ts';
import { ClusterName, DeploymentList, Namespace, NoQuery } from '../src/api/schemas.ts';
import { toHttpError } from '../src/api/to-http-error.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';

const FleetQuery = Type.Object({ namespace: Type.Optional(Namespace) }, { additionalProperties: false });

const Clusters = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: ClusterName,
          default: Type.Boolean({ description: 'Whether it is the one that paths without a cluster serve' }),
          state: Type.Enum(['ready', 'syncing', 'unreachable'], {
            description: 'Whether its Deployments are known, being read for the first time, or getting old',
          }),
          authorizer: Type.Enum(['available', 'unavailable'], {
            description:
              'Whether its API server could decide the last time that it was asked what a client may do',
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
              { description: 'Why there is no list of this cluster', additionalProperties: false },
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
    'The clusters that the service serves, the default one first, and how each is: `ready`, `syncing` while its Deployments are read for the first time, `unreachable` while its API server cannot be reached; reads of what was known before go on then. `authorizer` is `unavailable` while its API server cannot say what clients may do, though it may be reached: the log of the service says why.',
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
    'Each cluster has either the list that its RBAC lets the caller see, or the error that the list of that cluster would end with. A cluster that does not answer within 5 s has an error too, so that none delays the others. `Age` is that of the oldest of the lists.',
  answer: {
    description: 'The names of the Deployments, cluster by cluster, the default one first',
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
    headers: [],
    optionalHeaders: ['Age', 'X-Unavailable-Namespaces'],
  },
  errors: [],
};

/** What became of the list of one cluster, and when, on the clock of performance.now(). */
type Part = { readonly cluster: string } & (
  | { readonly reading: Reading<Buffer>; readonly readAt: number }
  | { readonly error: unknown }
);

/** What one cluster may take of the list of all: its access reviews are all that can take long. */
const BUDGET_MS = 5_000;

/** `GET /clusters`: which there are and how they are; `GET /clusters/deployments`: the Deployments of all of them. */
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
      if (readings.length > 0) setFreshnessHeaders(reply, oldestOf(readings));
      return reply.header('content-type', 'application/json; charset=utf-8').send(answerOf(lists));
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

  /** One cluster's part of the answer, whatever happened to it. */
  function listOf(request: FastifyRequest, part: Part) {
    const { cluster } = part;
    const name = JSON.stringify(cluster);
    if ('reading' in part) {
      const unavailable = part.reading.unavailable.map((each) => `${cluster}/${each}`);
      // Others took longer.
      const ageMs = part.reading.ageMs + performance.now() - part.readAt;
      const reading = { ...part.reading, ageMs, unavailable };
      // The list is prebuilt, `{"deployments":[...]}`: the name goes in front of its one member.
      return { reading, opening: `{"name":${name},`, list: reading.value };
    }
    const { code, message, statusCode } = toHttpError(part.error);
    if (statusCode === 500) request.log.error({ err: part.error, cluster }, 'a list failed unexpectedly');
    return { opening: `{"name":${name},"error":${JSON.stringify({ code, message })}}`, list: NO_LIST };
  }
  done();
};

/** What the answer says of one cluster: the list follows the opening, without its own brace. */
interface ClusterPart {
  readonly opening: string;
  readonly list: Buffer;
}

const NO_LIST = Buffer.alloc(0);

/** Answers that are kept with a list that they hold, as callers may see different lists of the other clusters. */
const MAX_ANSWERS_OF_LIST = 4;

interface Joined {
  readonly parts: readonly ClusterPart[];
  readonly answer: Buffer;
}

/**
 * Makes the function that joins the parts to an answer. Answers of the same parts are one and the same buffer: clients
 * that read slowly, or many at once, would hold a copy each otherwise. They are kept as long as the longest list in them.
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

/** What holds of several lists together. Their resourceVersions are of different clusters: there is no newest. */
function oldestOf(readings: readonly Reading<Buffer>[]): Omit<Reading<unknown>, 'value'> {
  return {
    ageMs: Math.max(...readings.map(({ ageMs }) => ageMs)),
    resourceVersion: '',
    unavailable: readings.flatMap(({ unavailable }) => unavailable),
  };
}

/** @throws KubernetesTimeoutError when it takes longer than a cluster may */
function withinBudget<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new KubernetesTimeoutError()), BUDGET_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export default clustersRoutes;
