import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { awaitRollout, errorsOfWaits, headersOfWaitErrors, WaitSeconds } from '../src/api/await-rollout.ts';
import { errorsOfNamespaces, errorsOfReads, malformedIfNoneMatch } from '../src/api/common-errors.ts';
import * as errors from '../src/api/errors.ts';
import { forecastHeader, warningHeaders } from '../src/api/forecast-headers.ts';
import type { Operation } from '../src/api/operation.ts';
import { bothOf, namedIn, preconditionOf } from '../src/api/preconditions.ts';
import type { ReadAnswer, ReadHeaders } from '../src/api/read-answer.ts';
import { answerDeployment } from '../src/api/read-deployment.ts';
import { freshnessHeaders, freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { DeploymentName, Flag, Namespace, NoBody } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import { type Deployment, entityTag } from '../src/cluster/deployment.ts';
import { MAX_COUNT } from '../src/lib/max-count.ts';

const target = { namespace: Namespace, deployment: DeploymentName };
const ReadQuery = Type.Object({ ...target, ...freshnessParameters }, { additionalProperties: false });

const WriteQuery = Type.Object(
  {
    ...target,
    currentReplicas: Type.Optional(
      Type.String({
        description:
          'Sets the count only if this is the present one; otherwise the answer is 412. The API server holds it, so of several writers with the same value one succeeds',
        pattern: '^(0|[1-9][0-9]{0,9})$',
        examples: ['3'],
      }),
    ),
    force: Flag('Sets the count even if somebody else will undo it'),
    wait: WaitSeconds(
      'Seconds to wait after the write until the replicas are available, and those that are too many have ended. The answer is then as without it; otherwise it is an error that says what happened, and `Location` says where to wait on. Not with dryRun=true',
    ),
    dryRun: Flag('Answers as the write would, by the dry run of the API server, and changes nothing'),
  },
  { additionalProperties: false },
);

const Scale = Type.Object(
  {
    replicas: Type.Integer({
      description: 'The count to set, written in digits only: `3`, not `3.0` or `3e0`',
      minimum: 0,
      maximum: MAX_COUNT,
      format: 'int32',
      examples: [3],
    }),
  },
  {
    title: 'Scale',
    description: 'What to set. No value is converted to another type',
    additionalProperties: false,
  },
);

const ReplicaCount = Type.Object(
  {
    replicaCount: Type.Integer({
      description: 'spec.replicas of the Deployment: the desired count, not the number of running pods',
      minimum: 0,
      maximum: MAX_COUNT,
      format: 'int32',
      examples: [3],
    }),
  },
  { title: 'ReplicaCount', additionalProperties: false },
);

const getReplicaCount: Operation = {
  operationId: 'getReplicaCount',
  tag: 'Replica counts',
  summary: 'Read the replica count of a Deployment',
  description:
    'Answers `spec.replicas` from memory, which a watch keeps current. `Age` says how old the answer may be. Set `maxAge` or `minResourceVersion` to require a fresher one.',
  requestHeaders: ['If-None-Match'],
  answer: {
    description: 'The replica count',
    schema: ReplicaCount,
    example: { replicaCount: 3 },
    headers: ['Age', 'ETag'],
    optionalHeaders: ['X-Resource-Version'],
  },
  errors: [
    ...errorsOfReads,
    malformedIfNoneMatch,
    new errors.ForbiddenError('client', 'get deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
  ],
};

const setReplicaCount: Operation = {
  operationId: 'setReplicaCount',
  tag: 'Replica counts',
  summary: 'Set the replica count of a Deployment',
  description:
    'Sets `spec.replicas` through the `scale` subresource, and answers once reads show the new count. Setting the current count changes nothing and succeeds. `X-Replicas-Forecast` says whether the count will stay, and `Warning` what to change so that it does. A count that an autoscaler would certainly undo is refused with 409 `REPLICAS_MANAGED`, unless `force=true`. A count that a rail forbids is refused with 422 `RAIL`, also with `force=true`; `GET /limits` shows the rails. After 504 `OUTCOME_UNKNOWN`, read the count before you try again. With `wait`, the answer comes once the replicas are available. The count is set in all errors that have `Location`: do not send the write again, but `GET` that.',
  requestHeaders: ['If-Match'],
  answer: {
    description: 'The replica count that is now set',
    schema: ReplicaCount,
    example: { replicaCount: 3 },
    headers: ['X-Resource-Version', 'X-Replicas-Forecast'],
    optionalHeaders: ['ETag', 'X-Previous-Replicas', 'Warning'],
  },
  errors: [
    ...errorsOfNamespaces,
    new errors.InvalidBodyError('field replicas must be integer'),
    new errors.InvalidHeaderError('If-Match is not a list of entity tags: send the ETag of an answer'),
    new errors.ForbiddenError('client', 'patch deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('scale Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
    new errors.ConflictError('my-deployment', 'default'),
    new errors.ReplicasManagedError(
      `HorizontalPodAutoscaler shop/cart keeps 2 to 4 and undoes 8 within seconds. To keep it: kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"maxReplicas":8}}'`,
    ),
    new errors.PreconditionFailedError('my-deployment', 'default'),
    new errors.BodyTooLargeError(),
    new errors.UnsupportedMediaTypeError(),
    new errors.AdmissionRefusedError('at most 10 replicas'),
    new errors.RailError('rule production: at most 10 (20 asked); allowed are 2 to 10'),
    new errors.KubernetesRateLimitedError(),
    new errors.ClusterBusyError(),
    new errors.LogBlockedError(),
    new errors.KubernetesUnreachableError(),
    new errors.KubernetesUnavailableError(),
    new errors.KubernetesTimeoutError(),
    new errors.OutcomeUnknownError(),
    new errors.FreshnessNotSupportedError(),
    new errors.TooManyWaitersError(),
    new errors.CacheNotSyncedError(),
    ...errorsOfWaits,
  ],
  errorHeaders: {
    ...headersOfWaitErrors(['X-Previous-Replicas', 'X-Replicas-Forecast', 'Warning']),
    REPLICAS_MANAGED: ['X-Replicas-Forecast'],
    RAIL: ['X-Replicas-Forecast'],
  },
  errorsAfterWrite: errorsOfWaits.map(({ code }) => code),
};

const setReplicaCountByOldName: Operation = {
  ...setReplicaCount,
  operationId: 'setReplicaCountByOldName',
  summary: 'Set the replica count of a Deployment, by the old name of this operation',
  description: 'The same as `POST /{cluster}/replica-count`. Use that instead.',
  deprecated: true,
};

export interface ReplicaCountOptions {
  /** Whether the write is also served by its old name, `/set-replica-count`. */
  readonly oldName?: boolean;
}

/** `GET` and `POST /replica-count`: reads and sets spec.replicas of one Deployment. */
const replicaCountRoutes: FastifyPluginCallbackTypebox<ReplicaCountOptions> = (app, { oldName }, done) => {
  app.get(
    '/replica-count',
    {
      schema: { querystring: ReadQuery, response: { 200: ReplicaCount, 304: NoBody } },
      config: { operation: getReplicaCount, rights: 'get deployments/scale' },
    },
    (request, reply) => {
      const { namespace, deployment } = request.query;
      const freshness = freshnessOf(request.query);
      return answerDeployment(request, reply, { namespace, deployment, freshness, answerOf });
    },
  );

  const names = [{ url: '/replica-count', operation: setReplicaCount }];
  if (oldName) names.push({ url: '/set-replica-count', operation: setReplicaCountByOldName });
  for (const { url, operation } of names) {
    app.post(
      url,
      {
        schema: { querystring: WriteQuery, body: Scale, response: { 200: ReplicaCount } },
        config: { operation, rights: 'patch deployments/scale' },
      },
      async (request, reply) => {
        const { cluster } = request;
        const { namespace, deployment, currentReplicas } = request.query;
        const { replicas } = request.body;
        const wait = request.query.wait === undefined ? undefined : Number(request.query.wait);
        const [force, dryRun] = [request.query.force === 'true', request.query.dryRun === 'true'];
        if (wait !== undefined && dryRun)
          throw new errors.InvalidQueryError('query parameter wait makes no sense with dryRun=true');
        request.audit = {
          cluster: cluster.name,
          namespace,
          deployment,
          from: undefined,
          to: replicas,
          ...(force && { force }),
          ...(dryRun && { dryRun }),
          ...(wait !== undefined && { wait }),
        };
        const target = await cluster.toScale(namespace, deployment, !dryRun);
        request.audit.from = target.replicas;
        const precondition = bothOf(
          preconditionOf(request.headers['if-match']),
          currentReplicas === undefined
            ? undefined
            : (current) => current.replicas === Number(currentReplicas),
        );
        if (wait !== undefined) {
          target.requireWaits();
          request.takeLongLivedPlace('waiter');
        }
        request.reserveAuditLine();
        const written = await target.scale({ replicas, precondition, force, dryRun });
        const { resourceVersion, entityTag: tag, previous, forecasts, warnings } = written;
        reply.header('x-resource-version', resourceVersion);
        reply.header('x-replicas-forecast', forecastHeader(forecasts));
        if (tag !== undefined) reply.header('etag', `"${tag}"`);
        if (previous !== undefined) reply.header('x-previous-replicas', previous);
        const texts = warningHeaders(forecasts, warnings);
        if (texts.length > 0) reply.header('warning', texts);
        if (wait !== undefined) {
          await request.logWrite(reply);
          const { uid } = written;
          const wanted = { namespace, deployment, replicas, seconds: wait, uid, resourceVersion };
          const { value: ready } = await awaitRollout(request, reply, wanted, (limits) =>
            target.rollout(written, limits),
          );
          reply.header('x-resource-version', ready.resourceVersion);
          reply.header('etag', `"${entityTag(ready)}"`);
        }
        return { replicaCount: written.replicas };
      },
    );
  }
  done();
};

function answerOf(
  _cluster: GuardedCluster,
  reading: Reading<Deployment>,
  { 'if-none-match': ifNoneMatch }: ReadHeaders,
): ReadAnswer {
  const { value } = reading;
  const tag = entityTag(value);
  const isKnown = namedIn(ifNoneMatch)(tag);
  const headers = freshnessHeaders(reading);
  headers.push('etag', `"${tag}"`);
  return { headers, body: isKnown ? undefined : JSON.stringify({ replicaCount: value.replicas }) };
}

export default replicaCountRoutes;
