import { isLoopback } from './environment-proxy.ts';
import type { ClusterFields, Entry, UserFields } from './kubeconfig-file.ts';

/** What kubectl checks of the cluster and the user of a context, and what would otherwise be dropped in silence. */

const PROXIES: readonly string[] = ['http:', 'https:', 'socks5:'];
const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'] as const;
const [EXEC_V1] = EXEC_VERSIONS;

/**
 * Checks a cluster.
 * @returns the address of its API server
 * @throws Error that names the file, the line and the field
 */
export function checkedServer(cluster: Entry<ClusterFields>, allowInsecureTls: boolean): URL {
  const { fields } = cluster;
  const server = serverOf(cluster);
  if (server.protocol === 'http:' && !isLoopback(server) && !allowInsecureTls)
    throw mistake(
      cluster,
      'server',
      'is not encrypted and not on this machine: use https://, or set ALLOW_INSECURE_TLS=true',
    );
  const insecure = fields['insecure-skip-tls-verify'] === true;
  if (insecure && server.protocol === 'https:' && !allowInsecureTls)
    throw mistake(
      cluster,
      'insecure-skip-tls-verify',
      'disables TLS verification: add certificate-authority-data instead, or set ALLOW_INSECURE_TLS=true',
    );
  const [data, file] = [fields['certificate-authority-data'], fields['certificate-authority']];
  if (insecure && (data ?? file) !== undefined)
    throw mistake(cluster, 'insecure-skip-tls-verify', 'contradicts the CA: remove one of them');
  checkPair(cluster, 'certificate-authority');
  const proxy = fields['proxy-url'];
  if (proxy !== undefined && !PROXIES.includes(URL.parse(proxy)?.protocol ?? ''))
    throw mistake(cluster, 'proxy-url', 'is not a URL that begins with http://, https:// or socks5://');
  return server;
}

function serverOf(cluster: Entry<ClusterFields>): URL {
  const text = cluster.fields.server;
  if (text === undefined) throw cluster.file.mistake(cluster.field, 'has no server');
  const server = URL.parse(text);
  if (server === null || !/^https?:\/\//.test(text))
    throw mistake(cluster, 'server', 'is not a URL that begins with https://');
  if (server.username !== '' || server.password !== '')
    throw mistake(cluster, 'server', 'holds a user: move it to users, as username and password');
  if (server.search !== '' || server.hash !== '') throw mistake(cluster, 'server', 'must end before ? and #');
  return server;
}

/** Checks a user. @throws Error that names the file, the line and the field */
export function checkUser(user: Entry<UserFields>): void {
  const { fields } = user;
  const basic = fields.username !== undefined || fields.password !== undefined;
  const bearer = (['token', 'tokenFile'] as const).find((name) => fields[name] !== undefined);
  if (basic && bearer !== undefined)
    throw mistake(user, bearer, 'contradicts username and password: remove one');
  checkPair(user, 'client-certificate');
  checkPair(user, 'client-key');
  const certificate = fields['client-certificate'] ?? fields['client-certificate-data'];
  const key = fields['client-key'] ?? fields['client-key-data'];
  if ((certificate === undefined) !== (key === undefined))
    throw user.file.mistake(user.field, 'needs both a client-certificate and a client-key, or neither');
  const impersonation = (['as-uid', 'as-groups', 'as-user-extra'] as const).find((name) => fields[name]);
  if (impersonation !== undefined && fields.as === undefined)
    throw mistake(user, impersonation, 'needs as, the user to impersonate');
  checkProvider(user, bearer !== undefined || basic);
  checkExec(user);
}

/** Whether the credentials name somebody, as far as it can be known before a plugin runs. */
export function identifiesUser(fields: UserFields): boolean {
  return hasOwnLogin(fields) || fields['auth-provider'] !== undefined || fields.exec !== undefined;
}

/** Whether the kubeconfig itself holds credentials, in which case kubectl does not run its exec plugin. */
export function hasOwnLogin(fields: UserFields): boolean {
  const own = ['token', 'tokenFile', 'username', 'client-certificate', 'client-certificate-data'] as const;
  return own.some((name) => fields[name] !== undefined);
}

/** kubectl has removed all other providers. */
function checkProvider(user: Entry<UserFields>, hasOther: boolean): void {
  const provider = user.fields['auth-provider'];
  if (provider === undefined) return;
  if (provider.name !== 'oidc')
    throw mistake(
      user,
      'auth-provider',
      'is not supported, only oidc is: use the exec plugin that replaced it',
    );
  if (hasOther || user.fields.exec !== undefined)
    throw mistake(user, 'auth-provider', 'must be the only login: remove the others');
  if (provider.config?.['id-token'] === undefined) throw mistake(user, 'auth-provider', 'has no id-token');
}

function checkExec(user: Entry<UserFields>): void {
  const { exec } = user.fields;
  if (exec === undefined) return;
  const field = [...user.field, 'exec'];
  if (exec.command === undefined) throw user.file.mistake(field, 'has no command');
  if (!EXEC_VERSIONS.some((version) => version === exec.apiVersion))
    throw user.file.mistake([...field, 'apiVersion'], `is not ${EXEC_VERSIONS.join(' or ')}`);
  const mode = exec.interactiveMode ?? (exec.apiVersion === EXEC_V1 ? undefined : 'IfAvailable');
  if (mode !== 'Never' && mode !== 'IfAvailable')
    throw user.file.mistake(
      [...field, 'interactiveMode'],
      'must be Never or IfAvailable: nobody can answer here',
    );
  const nameless = (exec.env ?? []).findIndex(({ name }) => name === undefined);
  if (nameless >= 0) throw user.file.mistake([...field, 'env', nameless], 'has no name');
}

/** A file and its content exclude each other, and content is base64. */
function checkPair<Fields extends object>(
  entry: Entry<Fields>,
  name: 'certificate-authority' | 'client-certificate' | 'client-key',
): void {
  const fields = new Map<string, unknown>(Object.entries(entry.fields));
  const data = fields.get(`${name}-data`);
  if (data !== undefined && fields.has(name))
    throw mistake(entry, `${name}-data`, `contradicts ${name}: remove one of them`);
  if (typeof data === 'string' && !isBase64(data)) throw mistake(entry, `${name}-data`, 'is not base64');
}

/** Line breaks are allowed, as in Go. */
function isBase64(text: string): boolean {
  const joined = text.replace(/[\r\n]/g, '');
  return joined.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(joined);
}

function mistake(entry: Entry<object>, name: string, reason: string): Error {
  return entry.file.mistake([...entry.field, name], reason);
}
