import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GuardedCluster } from '../cluster/access/guarded-cluster.ts';
import { type HeaderPairs, setHeaders } from './header-pairs.ts';

/** The headers of a request that an answer to a read depends on. */
export interface ReadHeaders {
  readonly 'accept-encoding'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}

/** The answer to a read: with status 200 or, without a body, 304. */
export interface ReadAnswer {
  readonly headers: HeaderPairs;
  /** JSON, perhaps compressed. A string has ASCII characters only, so that its length is its size. */
  readonly body: string | Buffer | undefined;
}

/**
 * Makes the answer to a read from memory, with the rights of the caller that the cluster is guarded for. It makes no
 * call and changes nothing.
 * @returns undefined if memory does not suffice
 * @throws if the answer is an error
 */
export type ReadFromMemory = (cluster: GuardedCluster, headers: ReadHeaders) => ReadAnswer | undefined;

/** The two ways to make the answer to a read. */
export interface Read {
  readonly fromMemory: ReadFromMemory;
  /** Makes it if memory does not suffice. */
  otherwise(cluster: GuardedCluster, headers: ReadHeaders): Promise<ReadAnswer>;
}

export const JSON_TYPE: HeaderPairs = ['content-type', 'application/json; charset=utf-8'];

/** Answers a read: in the same turn if memory suffices. A read that was answered like this is remembered. */
export function answerRead(request: FastifyRequest, reply: FastifyReply, read: Read): void | Promise<void> {
  const { cluster, headers } = request;
  const answer = read.fromMemory(cluster, headers);
  if (answer === undefined) return answerLater(reply, read.otherwise(cluster, headers));
  request.server.rememberRead(request, read.fromMemory);
  sendAnswer(reply, answer);
}

/** Answers a read that memory does not suffice for. */
export async function answerLater(reply: FastifyReply, answer: Promise<ReadAnswer>): Promise<void> {
  // Wait until it is sent: Fastify would otherwise regard a body that is sent in pieces as missing.
  await sendAnswer(reply, await answer);
}

export function sendAnswer(reply: FastifyReply, { headers, body }: ReadAnswer): FastifyReply {
  setHeaders(reply, headers);
  if (body === undefined) return reply.code(304).send();
  setHeaders(reply, JSON_TYPE);
  return reply.send(body);
}
