import { parse } from 'node:querystring';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { TSchema } from 'typebox';

/** How many query strings are remembered. The least recently used is forgotten first. */
const MAX_REMEMBERED = 1_000;
/** Longer query strings are not remembered, because ordinary clients do not send them. */
const MAX_CHARACTERS = 400;

/**
 * Creates a parser that returns the same object for the same query string, so that a validator can recognize it.
 * Clients ask for the same Deployments again and again, and parsing and validation are a quarter of the cost of such a
 * read.
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

/**
 * The validator compiler of TypeBox. Its validators of query strings remember the results for objects that they have
 * validated before, and freeze these results.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const validate = TypeBoxValidatorCompiler(route);
  if (route.httpPart !== 'querystring') return validate;
  const passed = new WeakMap<object, { readonly value: unknown }>();
  return (query: object) => {
    const known = passed.get(query);
    if (known !== undefined) return known;
    // Validate a copy: the validator may modify it, and other routes get the same object.
    const result = validate({ ...query });
    if (typeof result === 'object' && 'value' in result)
      passed.set(query, { value: Object.freeze(result.value) });
    return result;
  };
};
