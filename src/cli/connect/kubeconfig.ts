import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { ConnectError } from './connect-error.ts';
import type { Env } from './settings.ts';
import { parseYaml } from './yaml-lines.ts';

/** A client certificate and its key, PEM. */
export interface PemPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Where the certificate comes from, for messages. */
  readonly from: string;
}

type Fields = Readonly<Record<string, unknown>>;

interface Kubeconfig {
  readonly file: string;
  readonly root: Fields;
}

/** The files of kubectl: KUBECONFIG, or ~/.kube/config. */
export function kubeconfigFiles(env: Env): string {
  return env.KUBECONFIG || join(env.HOME || homedir(), '.kube', 'config');
}

/**
 * The context and the client certificate of its user. As in kubectl, the first of several files that has something wins,
 * and paths in a file are relative to it.
 * @param files separated as in KUBECONFIG
 * @param context default: the current one
 * @throws ConnectError if there is none, or the user logs in with something else
 */
export async function kubeconfigIdentity(
  files: string,
  context: string | undefined,
): Promise<PemPair & { readonly context: string }> {
  const configs = await readAll(files);
  const name = context ?? currentContext(configs);
  if (name === undefined) {
    throw usage(
      `${files} has no current context. Name one with --context (kubectl config get-contexts lists them)`,
    );
  }
  const found = itemIn(configs, 'contexts', 'context', name);
  if (found === undefined) {
    throw usage(`${files} has no context ${name}. \`kubectl config get-contexts\` lists those that it has`);
  }
  const { user } = found.fields;
  const entry = typeof user === 'string' ? itemIn(configs, 'users', 'user', user) : undefined;
  if (typeof user !== 'string' || entry === undefined) {
    throw usage(
      `The context ${name} in ${found.file} names no user that exists. Choose another with --context`,
    );
  }
  const { file, fields } = entry;
  const part = async (field: 'client-certificate' | 'client-key'): Promise<Buffer | undefined> => {
    const data = fields[`${field}-data`];
    if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64');
    const path = fields[field];
    return typeof path === 'string' && path !== '' ? readNamed(resolve(dirname(file), path)) : undefined;
  };
  const [cert, key] = await Promise.all([part('client-certificate'), part('client-key')]);
  if (cert === undefined || key === undefined) {
    throw usage(
      `The user ${user} of the context ${name} in ${file} ${otherLogin(fields)}, and the service knows client certificates ` +
        'only. Ask for one, and give it with --cert and --key, or with --p12',
    );
  }
  return { cert, key, context: name, from: `the user ${user} in ${file}` };
}

function otherLogin(fields: Fields): string {
  if (fields.exec !== undefined) return 'logs in by a command (exec)';
  if (fields['auth-provider'] !== undefined) return 'logs in by an auth-provider';
  if (fields.token !== undefined || fields.tokenFile !== undefined) return 'logs in with a token';
  if (fields.username !== undefined) return 'logs in with a password';
  return 'has no client certificate with a key';
}

async function readAll(files: string): Promise<readonly Kubeconfig[]> {
  const paths = files.split(delimiter).filter((path) => path !== '');
  const read: Kubeconfig[] = [];
  for (const file of paths) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      // kubectl ignores a missing file of several.
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (missing && paths.length > 1) return '';
      throw unreadable(file, error);
    });
    const fail = (problem: string) => usage(`The kubeconfig is not YAML: ${problem}`);
    const { document } = await parseYaml(file, text, fail);
    const root: unknown = document.toJS();
    read.push({ file, root: isFields(root) ? root : {} });
  }
  return read;
}

function currentContext(configs: readonly Kubeconfig[]): string | undefined {
  for (const { root } of configs) {
    const name = root['current-context'];
    if (typeof name === 'string' && name !== '') return name;
  }
  return undefined;
}

/** The content of the first item of this name. */
function itemIn(
  configs: readonly Kubeconfig[],
  list: 'contexts' | 'users',
  content: 'context' | 'user',
  name: string,
): { readonly file: string; readonly fields: Fields } | undefined {
  for (const { file, root } of configs) {
    const items: unknown = root[list];
    if (!Array.isArray(items)) continue;
    for (const item of items) {
      if (isFields(item) && item.name === name && isFields(item[content]))
        return { file, fields: item[content] };
    }
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readNamed(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

function unreadable(path: string, error: unknown): ConnectError {
  return usage(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
}

function usage(message: string): ConnectError {
  return new ConnectError(message, { usage: true });
}
