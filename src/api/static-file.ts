import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedCodings } from './accepted-codings.ts';

/** Allows a page to load and run only what this service serves. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of each page, besides its type. */
export const HTML_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
};

const compress = promisify(gzip);

/**
 * Content that does not change, compressed for clients that take gzip. All answers share one buffer of either kind.
 * Compression waits for the first client: it keeps another thread busy for some 0.1 s, and most instances never serve
 * the file.
 */
export class StaticFile {
  readonly #type: string;
  readonly #content: () => Buffer;
  #compressed: Promise<Buffer> | undefined;

  constructor(type: string, content: () => Buffer) {
    this.#type = type;
    this.#content = content;
  }

  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.type(this.#type).vary('accept-encoding');
    const [coding] = acceptedCodings(request.headers['accept-encoding'], ['gzip']);
    if (coding === 'identity') return reply.send(this.#content());
    this.#compressed ??= compress(this.#content(), { level: 9 });
    return reply.header('content-encoding', coding).send(await this.#compressed);
  }
}
