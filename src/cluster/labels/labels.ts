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
 * @throws KubeMalformedError unless each value is a string
 */
export function reduceLabels(labels: unknown, interning: Interning = NOT_INTERNED): Labels {
  if (labels === undefined || labels === null) return NO_LABELS;
  if (!isObject(labels)) throw new KubeMalformedError('labels is not an object');
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) return NO_LABELS;
  const pairs = keys.flatMap((key) => {
    const value = labels[key];
    if (typeof value !== 'string') throw new KubeMalformedError('a label is not a string');
    return [key, interning.text(value)];
  });
  // An array that has grown has room for more items, which a copy has not.
  return interning.list(pairs.slice());
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
