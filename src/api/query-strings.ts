import { parse } from 'node:querystring';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { TSchema } from 'typebox';

/** Query strings that are remembered; the least recently used is forgotten first. */
const MAX_REMEMBERED = 1_000;
/** Longer ones are not: no request of a usual client has one. */
const MAX_CHARACTERS = 400;

/**
 * Makes a parser of query strings that gives the same object for the same text, so that a validator may know it: clients
 * ask for the same Deployments again and again, and parsing and checking cost a quarter of a count.
 */
export function rememberingParser(): (text: string) => Record<string, unknown> {
  const known = new LRUCache<string, Record<string, unknown>>({ max: MAX_REMEMBERED });
  return (text) => {
    let query = known.get(text);
    if (query === undefined) {
      query = parse(text);
      if (text.length <= MAX_CHARACTERS) known.set(text, query);
    }
    return query;
  };
}

/** TypeBox's compiler, whose validators of query strings know what has passed before; they freeze it. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const validate = TypeBoxValidatorCompiler(route);
  if (route.httpPart !== 'querystring') return validate;
  const passed = new WeakMap<object, { readonly value: unknown }>();
  return (query: object) => {
    const known = passed.get(query);
    if (known !== undefined) return known;
    // A copy, as another route may have frozen it and conversion writes to it.
    const result = validate({ ...query });
    if (typeof result === 'object' && 'value' in result)
      passed.set(query, { value: Object.freeze(result.value) });
    return result;
  };
};
