import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Target } from '../client/scaler-client.ts';
import { CliError } from './cli-error.ts';
import type { Connection } from './connect/connect.ts';
import type { CliContext } from './context.ts';

/** A Deployment, and the count that `TARGET=N` asks for. */
export interface TargetToSet extends Target {
  readonly replicas: number | undefined;
}

/** What completes the name of a target. */
export interface TargetDefaults {
  /** From --namespace. */
  readonly namespace?: string | undefined;
  /** From --cluster or the profile: a target without a cluster means the Deployment in each of them. */
  readonly clusters: readonly string[];
}

/** The greatest count that Kubernetes takes. */
const MAX_COUNT = 2_147_483_647;
/** How `kubectl` names the kind, which is taken with --namespace as kubectl takes it: `-n shop deployment/cart`. */
const KIND = /^deploy(ments?)?(\.apps)?$/;

/** `CLUSTER/NAMESPACE/NAME`; without a cluster, if that is not known, `NAMESPACE/NAME`. */
export function nameOf({ cluster, namespace, deployment }: Target): string {
  return [...(cluster === undefined ? [] : [cluster]), namespace, deployment].join('/');
}

/** A count as the user writes it. @throws CliError */
export function parseCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count <= MAX_COUNT) return count;
  throw new CliError(`"${value}" is not a count: write digits, from 0 to ${MAX_COUNT}`);
}

/**
 * A label selector as the user writes it.
 * @throws CliError if it is empty, as that of a variable that is not set: it would select all
 */
export function parseSelector(value: string): string {
  if (value.trim() !== '') return value;
  throw new CliError('the selector is empty, which would select all: leave it out, or write one');
}

/** The Deployments that an argument names: one, or one for each cluster. @throws CliError */
export function parseTarget(value: string, { namespace, clusters }: TargetDefaults): Target[] {
  const segments = value.split('/');
  if (segments.some((segment) => /^\.{0,2}$/.test(segment)) || segments.length > 3) {
    throw new CliError(`"${value}" is not a target: write NAMESPACE/NAME or CLUSTER/NAMESPACE/NAME`);
  }
  const deployment = segments.pop() ?? '';
  const [first, second] = segments;
  if (namespace !== undefined && second === undefined && first !== undefined && KIND.test(first))
    segments.pop();
  const named = segments.pop();
  const [cluster] = segments;
  if (named !== undefined && namespace !== undefined && named !== namespace) {
    throw new CliError(
      `"${value}" is in the namespace ${named}, and --namespace says ${namespace}: leave one out`,
    );
  }
  const inNamespace = named ?? namespace;
  if (inNamespace === undefined) {
    throw new CliError(
      `in which namespace is "${value}"? Write NAMESPACE/${value}, or add --namespace NAMESPACE`,
    );
  }
  const target = { namespace: inNamespace, deployment };
  if (cluster !== undefined) return [{ cluster, ...target }];
  return clusters.length === 0 ? [target] : clusters.map((name) => ({ cluster: name, ...target }));
}

/** Like `parseTarget`, for `TARGET` and `TARGET=N`. @throws CliError */
export function parseTargetToSet(value: string, defaults: TargetDefaults): TargetToSet[] {
  const at = value.indexOf('=');
  const replicas = at < 0 ? undefined : parseCount(value.slice(at + 1));
  const targets = parseTarget(at < 0 ? value : value.slice(0, at), defaults);
  return targets.map((target) => ({ ...target, replicas }));
}

/** The clusters that --cluster names, or the one of the profile; empty: the default one of the service, or all. */
export function clustersOf({ flags }: CliContext, { cluster }: Connection): readonly string[] {
  if (flags.cluster !== undefined) return [...new Set(flags.cluster)];
  return cluster === undefined ? [] : [cluster];
}

/** The count of a target: its own, or that of --replicas. @throws CliError if both say one */
export function countOf(target: TargetToSet, replicas: number | undefined): number | undefined {
  const own = target.replicas;
  if (own !== undefined && replicas !== undefined) {
    const name = nameOf(target);
    throw new CliError(`"${name}=${own}" and --replicas ${replicas} both say a count: leave one out`);
  }
  return own ?? replicas;
}

/** What completes the targets of this command line. */
export function defaultsOf(context: CliContext, connection: Connection): TargetDefaults {
  return { namespace: context.flags.namespace, clusters: clustersOf(context, connection) };
}

/**
 * The arguments, with the words of standard input in place of `-`.
 * @throws CliError if none is left: what was to be piped must not turn into all of a namespace
 */
export async function withStandardInput(
  args: readonly string[],
  { stdin, signal }: CliContext,
): Promise<readonly string[]> {
  if (!args.includes('-')) return args;
  const words = (await text(addAbortSignal(signal, stdin))).split(/\s+/).filter((word) => word !== '');
  const all = args.flatMap((arg) => (arg === '-' ? words : [arg]));
  if (all.length === 0) throw new CliError('standard input names no Deployment: nothing was changed');
  return all;
}

/**
 * The Deployments that the arguments name, each once.
 * @throws CliError also if there is none, or one has two counts
 */
export async function targetsOf(
  args: readonly string[],
  context: CliContext,
  connection: Connection,
): Promise<readonly TargetToSet[]> {
  const defaults = defaultsOf(context, connection);
  const byName = new Map<string, TargetToSet>();
  for (const arg of await withStandardInput(args, context)) {
    for (const target of parseTargetToSet(arg, defaults)) {
      const name = nameOf(target);
      const { cluster } = context.flags;
      if (target.cluster !== undefined && cluster?.includes(target.cluster) === false) {
        throw new CliError(
          `"${arg}" is in the cluster ${target.cluster}, and --cluster says ${cluster.join(', ')}: leave one out`,
        );
      }
      const other = byName.get(name);
      if (other !== undefined && other.replicas !== target.replicas) {
        throw new CliError(`${name} is named twice, with different counts`);
      }
      byName.set(name, target);
    }
  }
  if (byName.size === 0) throw new CliError('name at least one Deployment: NAMESPACE/NAME');
  return [...byName.values()];
}

/**
 * The target with the name of its cluster, which is asked for if the user has not named it.
 */
export async function withCluster<Some extends Target>(
  targets: readonly Some[],
  { client }: Connection,
  signal: AbortSignal,
): Promise<readonly (Some & { readonly cluster: string })[]> {
  let main: string | undefined;
  if (targets.some(({ cluster }) => cluster === undefined)) {
    main = (await client.clusters(signal)).find((cluster) => cluster.default)?.name;
  }
  return targets.map((target) => ({ ...target, cluster: target.cluster ?? main ?? '' }));
}
