import { isMap, isNode, isScalar, type Pair, parseDocument } from 'yaml';

/**
 * One value of the chart: its path, its default in values.yaml as JSON, and the comment above it, empty if it has none.
 */
export interface ValueRow {
  readonly path: string;
  readonly value: string;
  readonly description: string;
}

/** The values of a values.yaml, in order. A map is one value if it has a comment above it or is empty. */
export function valueRows(yaml: string): ValueRow[] {
  const { contents } = parseDocument(yaml);
  return isMap(contents) ? contents.items.flatMap((pair, index) => rowsOf(pair, '', index, contents)) : [];
}

function rowsOf(
  { key, value }: Pair,
  parent: string,
  index: number,
  map: { commentBefore?: string | null },
): ValueRow[] {
  if (!isScalar(key)) throw new Error(`a key below ${parent} is not a name`);
  const path = `${parent}${key.value}`;
  // The parser attaches the comment above the first key of a map to the map itself.
  const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
  const description = (comment ?? '').replaceAll('\n', ' ').trim();
  if (isMap(value) && value.items.length > 0 && description === '') {
    return value.items.flatMap((pair, position) => rowsOf(pair, `${path}.`, position, value));
  }
  return [{ path, value: JSON.stringify(isNode(value) ? value.toJSON() : null), description }];
}

/** The rows, as the table in the README.md of the chart. */
export function valuesTable(rows: readonly ValueRow[]): string {
  const lines = rows.map(({ path, value, description }) => `| \`${path}\` | \`${value}\` | ${description} |`);
  return ['| Value | Default | Meaning |', '| --- | --- | --- |', ...lines].join('\n');
}
