import { KubeMalformedError } from './kube-errors.ts';

/** Narrowing of parsed JSON: each function returns the value with its type or throws KubeMalformedError. */

/**
 * Nothing longer than this is an object of the API: etcd takes 1.5 MiB. A server must not be able to fill the memory with
 * an answer that does not end.
 */
export const MAX_OBJECT_BYTES = 16 * 1024 * 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubeMalformedError('not JSON');
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (!isObject(value)) throw new KubeMalformedError(`${key} is not an object`);
  return value;
}

export function stringAt(parent: JsonObject, key: string): string {
  const value = parent[key];
  if (typeof value !== 'string' || value === '') throw new KubeMalformedError(`${key} is not a string`);
  return value;
}

/** A count: an integer of at least 0, or `absent` where the key is missing. */
export function countAt(parent: JsonObject, key: string, absent: number): number {
  const value = parent[key];
  if (value === undefined) return absent;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new KubeMalformedError(`${key} is not a count`);
  }
  return value;
}
