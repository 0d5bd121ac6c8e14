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

/** What authorizeList came to. */
type Right = { readonly only: readonly string[] | undefined } | { readonly error: unknown };

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
      const parts = await Promise.all(
        app.fleet.clusters.map(async ([, cluster]) => ({
          cluster,
          ...(await rightOf(request, cluster, namespace)),
        })),
      );
      // Only now, and all at once: what was read while others were still asked would be older than it says.
      const lists = parts.map((part) => listOf(request, part, namespace));
      const readings = lists.flatMap(({ reading }) => reading ?? []);
      if (readings.length > 0) setFreshnessHeaders(reply, oldestOf(readings));
      const body = [OPENING, ...separated(lists.map(({ json }) => json)), CLOSING];
      return reply.header('content-type', 'application/json; charset=utf-8').send(Buffer.concat(body));
    },
  );

  /** What the caller may list of a cluster, or why that is not known. */
  async function rightOf(
    { identity }: FastifyRequest,
    cluster: ClusterService,
    namespace: string | undefined,
  ): Promise<Right> {
    try {
      return { only: await withinBudget(app.authorizeList({ identity, cluster }, namespace)) };
    } catch (error) {
      return { error };
    }
  }

  /** One cluster's part of the answer, whatever happens to it. */
  function listOf(
    request: FastifyRequest,
    part: Right & { cluster: ClusterService },
    namespace: string | undefined,
  ) {
    const { cluster } = part;
    const name = JSON.stringify(cluster.name);
    try {
      if ('error' in part) throw part.error;
      const reading = cluster.list(namespace, part.only);
      const unavailable = reading.unavailable.map((each) => `${cluster.name}/${each}`);
      // The list is prebuilt, `{"deployments":[...]}`: the name goes in front of its one member.
      const json = Buffer.concat([Buffer.from(`{"name":${name},`), reading.value.subarray(1)]);
      return { reading: { ...reading, unavailable }, json };
    } catch (error) {
      const { code, message, statusCode } = toHttpError(error);
      if (statusCode === 500)
        request.log.error({ err: error, cluster: cluster.name }, 'a list failed unexpectedly');
      return { json: Buffer.from(`{"name":${name},"error":${JSON.stringify({ code, message })}}`) };
    }
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
