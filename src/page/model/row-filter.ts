import { ownerName } from './owner-names.ts';
import type { Row } from './table-row.ts';

/** What the filter box asks for. */
export type Filter =
  /** Each word occurs in cluster, namespace, name, owner or phase. None: all rows. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A label selector, which the service evaluates: rows do not have their labels. */
  | { readonly kind: 'selector'; readonly selector: string };

/** Characters of the grammar of label selectors that no name has. */
const OPERATORS = /[=!,()<>]/;
/** What kubectl calls the option. It makes a selector of a text without operators, such as the key of a label. */
const OPTION = /^-l\s+/;

export function parseFilter(text: string): Filter {
  const trimmed = text.trim();
  if (OPTION.test(trimmed)) return { kind: 'selector', selector: trimmed.replace(OPTION, '') };
  if (OPERATORS.test(trimmed)) return { kind: 'selector', selector: trimmed };
  return { kind: 'words', words: trimmed.toLowerCase().split(/\s+/).filter(Boolean) };
}

/**
 * @param words in lower case
 * @param several whether there are several clusters: the name of a single one is not shown, and matches nothing
 */
export function matchesWords(
  words: readonly string[],
  { key, cluster, state }: Row,
  several: boolean,
): boolean {
  if (words.length === 0) return true;
  const name = several ? key : key.slice(cluster.length + 1);
  const owners = state.owners.map(({ kind, name: of }) => `${kind}/${of} ${ownerName(kind)}`).join(' ');
  const text = `${name} ${state.phase} ${owners}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
