import { isObject } from '../../kube/json.ts';
import { KubeMalformedError } from '../../kube/kube-errors.ts';
import { type Interning, NOT_INTERNED } from '../../lib/interner.ts';

/** Labels as keys and values in turn, sorted by key: a third of the memory of an object. */
export type Labels = readonly string[];

/** The labels of an object that has none. */
export const NO_LABELS: Labels = [];

/**
 * Reduces `metadata.labels`; absent: no labels.
 * @param interning makes equal values and equal labels one. Keys are one already: JSON.parse makes them so
 * @param name of the object: a value is often the same, and then no other object has it
 * @throws KubeMalformedError unless each value is a string
 */
export function reduceLabels(
  labels: unknown,
  interning: Interning = NOT_INTERNED,
  name: string | undefined = undefined,
): Labels {
  if (labels === undefined || labels === null) return NO_LABELS;
  if (!isObject(labels)) throw new KubeMalformedError('labels is not an object');
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) return NO_LABELS;
  let isOwn = false;
  const pairs = keys.flatMap((key) => {
    const value = labels[key];
    if (typeof value !== 'string') throw new KubeMalformedError('a label is not a string');
    if (value === name) isOwn = true;
    return [key, value === name ? name : interning.text(value)];
  });
  // An array that has grown has room for more items, which a copy has not.
  return isOwn ? pairs.slice() : interning.list(pairs.slice());
}

/** The value of a label; undefined: there is no such label. A value may be empty. */
export function labelOf(labels: Labels, key: string): string | undefined {
  for (let at = 0; at < labels.length; at += 2) if (labels[at] === key) return labels[at + 1];
  return undefined;
}

/** Whether both are the same keys with the same values. */
export function sameLabels(a: Labels, b: Labels): boolean {
  return a === b || (a.length === b.length && a.every((text, at) => text === b[at]));
}
