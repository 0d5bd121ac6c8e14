import { dirname, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { LABEL } from '../lib/dns-label.ts';
import type { ClusterSpec } from './fleet.ts';
import { RESERVED_NAMES } from './reserved-names.ts';

/** A cluster as configured. Its API server is read from the kubeconfig later. */
export type ClusterEntry = Omit<ClusterSpec, 'server'>;

const Name = Type.String({ pattern: `^${LABEL}$` });
const File = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: Name,
          context: Type.Optional(Type.String({ minLength: 1 })),
          contextName: Type.Optional(Type.String({ minLength: 1 })),
          namespaces: Type.Optional(Type.Array(Name)),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  },
  { additionalProperties: false },
);

/**
 * The definition of the clusters is not valid. Each mistake names the line and the field, or the part of the variable.
 */
export class ClustersError extends Error {
  override readonly name = 'ClustersError';
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/**
 * Reads a clusters file: `clusters: [{name, context, contextName, namespaces}]`. Only the name is required.
 * @param path the path of the file; the paths of kubeconfigs in it are relative to its folder
 * @throws ClustersError
 */
export function parseClustersFile(path: string, text: string): ClusterEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number | undefined) => `${path}:${lines.linePos(offset ?? 0).line}`;
  if (document.errors.length > 0) {
    const texts = document.errors.map(
      ({ pos, message }) => `${at(pos[0])}: ${message.replace(/ at line .*/s, '')}`,
    );
    throw new ClustersError(texts);
  }
  const content = contentOf(document, path);
  const mistakes = Value.Errors(File, content)
    // The findings inside an unknown field repeat what `additionalProperties` says.
    .filter(({ keyword }) => keyword !== 'boolean')
    .map(({ instancePath, keyword, message, params }) => {
      const unknown = keyword === 'additionalProperties' ? namesIn(params) : [];
      const field = [...keysOf(instancePath), ...unknown.slice(0, 1)];
      return `${at(offsetOf(document, field))}: ${fieldName(field)} ${meaningOf(keyword, message, params)}`;
    });
  if (mistakes.length > 0) throw new ClustersError(mistakes);
  const { clusters } = Value.Parse(File, content);
  const wrong = clusters.flatMap(({ name }, index) => {
    const reason = invalidNameReason(name, clusters.slice(0, index));
    const field = ['clusters', index, 'name'];
    return reason === undefined ? [] : [`${at(offsetOf(document, field))}: ${fieldName(field)} ${reason}`];
  });
  if (wrong.length > 0) throw new ClustersError(wrong);
  return clusters.map((cluster) => entryOf(cluster, dirname(path)));
}

/**
 * Resolves the aliases in the file. Unknown aliases, and too many of them, are not found before.
 * @throws ClustersError
 */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ClustersError([`${path}: ${error instanceof Error ? error.message : error}`]);
  }
}

/**
 * Reads `name=kubeconfig,name=kubeconfig`; the paths are relative to the working directory.
 * @throws ClustersError
 */
export function parseClustersVariable(value: string): ClusterEntry[] {
  const pairs = value.split(',').map((pair) => pair.trim());
  const entries = pairs.map((pair) => {
    const [, name = '', context = ''] = /^([^=]*)=(.+)$/.exec(pair) ?? [];
    return { pair, name: name.trim(), context: context.trim() };
  });
  const mistakes = entries.flatMap(({ pair, name, context }, index) => {
    if (context === '') return [`${JSON.stringify(pair)} is not name=kubeconfig`];
    if (!new RegExp(`^${LABEL}$`).test(name)) return [`name ${JSON.stringify(name)} is not a DNS label`];
    const reason = invalidNameReason(name, entries.slice(0, index));
    return reason === undefined ? [] : [`name ${reason}`];
  });
  if (mistakes.length > 0) throw new ClustersError(mistakes.map((mistake) => `CLUSTERS: ${mistake}`));
  return entries.map((entry) => entryOf(entry, '.'));
}

/** Why a DNS label cannot be the name of a cluster; undefined: it can. */
export function invalidNameReason(
  name: string,
  others: readonly { readonly name: string }[],
): string | undefined {
  if (RESERVED_NAMES.has(name)) return `${name} is reserved for a path of the service: choose another`;
  if (others.some((other) => other.name === name)) return `${name} is already the name of another cluster`;
  return undefined;
}

function entryOf(
  { name, context, contextName, namespaces = [] }: Static<typeof File>['clusters'][number],
  folder: string,
): ClusterEntry {
  const kubeconfig = context === undefined ? undefined : resolve(folder, context);
  return { name, kubeconfig, contextName, namespaces };
}

type Field = readonly (string | number)[];

/** The parts of a JSON pointer. Indices are numbers. */
function keysOf(pointer: string): Field {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** For example `clusters[1].name`. */
function fieldName(field: Field): string {
  const name = field.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return name.slice(1) || 'the file';
}

/** The position of a field in the text or, if the field is missing, that of the object that lacks it. */
function offsetOf(document: Document, field: Field): number | undefined {
  const parent: unknown = field.length > 1 ? document.getIn(field.slice(0, -1), true) : document.contents;
  const key = field.at(-1);
  const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined;
  return offsetIn(pair?.key) ?? offsetIn(document.getIn(field, true)) ?? offsetIn(parent);
}

function offsetIn(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? range[0] : undefined;
}

function meaningOf(keyword: string, message: string, params: unknown): string {
  if (keyword === 'additionalProperties') return 'is not a known field';
  if (keyword === 'required') return `lacks ${namesIn(params).join(', ')}`;
  if (keyword === 'pattern') return 'is not a DNS label';
  return message;
}

/** The properties that a finding of the validator is about. */
function namesIn(params: unknown): string[] {
  if (typeof params !== 'object' || params === null) return [];
  return Object.values(params).flat().map(String);
}
