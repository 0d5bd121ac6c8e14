import { Type } from 'typebox';
import { LabelSelector, Namespace } from '../schemas.ts';

export const EventQuery = Type.Object(
  { namespace: Type.Optional(Namespace), labelSelector: Type.Optional(LabelSelector) },
  { additionalProperties: false },
);

export const EventStreamSchema = Type.String({
  title: 'EventStream',
  description:
    'Server-Sent Events. Each has a type, a JSON object as its data and, if everything up to a position has been sent with it, that position as its id',
});
