import { randomUUID } from 'node:crypto';
import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { Type } from 'typebox';
import { INTERRUPTIONS, WaitSeconds } from '../src/api/await-rollout.ts';
import { countsOf, planAnswer, refusalOf, resultAnswer } from '../src/api/batch-answer.ts';
import { type BatchAudit, itemAudit, untriedAudits } from '../src/api/batch-audit.ts';
import { askedIn } from '../src/api/batch-order.ts';
import { Batch, BatchAnswer, batchParts, exampleAnswer } from '../src/api/batch-schema.ts';
import { clusterIn } from '../src/api/cluster-in.ts';
import { errorsOfNamespaces } from '../src/api/common-errors.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { Flag } from '../src/api/schemas.ts';
import { describeValidation } from '../src/api/validation-message.ts';
import type { BatchOrder, ItemResult, PlannedItem } from '../src/batch/batch.ts';
import { type Clusters, plan } from '../src/batch/plan.ts';
import { run } from '../src/batch/run.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';

const Query = Type.Object(
  {
    dryRun: Flag('Answers with a plan and changes nothing'),
    force: Flag('Sets counts even if somebody else will undo them'),
    wait: WaitSeconds(
      'Seconds to wait for the pods of each item, from its write on; `rollout` says what became of them. Not with dryRun=true',
    ),
  },
  { additionalProperties: false },
);

