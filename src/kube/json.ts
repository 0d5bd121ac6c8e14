import { KubeMalformedError } from './kube-errors.ts';

/** Narrows the types of parsed JSON: each function returns the value with its type, or throws KubeMalformedError. */

/**
 * The greatest size of an answer. Objects of the API are smaller, because etcd accepts at most 1.5 MiB. Without a limit
 * a server could fill the memory with an endless answer.
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

/** A count: an integer of at least 0, or `absent` if the key is missing. */
export function countAt(parent: JsonObject, key: string, absent: number): number {
  const value = parent[key];
  if (value === undefined) return absent;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new KubeMalformedError(`${key} is not a count`);
  }
  return value;
}
