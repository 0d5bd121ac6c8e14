import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GuardedCluster } from '../cluster/access/guarded-cluster.ts';
import type { Freshness } from '../cluster/cache/freshness.ts';
import type { Reading } from '../cluster/cache/reading.ts';
import type { Deployment } from '../cluster/deployment.ts';
import { answerRead, type ReadAnswer, type ReadHeaders } from './read-answer.ts';

/** A Deployment that a request asks for. */
export interface DeploymentRead {
  readonly namespace: string;
  readonly deployment: string;
  /** undefined: as fresh as it is in memory. */
  readonly freshness: Freshness | undefined;
  /** Makes the answer once it has been read. */
  answerOf(cluster: GuardedCluster, reading: Reading<Deployment>, headers: ReadHeaders): ReadAnswer;
}

/** Answers a read of one Deployment as `answerRead` does: from memory unless it has to be fresher. */
export function answerDeployment(
  request: FastifyRequest,
  reply: FastifyReply,
  { namespace, deployment, freshness, answerOf }: DeploymentRead,
): void | Promise<void> {
  return answerRead(request, reply, {
    fromMemory(cluster, headers) {
      const reading = freshness === undefined ? cluster.knownDeployment(namespace, deployment) : undefined;
      return reading && answerOf(cluster, reading, headers);
    },
    otherwise: async (cluster, headers) =>
      answerOf(cluster, await cluster.deployment(namespace, deployment, freshness), headers),
  });
}
