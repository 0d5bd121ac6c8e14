import { readFileSync } from 'node:fs';
import { delimiter, dirname, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { isObject } from '../json.ts';

/** Where a cluster and its credentials are written down. */
export interface KubeconfigSource {
  /** A path, or several separated by the path delimiter; undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The context to use; undefined: the current one. */
  readonly contextName?: string | undefined;
  /** Whether `insecure-skip-tls-verify` is heeded rather than refused. */
  readonly allowInsecureTls?: boolean | undefined;
}

/** Reads a kubeconfig from where it lies; called again whenever the credentials are refused. */
export type KubeConfigLoader = () => KubeConfig;

/**
 * Loads kubeconfig files, merged as kubectl does when several are named, or the service account of the pod.
 * The loader throws where a file is missing, broken, without the context, or insecure without leave.
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
        `the kubeconfig switches TLS verification off for ${cluster.server}: give it certificate-authority-data, or set ALLOW_INSECURE_TLS=true`,
      );
    const provider = config.getCurrentUser()?.authProvider?.name;
    if (SHELL_PROVIDERS.includes(provider))
      throw new Error(
        `the kubeconfig logs in by the auth-provider ${provider}: give it the exec plugin that took its place`,
      );
    return config;
  };
}

/** What tells one API server from another: a proxy may lead to another one behind the same URL, as may a new CA. */
export interface ApiServerIdentity {
  readonly url: string;
  readonly proxyUrl: string | undefined;
  /** The CA certificates, or the path of their file; undefined: those that Node trusts. */
  readonly ca: string | undefined;
}

/** The API server that a kubeconfig leads to; undefined where it names none. */
export function apiServerOf(config: KubeConfig): ApiServerIdentity | undefined {
  const cluster = config.getCurrentCluster();
  if (cluster === null) return undefined;
  const { server: url, proxyUrl, caData, caFile } = cluster;
  return { url, proxyUrl, ca: caData ?? caFile };
}

/**
 * Loads as `load` does, as long as that leads to this API server. A cluster stays with the one that it was made for: what it
 * knows, and what callers may do there, is no more true of another. Whoever watches the files makes the cluster anew.
 */
export function onlyTo(server: ApiServerIdentity, load: KubeConfigLoader): KubeConfigLoader {
  return () => {
    const config = load();
    if (!isDeepStrictEqual(apiServerOf(config), server))
      throw new Error('the kubeconfig leads to another API server now: the cluster is about to be made anew');
    return config;
  };
}

/** client-node runs their commands in a shell, in this thread and without a deadline: every cluster would wait for them. */
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
 * client-node knows no `tokenFile`, and makes only the paths of certificates relative to their file; kubectl those of
 * token files and plugins too.
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
    // The form in which client-node reads the token of a pod, again and again.
    const { token, ...others } = user;
    return {
      ...others,
      authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } },
    };
  });
}

/**
 * Puts the text into the config, and returns the token files in it. The parsers' own messages quote the lines around a
 * mistake, half of a token perhaps while the file is being written: they must not get into a log.
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

/** By name of the user. What is not as it should be, client-node has complained of. */
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
