import { readFileSync } from 'node:fs';
import { delimiter, dirname, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { isObject } from '../json.ts';

/** Where the address of a cluster and its credentials are stored. */
export interface KubeconfigSource {
  /** A path, or several separated by the path delimiter; undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The context to use; undefined: the current one. */
  readonly contextName?: string | undefined;
  /** Whether `insecure-skip-tls-verify` is allowed; by default such a kubeconfig is refused. */
  readonly allowInsecureTls?: boolean | undefined;
}

/** Reads a kubeconfig from its source. It is called again whenever the credentials are refused. */
export type KubeConfigLoader = () => KubeConfig;

/**
 * Loads the service account of the pod, or kubeconfig files; several files are merged as kubectl merges them. The
 * loader throws if a file is missing or broken, lacks the context, or is insecure without permission.
 */
export function kubeConfigLoader({
  kubeconfig,
  contextName,
  allowInsecureTls = false,
}: KubeconfigSource): KubeConfigLoader {
  return () => {
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromCluster();
    else loadFiles(config, kubeconfig);
    if (contextName !== undefined) chooseContext(config, contextName);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig has no current context with a cluster');
    if (cluster.skipTLSVerify && !allowInsecureTls)
      throw new Error(
        `the kubeconfig disables TLS verification for ${cluster.server}: add certificate-authority-data to it, or set ALLOW_INSECURE_TLS=true`,
      );
    const provider = config.getCurrentUser()?.authProvider?.name;
    if (SHELL_PROVIDERS.includes(provider))
      throw new Error(
        `the kubeconfig uses the auth-provider ${provider}, which is not supported: use the exec plugin that replaced it`,
      );
    return config;
  };
}

/** Identifies an API server. The URL alone does not: another proxy or CA may mean another API server behind it. */
export interface ApiServerIdentity {
  readonly url: string;
  readonly proxyUrl: string | undefined;
  /** The CA certificates, or the path of their file; undefined: the CAs that Node trusts. */
  readonly ca: string | undefined;
}

/** The API server that a kubeconfig points to; undefined if it names none. */
export function apiServerOf(config: KubeConfig): ApiServerIdentity | undefined {
  const cluster = config.getCurrentCluster();
  if (cluster === null) return undefined;
  const { server: url, proxyUrl, caData, caFile } = cluster;
  return { url, proxyUrl, ca: caData ?? caFile };
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

/**
 * client-node runs their commands in a shell, synchronously and without a deadline: every cluster would wait for them.
 */
const SHELL_PROVIDERS: readonly unknown[] = ['azure', 'gcp'];

/** The paths in a KUBECONFIG variable. */
export function kubeconfigPaths(kubeconfig: string | undefined): string[] {
  return (kubeconfig ?? '').split(delimiter).filter((path) => path !== '');
}

function loadFiles(config: KubeConfig, kubeconfig: string): void {
  const [first = '', ...others] = kubeconfigPaths(kubeconfig);
  loadFile(config, first);
  for (const path of others) {
    const other = new KubeConfig();
    loadFile(other, path);
    config.mergeConfig(other, Boolean(config.currentContext));
  }
}

/**
 * Loads one file as kubectl does. client-node ignores `tokenFile`, and resolves only the paths of certificates relative
 * to the kubeconfig; kubectl also resolves those of token files and plugins.
 */
function loadFile(config: KubeConfig, path: string): void {
  const text = readFileSync(path, 'utf8');
  const tokenFiles = parsed(config, path, text);
  const folder = dirname(path);
  config.makePathsAbsolute(folder);
  config.users = config.users.map((user) => {
    if (user.exec?.command?.includes(sep)) user.exec.command = resolve(folder, user.exec.command);
    const tokenFile = tokenFiles.get(user.name);
    if (tokenFile === undefined) return user;
    // With this provider client-node reads the token again and again, as it does in a pod.
    const { token, ...others } = user;
    return {
      ...others,
      authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } },
    };
  });
}

/**
 * Loads the text into the config, and returns the token files in it. The messages of the parsers must not reach a log:
 * they quote the lines around a mistake, which may contain a token, or half of one while the file is being written.
 */
function parsed(config: KubeConfig, path: string, text: string): Map<string, string> {
  try {
    config.loadFromString(text);
    return tokenFilesIn(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const [, line] = /^[^\n]*(?:\(| at line )(\d+)[:,]/.exec(message) ?? [];
    throw new Error(`${path} is not a kubeconfig${line === undefined ? '' : `: see line ${line}`}`);
  }
}

/** Token files by the name of the user. client-node has validated the text before, so skip what has the wrong type. */
function tokenFilesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const config: unknown = parse(text);
  const users = isObject(config) && Array.isArray(config.users) ? config.users.filter(isObject) : [];
  for (const { name, user } of users) {
    if (!isObject(user) || typeof user.tokenFile !== 'string' || user.tokenFile === '') continue;
    found.set(String(name), user.tokenFile);
  }
  return found;
}

function chooseContext(config: KubeConfig, name: string): void {
  const names = config.getContexts().map((context) => context.name);
  if (!names.includes(name))
    throw new Error(`the kubeconfig has no context ${name}: it has ${names.join(', ') || 'none'}`);
  config.setCurrentContext(name);
}
