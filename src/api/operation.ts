import type { FastifyError } from '@fastify/error';
import type { TSchema } from 'typebox';
import type { AnswerHeader, RequestHeader } from './headers.ts';

/**
 * The part of an operation in the API document that the schemas of its route do not contain. The route refers to it in
 * its `config`. It is not used while requests are served.
 */
export interface Operation {
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecated?: boolean;
  /** The headers that this operation reads and other operations ignore. */
  readonly requestHeaders?: readonly RequestHeader[];
  /** The answer with status 200. */
  readonly answer: {
    readonly description: string;
    /** Its title is its name among the components of the document. */
    readonly schema: TSchema;
    readonly example: unknown;
    /** Default: JSON. */
    readonly mediaType?: 'text/event-stream';
    /** The headers that the answer always has. */
    readonly headers: readonly AnswerHeader[];
    readonly optionalHeaders?: readonly AnswerHeader[];
  };
  /** Parts of its bodies that are components of the document too, because several bodies have them. */
  readonly parts?: readonly TSchema[];
  /**
   * The errors that it can end with, besides those of every request. The document has one example per code, from the
   * first operation with that code.
   */
  readonly errors: readonly FastifyError[];
  /** The headers that errors with these codes may have, besides those of all errors. */
  readonly errorHeaders?: Readonly<Record<string, readonly AnswerHeader[]>>;
  /** The codes of errors that may follow a write. They have no `Retry-After`: their client would write again. */
  readonly errorsAfterWrite?: readonly string[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of the route in the API document. A route without one is not in the document. */
    operation?: Operation;
  }
}
