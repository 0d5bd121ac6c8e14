import type { FastifyError } from '@fastify/error';
import type { TSchema } from 'typebox';
import type { AnswerHeader, RequestHeader } from './headers.ts';

/**
 * What the API document says of an operation beyond the schemas of its route. The route names it in its `config`, so
 * nothing of this is looked at while requests are served.
 */
export interface Operation {
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecated?: boolean;
  /** The headers that this operation reads and others ignore. */
  readonly requestHeaders?: readonly RequestHeader[];
  /** The answer with status 200. */
  readonly answer: {
    readonly description: string;
    /** Its title is the name of the component. */
    readonly schema: TSchema;
    readonly example: unknown;
    /** Those that it always has. */
    readonly headers: readonly AnswerHeader[];
    readonly optionalHeaders?: readonly AnswerHeader[];
  };
  /**
   * The errors that it can end with, besides those of every request. The document has one example per code: that of the
   * first operation which names it.
   */
  readonly errors: readonly FastifyError[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is in the API document; a route without is not in there. */
    operation?: Operation;
  }
}
