import type { FastifyReply } from 'fastify';

/** Headers of an answer: names and values in turn. This is the cheapest form to make and to read. */
export type HeaderPairs = readonly string[];

export function setHeaders(reply: FastifyReply, pairs: HeaderPairs): void {
  for (let at = 1; at < pairs.length; at += 2) reply.header(pairs[at - 1] ?? '', pairs[at]);
}

/** As lines of an HTTP message. */
export function headerLines(pairs: HeaderPairs): string {
  let lines = '';
  for (let at = 1; at < pairs.length; at += 2) lines += `${pairs[at - 1]}: ${pairs[at]}\r\n`;
  return lines;
}
