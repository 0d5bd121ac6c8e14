import { STATUS_CODES } from 'node:http';
import type { FastifyError } from '@fastify/error';
import { type Static, Type } from 'typebox';

const RefusedItem = Type.Object(
  {
    cluster: Type.String({ examples: ['production'] }),
    namespace: Type.String({ examples: ['shop'] }),
    deployment: Type.String({ examples: ['cart'] }),
    code: Type.String({
      description: 'Stable name of the error of this item',
      pattern: '^[A-Z_]+$',
      examples: ['RAIL'],
    }),
    message: Type.String({ description: 'What to do about it, for people' }),
  },
  { title: 'RefusedItem', additionalProperties: false },
);

export type RefusedItem = Static<typeof RefusedItem>;

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
    items: Type.Optional(
      Type.Array(RefusedItem, {
        description: 'Only of `POST /scale`: the items because of which it changed nothing',
      }),
    ),
  },
  { title: 'Error', additionalProperties: false },
);

/** The body of every error answer. */
export type ErrorBody = Static<typeof ErrorSchema>;

/** The body of the answer to an error of src/api/errors.ts. @param items of a batch: those that were refused */
export function errorBody(
  { statusCode = 500, code, message }: FastifyError,
  items?: readonly RefusedItem[],
): ErrorBody {
  const body = { statusCode, code, error: STATUS_CODES[statusCode] ?? 'Error', message };
  return items === undefined ? body : { ...body, items: [...items] };
}
