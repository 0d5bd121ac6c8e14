import { delimiter, dirname, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { kubeconfigPaths } from '../kube/kubeconfig/kubeconfig.ts';
import { LABEL } from '../lib/dns-label.ts';
import { fieldName } from '../lib/yaml-file.ts';
import { DefinitionError, yamlOf } from './definition.ts';
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
 * Reads a clusters file: `clusters: [{name, context, contextName, namespaces}]`. Only the name is required.
 * @param path the path of the file; the paths of kubeconfigs in it are relative to its folder
 * @throws DefinitionError
 */
export function parseClustersFile(path: string, text: string): ClusterEntry[] {
  const file = yamlOf(path, text);
  const mistakes = file
    .mistakes(File, file.content)
    .map(
      ({ at, field, keyword, meaning }) =>
        `${at}: ${fieldName(field)} ${keyword === 'pattern' ? 'is not a DNS label' : meaning}`,
    );
  if (mistakes.length > 0) throw new DefinitionError(mistakes);
  const { clusters } = Value.Parse(File, file.content);
  const wrong = clusters.flatMap(({ name }, index) => {
    const reason = invalidNameReason(name, clusters.slice(0, index));
    const field = ['clusters', index, 'name'];
    return reason === undefined ? [] : [`${file.at(field)}: ${fieldName(field)} ${reason}`];
  });
  if (wrong.length > 0) throw new DefinitionError(wrong);
  return clusters.map((cluster) => entryOf(cluster, dirname(path)));
}

/**
 * Reads `name=kubeconfig,name=kubeconfig`; the paths are relative to the working directory.
 * @throws DefinitionError
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
  if (mistakes.length > 0) throw new DefinitionError(mistakes.map((mistake) => `CLUSTERS: ${mistake}`));
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
  const paths = kubeconfigPaths(context).map((path) => resolve(folder, path));
  const kubeconfig = context === undefined ? undefined : paths.join(delimiter);
  return { name, kubeconfig, contextName, namespaces };
}
