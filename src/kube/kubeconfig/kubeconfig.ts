import { isIPv6 } from 'node:net';
import { delimiter, dirname, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { environmentProxy } from './environment-proxy.ts';
import { checkedServer, checkUser, identifiesUser } from './kubeconfig-checks.ts';
import { type ClusterFields, type Entry, KubeconfigFile, type UserFields } from './kubeconfig-file.ts';

/** Where the address of a cluster and its credentials are stored. */
export interface KubeconfigSource {
  /** A path, or several separated by the path delimiter; undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The context to use; undefined: the current one. */
  readonly contextName?: string | undefined;
  /**
   * Whether `insecure-skip-tls-verify`, and `http://` to another machine, are allowed; by default such a kubeconfig is
   * refused.
   */
  readonly allowInsecureTls?: boolean | undefined;
  /** The texts of files that have been read already, by path. Other files are read. */
  readonly contents?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The API server and the login of the context that is in use. Paths are absolute. */
export interface Kubeconfig {
  readonly cluster: ClusterFields & { readonly server: string };
  /** Empty for the requests of nobody, which only a proxy such as `kubectl proxy` answers. */
  readonly user: UserFields;
  /** The proxy for the API server: that of the cluster, otherwise that of the environment. */
  readonly proxyUrl: string | undefined;
}

/** Where the kubelet puts the service account of a pod. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads a kubeconfig from its source. It is called again whenever the credentials are refused. */
export type KubeConfigLoader = () => Kubeconfig;

/**
 * Loads the service account of the pod, or kubeconfig files as kubectl does (docs/reference/kubeconfigs.md lists the differences).
 * The loader throws if no file exists or one is broken, or if the context in use is missing, incomplete, or insecure
 * without permission; the message names file, line and field.
 */
export function kubeConfigLoader(source: KubeconfigSource): KubeConfigLoader {
  return () =>
    source.kubeconfig === undefined ? fromServiceAccount() : fromFiles(source, source.kubeconfig);
}

/** Identifies an API server. The URL alone does not: another proxy, name or CA may mean another API server behind it. */
export interface ApiServerIdentity {
  readonly url: string;
  readonly proxyUrl: string | undefined;
  /** The name that its certificate must have; undefined: that in the URL. */
  readonly serverName: string | undefined;
  /** The CA certificates, or the path of their file; undefined: the CAs that Node trusts. */
  readonly ca: string | undefined;
}

/** The API server that a kubeconfig points to. */
export function apiServerOf({ cluster, proxyUrl }: Kubeconfig): ApiServerIdentity {
  return {
    url: cluster.server,
    proxyUrl,
    serverName: cluster['tls-server-name'],
    ca: cluster['certificate-authority-data'] ?? cluster['certificate-authority'],
  };
}

/** What in a kubeconfig has no effect; undefined: nothing. kubectl does not say so. */
export function warningAbout({ cluster, user }: Kubeconfig): string | undefined {
  return cluster.server.startsWith('http:') && identifiesUser(user)
    ? 'the API server is not encrypted (http://), so the credentials in the kubeconfig are not sent'
    : undefined;
}

/**
 * Loads as `load` does, but throws if the kubeconfig points to another API server. A cluster stays with the API server
 * that it was created for, because its cache and its decisions about rights are not true of another one. The watch of
 * the kubeconfig files replaces the cluster instead.
 */
export function pinnedTo(server: ApiServerIdentity, load: KubeConfigLoader): KubeConfigLoader {
  return () => {
    const config = load();
    if (!isDeepStrictEqual(apiServerOf(config), server))
      throw new Error('the kubeconfig points to another API server now: the cluster is about to be replaced');
    return config;
  };
}

/** The paths in a KUBECONFIG variable. */
export function kubeconfigPaths(kubeconfig: string | undefined): string[] {
  return (kubeconfig ?? '').split(delimiter).filter((path) => path !== '');
}

function fromServiceAccount(): Kubeconfig {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port } = process.env;
  const address = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
  return {
    cluster: { server: address.origin, 'certificate-authority': `${SERVICE_ACCOUNT_FOLDER}/ca.crt` },
    user: { tokenFile: `${SERVICE_ACCOUNT_FOLDER}/token` },
    proxyUrl: environmentProxy(address, process.env),
  };
}

function fromFiles(
  { contextName, allowInsecureTls = false, contents = {} }: KubeconfigSource,
  kubeconfig: string,
): Kubeconfig {
  const paths = kubeconfigPaths(kubeconfig);
  const files = paths.flatMap((path) => KubeconfigFile.read(path, contents[path]) ?? []);
  if (files.length === 0)
    throw new Error(`there is no kubeconfig: ${paths.join(', ') || 'no path is given'}`);
  const context = contextIn(files, contextName);
  const { cluster: clusterName, user: userName } = context.fields;
  if (clusterName === undefined) throw context.file.mistake(context.field, 'has no cluster');
  const cluster = find(files, 'clusters', clusterName);
  if (cluster === undefined)
    throw context.file.mistake([...context.field, 'cluster'], 'names a cluster that does not exist');
  const user = userName === undefined ? undefined : find(files, 'users', userName);
  if (userName !== undefined && user === undefined)
    throw context.file.mistake([...context.field, 'user'], 'names a user that does not exist');

  const server = checkedServer(cluster, allowInsecureTls);
  if (user !== undefined) checkUser(user);
  // kubectl would ask for a user name.
  if (server.protocol === 'https:' && !identifiesUser(user?.fields ?? {})) {
    if (user === undefined) throw context.file.mistake(context.field, 'has no user');
    throw user.file.mistake(user.field, 'has no credentials, such as token, client-certificate or exec');
  }
  return {
    cluster: { ...withAbsolutePaths(cluster), server: server.href.replace(/\/$/, '') },
    user: user === undefined ? {} : withAbsoluteCommand(user),
    proxyUrl: cluster.fields['proxy-url'] ?? environmentProxy(server, process.env),
  };
}

/** The first file that has an entry with the name decides. */
function find<K extends 'contexts' | 'clusters' | 'users'>(
  files: readonly KubeconfigFile[],
  kind: K,
  name: string,
) {
  for (const file of files) {
    const entry = file.find(kind, name);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function contextIn(files: readonly KubeconfigFile[], contextName: string | undefined) {
  const paths = files.map(({ path }) => path).join(', ');
  const name = contextName ?? files.map(({ currentContext }) => currentContext).find(Boolean);
  if (name === undefined) throw new Error(`${paths}: current-context is not set, and no context is named`);
  const context = find(files, 'contexts', name);
  if (context !== undefined) return context;
  const names = [...new Set(files.flatMap((file) => file.names('contexts')))].join(', ') || 'none';
  throw new Error(`the kubeconfig has no context ${name}: it has ${names}`);
}

/** The fields that hold paths, which are relative to the folder of the file. */
const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

function withAbsolutePaths<Fields extends object>({ file, fields }: Entry<Fields>): Fields {
  const paths = Object.entries(fields).filter(([name]) => PATHS.some((path) => path === name));
  const absolute = paths.map(([name, path]) => [name, resolve(dirname(file.path), String(path))]);
  return { ...fields, ...Object.fromEntries(absolute) };
}

/** The command of a plugin is a path if it has a separator; otherwise it is found in PATH. */
function withAbsoluteCommand(user: Entry<UserFields>): UserFields {
  const fields = withAbsolutePaths(user);
  const { exec } = fields;
  if (!exec?.command?.includes(sep)) return fields;
  return { ...fields, exec: { ...exec, command: resolve(dirname(user.file.path), exec.command) } };
}
