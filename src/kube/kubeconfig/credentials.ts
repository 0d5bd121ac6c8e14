import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { isObject, parseJson } from '../json.ts';
import { KubeCredentialsError } from '../kube-errors.ts';
import { ExecPlugin } from './exec-plugin.ts';
import { type HeaderFields, headerValue, impersonationHeaders } from './header-fields.ts';
import type { KubeConfigLoader, Kubeconfig } from './kubeconfig.ts';
import { hasOwnLogin } from './kubeconfig-checks.ts';
import type { UserFields } from './kubeconfig-file.ts';
import { readTlsFiles, tlsOptions } from './tls-files.ts';

/** What a connection to the API server needs. */
export interface Credentials {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Prefix of every API path, without a trailing slash; empty for most clusters. */
  readonly basePath: string;
  readonly proxyUrl: string | undefined;
  readonly tls: Readonly<Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>>;
  /** Authorization for a token or a password, and the headers for impersonation. */
  readonly headers: HeaderFields;
  /** Whether the API server may compress its answers. */
  readonly compression: boolean;
}

/** How long credentials are used before their files and plugins are read again. */
const FRESH_MS = 10_000;

/**
 * The credentials of one cluster, by the rules of kubectl: a client certificate, and a token, a password or what an exec
 * plugin returns. They are read at most once in 10 s, however many requests need them.
 */
export class CredentialSource {
  readonly #load: KubeConfigLoader;
  readonly #closing: AbortSignal | undefined;
  #config: Kubeconfig | undefined;
  #plugin: ExecPlugin | undefined;
  #current: Promise<Credentials> | undefined;
  #readAt = 0;

  /** @param closing aborts when the credentials are no longer needed, and ends a running exec plugin */
  constructor(load: KubeConfigLoader, closing?: AbortSignal) {
    this.#load = load;
    this.#closing = closing;
  }

  /** @throws KubeCredentialsError */
  get(): Promise<Credentials> {
    const now = performance.now();
    if (this.#current === undefined || now - this.#readAt > FRESH_MS) {
      this.#readAt = now;
      const reading = this.#read();
      this.#current = reading;
      // Remember neither a failure nor the state that led to it: the next request reads everything again.
      reading.catch(() => {
        if (this.#current === reading) this.reload();
      });
    }
    return this.#current;
  }

  /** Forgets everything, cached tokens included, so that the next `get` reads the files and runs the plugins again. */
  reload(): void {
    this.#config = undefined;
    this.#plugin?.forget();
    this.#current = undefined;
  }

  #open(): Kubeconfig {
    const config = this.#load();
    const { cluster, user } = config;
    // Keep the plugin if it has not changed: it may hold a credential that has not expired, or a recent failure.
    if (user.exec === undefined || hasOwnLogin(user)) this.#plugin = undefined;
    else if (!this.#plugin?.serves(user.exec, cluster))
      this.#plugin = new ExecPlugin(user.exec, cluster, this.#closing);
    return config;
  }

  async #read(): Promise<Credentials> {
    try {
      this.#config ??= this.#open();
      // Use these throughout, even if reload() runs in between: a plugin's token must never reach another config's
      // server.
      const { cluster, user, proxyUrl } = this.#config;
      const plugin = this.#plugin;
      const { ca, client } = await readTlsFiles(cluster, user);
      const url = new URL(cluster.server);
      const encrypted = url.protocol === 'https:';
      // As kubectl, send no credentials where everybody on the way could read them.
      const issued = encrypted ? await plugin?.get() : undefined;
      const token = encrypted ? (issued?.token ?? idTokenOf(user) ?? (await tokenOf(user))) : undefined;
      return {
        origin: url.origin,
        basePath: url.pathname.replace(/\/+$/, ''),
        proxyUrl,
        tls: encrypted ? tlsOptions(cluster, ca, issued?.client ?? client) : {},
        headers: {
          ...(encrypted ? authorization(user, token) : {}),
          ...impersonationHeaders(user),
        },
        compression: cluster['disable-compression'] !== true,
      };
    } catch (error) {
      throw new KubeCredentialsError(error);
    }
  }
}

/**
 * The token in the file or, if that cannot be read, the one in the kubeconfig. A token file is empty while it is being
 * written. Without a token the API server would treat the request as anonymous and answer 403, which does not make the
 * client read the token again.
 */
async function tokenOf({ token, tokenFile }: UserFields): Promise<string | undefined> {
  if (tokenFile === undefined) return token;
  try {
    const read = (await readFile(tokenFile, 'utf8')).trim();
    if (read === '') throw new Error('the token is empty');
    return read;
  } catch (error) {
    if (token === undefined) throw error;
    return token;
  }
}

/**
 * The id-token of OpenID Connect.
 * @throws Error if it has expired. kubectl would renew it and write the new tokens into the kubeconfig, which the next
 *   start needs; here the file is mostly read-only, and other readers would be left with a refresh-token that is used up
 */
function idTokenOf(user: UserFields): string | undefined {
  const token = user['auth-provider']?.config?.['id-token'];
  if (token !== undefined && Date.now() >= expiryOf(token))
    throw new Error('the id-token has expired and is not renewed here: use an exec plugin or a tokenFile');
  return token;
}

/** When a JSON Web Token expires, in milliseconds since 1970; 0: it is none, so nobody knows. */
function expiryOf(token: string): number {
  try {
    const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  } catch {
    return 0;
  }
}

function authorization({ username, password }: UserFields, token: string | undefined): HeaderFields {
  // A token often ends in a newline, which is not allowed in a header.
  if (token !== undefined) return { authorization: `Bearer ${headerValue(token.trim())}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
}
