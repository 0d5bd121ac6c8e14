import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GuardedCluster } from '../cluster/access/guarded-cluster.ts';
import type { ListReading } from '../cluster/cache/reading.ts';
import { answerRead, type ReadHeaders } from './read-answer.ts';

/** A list that a request asks for. */
export interface ListRead {
  /** Names what the list contains, over its changes and besides the namespaces that it shows. */
  readonly content: string;
  /** @returns undefined if memory does not suffice; @throws if the answer is an error */
  fromMemory(cluster: GuardedCluster): ListReading | undefined;
  /** Reads it if memory does not suffice. */
  otherwise(cluster: GuardedCluster): Promise<ListReading>;
}

/** Answers a list as `answerRead` does: compressed, and with 304 if the client has it. */
export function answerList(
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListRead,
): void | Promise<void> {
  const answerOf = (cluster: GuardedCluster, reading: ListReading, headers: ReadHeaders) => {
    const name = () => `${cluster.name} ${reading.shown} ${list.content}`;
    return request.server.listAnswer({ list: reading.value, freshness: reading, name }, headers);
  };
  return answerRead(request, reply, {
    fromMemory(cluster, headers) {
      const reading = list.fromMemory(cluster);
      return reading && answerOf(cluster, reading, headers);
    },
    otherwise: async (cluster, headers) => answerOf(cluster, await list.otherwise(cluster), headers),
  });
}