const scaleBatch: Operation = {
  operationId: 'scaleBatch',
  tag: 'Batches',
  summary: 'Plan, set or take back the counts of many Deployments',
  description:
    'With dryRun=true, the answer is a plan: what would become of each item, from memory. The plan of `items` or `select` has a receipt. Keep it, then send it as `receipt` to set the counts, and as `restore` to take them back, also after a batch that was cut off: of a receipt, a count is only set while the Deployment and its count are as the receipt says, which the API server itself checks. Everything else is left alone. Before the first write of `items` or `receipt`, an item that may not be set refuses the whole batch; of `restore` it is left out alone. After the first write, the answer is 200 with an outcome of each item. A batch ends early if its client disconnects, and after 5 minutes. docs/how-to/park-and-restore.md shows it.',
  answer: {
    description: 'What became of each item, or would',
    schema: BatchAnswer,
    example: exampleAnswer,
    headers: [],
  },
  parts: batchParts,
  errors: [
    ...errorsOfNamespaces,
    new errors.InvalidBodyError('send exactly one of items, select, receipt and restore'),
    new errors.ReceiptInvalidError('its checksum does not fit, so it is damaged'),
    new errors.SelectTooWideError(),
    new errors.FreshnessNotSupportedError(),
    new errors.ForbiddenError('client', 'patch deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
    new errors.ClusterNotFoundError('staging'),
    new errors.ReplicasManagedError(
      `HorizontalPodAutoscaler shop/cart keeps 2 to 4 and undoes 8 within seconds. To keep it: kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"maxReplicas":8}}'`,
    ),
    new errors.ReceiptForeignError(),
    new errors.BodyTooLargeError(),
    new errors.UnsupportedMediaTypeError(),
    new errors.RailError('rule production: at most 10 (20 asked); allowed are 2 to 10'),
    new errors.TooManyItemsError(1_200),
    new errors.BatchBusyError(),
    new errors.AccessUndecidedError(61),
    new errors.ClusterBusyError(),
    new errors.LogBlockedError(),
    new errors.CacheNotSyncedError(),
  ],
};

export interface BatchOptions {
  /** The size of the body of a batch. */
  readonly maxBatchBodyBytes: number;
}

/** `POST /scale`: plans, sets and takes back many counts together. */
const batchRoutes: FastifyPluginCallbackTypebox<BatchOptions> = (app, { maxBatchBodyBytes }, done) => {
  app.post(
    '/scale',
    {
      bodyLimit: maxBatchBodyBytes,
      schema: { querystring: Query, body: Batch },
      schemaErrorFormatter: describeFault,
      // Before the body is read: only the few batches that have a place may keep one in memory.
      onRequest: async (request) => request.takeLongLivedPlace('batch'),
      // The answer is ready. From now on it is bounded like any other one.
      onSend: async (request) => request.giveBackLongLivedPlace(),
      config: { operation: scaleBatch, rights: 'patch deployments/scale' },
    },
    async (request, reply) => {
      const [dryRun, force] = [request.query.dryRun === 'true', request.query.force === 'true'];
      const wait = request.query.wait === undefined ? undefined : Number(request.query.wait);
      if (wait !== undefined && dryRun)
        throw new errors.InvalidQueryError('query parameter wait makes no sense with dryRun=true');
      const clusters = clustersOf(request);
      const places = { inPath: clusterIn(request.params), own: request.cluster, get: clusters };
      const { mode, items, receipt } = await askedIn(request.body, dryRun, places);
      const order: BatchOrder = { id: randomUUID(), mode, items, force };
      const audit: BatchAudit = {
        batch: order.id,
        ...(receipt !== undefined && { receipt: receipt.id }),
        mode,
        items: items.length,
        counts: undefined,
        ...(force && { force }),
        ...(dryRun && { dryRun }),
        ...(wait !== undefined && { wait }),
      };
      request.audit = audit;
      const planned = await plan(order, clusters);
      audit.counts = countsOf(planned);
      reply.type('application/json; charset=utf-8');
      if (dryRun) return bytesOf(planAnswer(order, planned));
      const refusal = refusalOf(planned);
      if (refusal !== undefined) throw refusal;
      // In a restore each item says for itself why its rollout cannot be followed.
      if (wait !== undefined && mode !== 'restore') await requireWaits(planned, clusters);
      request.reserveAuditLine();
      const results = await carryOut(request, { order, planned, clusters, waitSeconds: wait }, receipt?.id);
      audit.counts = countsOf(results);
      return bytesOf(resultAnswer(order, results));
    },
  );

  /** Each cluster with the rights of the caller, the same one until the request ends. */
  function clustersOf({ identity, cluster }: FastifyRequest): Clusters {
    const known = new Map<string, GuardedCluster | undefined>([[cluster.name, cluster]]);
    return (name) => {
      if (!known.has(name)) known.set(name, app.clusterFor(identity, name));
      return known.get(name);
    };
  }
  done();
};

/** Writes the items, and their audit lines. Once the client has gone or the service stops, it starts no further ones. */
async function carryOut(
  request: FastifyRequest,
  batch: Pick<Parameters<typeof run>[0], 'order' | 'planned' | 'clusters' | 'waitSeconds'>,
  receipt: string | undefined,
): Promise<readonly ItemResult[]> {
  const { id, force } = batch.order;
  const audited = { batch: id, ...(receipt !== undefined && { receipt }), ...(force && { force }) };
  const interruption = new AbortController();
  request.beginLongLived((why) => interruption.abort(INTERRUPTIONS[why]));
  return run({
    ...batch,
    signal: interruption.signal,
    audit: {
      reserve() {
        const write = request.reserveItemLine();
        return write && ((result) => write(itemAudit(audited, result)));
      },
      untried: (results) => request.logUntried(untriedAudits(audited, results)),
    },
  });
}

/** Checks, before the first write, that the rollouts can be followed. @throws as ScaleTarget.requireWaits */
async function requireWaits(planned: readonly PlannedItem[], clusters: Clusters): Promise<void> {
  const checked = new Set<string>();
  for (const { item, outcome } of planned) {
    const { cluster, namespace, deployment } = item;
    const key = `${cluster}/${namespace}`;
    if ((outcome !== 'set' && outcome !== 'unchanged') || checked.has(key)) continue;
    checked.add(key);
    const target = await clusters(cluster)?.toScale(namespace, deployment);
    target?.requireWaits();
  }
}

/** A receipt that does not pass the schema is damaged, or of another version. */
function describeFault(findings: FastifySchemaValidationError[], part: string): Error {
  if (part !== 'body') return new errors.InvalidQueryError(describeValidation(findings, 'query parameter'));
  const shape = 'send a JSON object with one of items, select, receipt and restore';
  const fault = describeValidation(findings, 'field', shape);
  const isOfReceipt = findings.every(({ instancePath }) => /^\/(receipt|restore)(\/|$)/.test(instancePath));
  return isOfReceipt ? new errors.ReceiptInvalidError(fault) : new errors.InvalidBodyError(fault);
}

/** A long answer is sent piece by piece, which a text is not. */
function bytesOf(answer: object): Buffer {
  return Buffer.from(JSON.stringify(answer));
}

export default batchRoutes;
