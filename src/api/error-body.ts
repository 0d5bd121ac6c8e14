import { STATUS_CODES } from 'node:http';
import type { FastifyError } from '@fastify/error';
import { type Static, Type } from 'typebox';

/** The schema of the body of every error answer. */
export const ErrorSchema = Type.Object(
  {
    statusCode: Type.Integer({
      description: 'The status of the answer',
      minimum: 400,
      maximum: 599,
      format: 'int32',
      examples: [404],
    }),
    // This is not an enum, because a generated client would fail on codes that are added later.
    code: Type.String({
      description: 'Stable name of the error, for programs. New codes may be added',
      pattern: '^[A-Z_]+$',
      examples: ['DEPLOYMENT_NOT_FOUND'],
    }),
    error: Type.String({ description: 'Reason phrase of the status', examples: ['Not Found'] }),
    message: Type.String({
      description: 'What to do, for people. The text may change',
      examples: ['There is no Deployment nope in namespace default'],
    }),
  },
  { title: 'Error', additionalProperties: false },
);

/** The body of every error answer. */
export type ErrorBody = Static<typeof ErrorSchema>;

/** The body of the answer to an error of src/api/errors.ts. */
export function errorBody({ statusCode = 500, code, message }: FastifyError): ErrorBody {
  return { statusCode, code, error: STATUS_CODES[statusCode] ?? 'Error', message };
}
