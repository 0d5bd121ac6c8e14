import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { IsSchema, type TSchema } from 'typebox';
import packageJson from '../package.json' with { type: 'json' };
import { components, describeOperation, optional } from '../src/api/document.ts';
import { ClusterNotFoundError } from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { ClusterParameter } from '../src/api/schemas.ts';

/** Where the routes of one cluster that is named in the path are mounted. */
const CLUSTER_MOUNT = '/:cluster/';

const info = {
  title: packageJson.name,
  version: packageJson.version,
  summary: packageJson.description,
  description: `Every request is made over HTTPS with a client certificate, which says who calls: CN is the user, each O a group. The RBAC of the cluster decides what a user may do.

Bodies and parameters are taken exactly as they are: nothing is coerced, and unknown, repeated, empty or misspelt ones are refused.

Each operation serves the default cluster; \`/{cluster}\` in front of its path, or at the end of the base URL, names another.

Every error has the same body, Error, which lists the codes.`,
  license: { name: 'Apache License 2.0', identifier: packageJson.license },
};

const servers = [
  {
    url: 'https://{host}:{port}{basePath}',
    description: 'The service; with the name of a cluster as base path, that cluster',
    variables: {
      host: { default: 'localhost', description: 'Name or address of the service' },
      port: { default: '8443', description: 'Its port' },
      basePath: { default: '', description: 'Empty: the default cluster; `/NAME`: the cluster of that name' },
    },
  },
];

const tags = [
  { name: 'Replica counts', description: 'Read and set `spec.replicas` of one Deployment' },
  { name: 'Deployments', description: 'Which Deployments there are' },
  { name: 'Clusters', description: 'Which clusters there are, and what is in all of them' },
  { name: 'Health', description: 'Whether the service reaches its cluster' },
];

/**
 * Makes the API document from the routes that are registered after it: paths and parameters from their schemas, the
 * rest from the operation that each names in its `config`. `app.swagger()` has it once the app is ready.
 */
export default fastifyPlugin(
  async function openapiPlugin(app: FastifyInstance) {
    /** By operationId in the document. */
    const described = new Map<string, ReturnType<typeof describeOperation>>();
    const operations: Operation[] = [];
    const bodies = new Set<TSchema>();

    await app.register(swagger, {
      openapi: { openapi: '3.1.1', info, servers, tags },
      // Paths are those of the routes, whatever the base path of a server.
      stripBasePath: false,
      transform: ({ schema, url, route }) => {
        const operation = route.config?.operation;
        if (operation === undefined) return { schema: { hide: true }, url };
        const ofCluster = url.startsWith(CLUSTER_MOUNT);
        const operationId = ofCluster ? `${operation.operationId}OfCluster` : operation.operationId;
        const body = IsSchema(schema.body) ? schema.body : undefined;
        for (const each of [body, operation.answer.schema]) if (each !== undefined) bodies.add(each);
        const errors = ofCluster
          ? [...operation.errors, new ClusterNotFoundError('staging')]
          : operation.errors;
        const complete = { ...operation, errors };
        operations.push(complete);
        described.set(operationId, describeOperation(complete, body));
        const { tag, summary, description, deprecated = false } = operation;
        const { querystring } = schema;
        // In the document only: an unknown cluster is answered with 404 before anything is validated.
        const params = ofCluster ? ClusterParameter : undefined;
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
