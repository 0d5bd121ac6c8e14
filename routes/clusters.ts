import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ClusterService } from '../plugins/fleet.ts';
import type { Reading } from '../src/cluster/reading.ts';
import { KubernetesTimeoutError } from '../src/errors.ts';
import { toHttpError } from '../src/http-error.ts';
import { setFreshnessHeaders } from './freshness.ts';
import { listClusters, listFleetDeployments } from './operations.ts';
import { Clusters, Namespace, NoQuery } from './schemas.ts';

const FleetQuery = Type.Object({ namespace: Type.Optional(Namespace) }, { additionalProperties: false });

/** What one cluster may take of the list of all: its access reviews are all that can take long. */
const BUDGET_MS = 5_000;

/** `GET /clusters`: which there are and how they are; `GET /clusters/deployments`: the Deployments of all of them. */
const clustersRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/clusters',
    { schema: { querystring: NoQuery, response: { 200: Clusters } }, config: { operation: listClusters } },
    async () => ({
      clusters: app.fleet.clusters.map(([name, cluster]) => ({
        name,
        default: cluster === app.fleet.default,
        state: cluster.state,
      })),
    }),
  );

  app.get(
    '/clusters/deployments',
    { schema: { querystring: FleetQuery }, config: { operation: listFleetDeployments } },
    async (request, reply) => {
      const { namespace } = request.query;
      const lists = await Promise.all(
        app.fleet.clusters.map(([, cluster]) => listOf(request, cluster, namespace)),
      );
      const readings = lists.flatMap(({ reading }) => reading ?? []);
      if (readings.length > 0) setFreshnessHeaders(reply, oldestOf(readings));
      const body = [OPENING, ...separated(lists.map(({ json }) => json)), CLOSING];
      return reply.header('content-type', 'application/json; charset=utf-8').send(Buffer.concat(body));
    },
  );

  /** One cluster's part of the answer, whatever happens to it. */
  async function listOf(request: FastifyRequest, cluster: ClusterService, namespace: string | undefined) {
    const name = JSON.stringify(cluster.name);
    try {
      const reading = await withinBudget(authorizedList(request, cluster, namespace));
      // The list is prebuilt, `{"deployments":[...]}`: the name goes in front of its one member.
      return { reading, json: Buffer.concat([Buffer.from(`{"name":${name},`), reading.value.subarray(1)]) };
    } catch (error) {
      const { code, message, statusCode } = toHttpError(error);
      if (statusCode === 500)
        request.log.error({ err: error, cluster: cluster.name }, 'a list failed unexpectedly');
      return { json: Buffer.from(`{"name":${name},"error":${JSON.stringify({ code, message })}}`) };
    }
  }

  async function authorizedList(
    { identity }: FastifyRequest,
    cluster: ClusterService,
    namespace: string | undefined,
  ): Promise<Reading<Buffer>> {
    const only = await app.authorizeList({ identity, cluster }, namespace);
    const reading = cluster.list(namespace, only);
    return { ...reading, unavailable: reading.unavailable.map((each) => `${cluster.name}/${each}`) };
  }
  done();
};

const OPENING = Buffer.from('{"clusters":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');

function separated(parts: readonly Buffer[]): Buffer[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [COMMA, part]));
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
