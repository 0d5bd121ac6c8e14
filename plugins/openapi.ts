import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { IsObject, IsSchema, type TSchema, Type } from 'typebox';
import packageJson from '../package.json' with { type: 'json' };
import { components, describeOperation, optional } from '../src/api/document.ts';
import { ClusterNotFoundError } from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { ClusterParameter } from '../src/api/schemas.ts';

const clusterNotFound = new ClusterNotFoundError('staging');

/** The mount path of the routes for a cluster that is named in the path. */
const CLUSTER_MOUNT = '/:cluster/';

const info = {
  title: packageJson.name,
  version: packageJson.version,
  summary: packageJson.description,
  description: `Every request uses HTTPS with a client certificate, which identifies the caller: CN is the user, and each O is a group. The RBAC of the cluster decides what a user may do.

Bodies and parameters are not converted to other types. Fields and parameters that are unknown, repeated or empty are refused.

An operation without a cluster in its path uses the default cluster. To use another one, put \`/{cluster}\` in front of the path or at the end of the base URL.

Every error has the same body, whose schema is Error. Its description lists the codes.`,
  license: { name: 'Apache License 2.0', identifier: packageJson.license },
};

const servers = [
  {
    url: 'https://{host}:{port}{basePath}',
    description: 'The service. With a cluster as base path, all operations use that cluster',
    variables: {
      host: { default: 'localhost', description: 'Name or address of the service' },
      port: { default: '8443', description: 'Port of the service' },
      basePath: {
        default: '',
        description: 'Empty: the default cluster; `/NAME`: the cluster with that name',
      },
    },
  },
];

const tags = [
  { name: 'Replica counts', description: 'Read and set `spec.replicas` of one Deployment' },
  { name: 'Batches', description: 'Plan, set and take back the counts of many Deployments together' },
  { name: 'Deployments', description: 'List the Deployments of a cluster' },
  {
    name: 'States',
    description: 'Read how Deployments are, who else sets their counts, and who changed them last',
  },
  { name: 'Events', description: 'Follow the changes of Deployments as they happen' },
  { name: 'Clusters', description: 'List the clusters, and the Deployments of all of them' },
  { name: 'Health', description: 'Check whether the service can reach a cluster' },
];

/**
 * Builds the API document from the routes that are registered after this plugin. Paths and parameters come from their
 * schemas, the rest from the operation in their `config`. `app.swagger()` returns it once the app is ready.
 */
export default fastifyPlugin(
  async function openapiPlugin(app: FastifyInstance) {
    /** The descriptions, by operationId. */
    const described = new Map<string, ReturnType<typeof describeOperation>>();
    const operations: Operation[] = [];
    const bodies = new Set<TSchema>();

    await app.register(swagger, {
      openapi: { openapi: '3.1.1', info, servers, tags },
      // Keep the paths of the routes even if a server has a base path.
      stripBasePath: false,
      transform: ({ schema, url, route }) => {
        const operation = route.config?.operation;
        if (operation === undefined) return { schema: { hide: true }, url };
        const ofCluster = url.startsWith(CLUSTER_MOUNT);
        const operationId = ofCluster ? `${operation.operationId}OfCluster` : operation.operationId;
        const body = IsSchema(schema.body) ? schema.body : undefined;
        for (const each of [body, operation.answer.schema, ...(operation.parts ?? [])])
          if (each !== undefined) bodies.add(each);
        const errors =
          ofCluster && !operation.errors.some(({ code }) => code === clusterNotFound.code)
            ? [...operation.errors, clusterNotFound]
            : operation.errors;
        const complete = { ...operation, errors };
        operations.push(complete);
        described.set(operationId, describeOperation(complete, body));
        const { tag, summary, description, deprecated = false } = operation;
        const { querystring } = schema;
        // The cluster is only in the document: an unknown one is answered with 404 before validation.
        const params = Type.Object({
          ...(ofCluster && ClusterParameter.properties),
          ...(IsObject(schema.params) && schema.params.properties),
        });
        return {
          url,
          schema: { operationId, tags: [tag], summary, description, deprecated, querystring, params },
        };
      },
      transformObject: (document) => {
        if (!('openapiObject' in document)) return {};
        const { openapi, paths = {} } = document.openapiObject;
        for (const path of Object.values(paths)) {
          for (const operation of [path?.get, path?.post]) {
            const more = described.get(operation?.operationId ?? '');
            if (operation === undefined || more === undefined) continue;
            const own = (operation.parameters ?? []).map((parameter) =>
              'required' in parameter && !parameter.required ? optional(parameter) : parameter,
            );
            const parameters = [...own, ...more.parameters];
            Object.assign(operation, more, { parameters });
          }
        }
        const security = [{ clientCertificate: [] }];
        return Object.assign(
          { openapi, info, servers, security, tags, paths },
          { components: components(operations, bodies) },
        );
      },
    });
  },
  { name: 'openapi', fastify: '5.x' },
);
