import { LabelSelector } from '../cluster/labels/label-selector.ts';

/**
 * The selector in a query; undefined: the query selects all.
 * @throws SelectorError
 */
export function selectorOf(query: { readonly labelSelector?: string }): LabelSelector | undefined {
  if (query.labelSelector === undefined) return undefined;
  const selector = LabelSelector.parse(query.labelSelector);
  // The empty selector is the same list, which is shared.
  return selector.isEmpty ? undefined : selector;
}
