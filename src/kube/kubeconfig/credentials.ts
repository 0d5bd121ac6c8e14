import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeCredentialsError } from '../kube-errors.ts';
import { type ExecCredential, ExecPlugin } from './exec-plugin.ts';
import type { KubeConfigLoader } from './kubeconfig.ts';

/** What a connection to the API server needs. */
export interface Credentials {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Prefix of every API path, without a trailing slash; empty for most clusters. */
  readonly basePath: string;
  readonly proxyUrl: string | undefined;
  readonly tls: Readonly<Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>>;
  /** Authorization for a token or a password, and Impersonate-User if the kubeconfig has it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How long credentials are used before their files and plugins are read again. */
const FRESH_MS = 10_000;

/**
 * The credentials of one cluster, as @kubernetes/client-node resolves them (client certificate, token, token file, exec
 * plugin). They are read at most once in 10 s, however many requests need them.
 */
export class CredentialSource {
  readonly #load: KubeConfigLoader;
  readonly #closing: AbortSignal | undefined;
  #config: KubeConfig | undefined;
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

  /** The kubeconfig without its exec plugin, which ExecPlugin runs instead. */
  #open(): KubeConfig {
    const config = this.#load();
    const user = config.getCurrentUser();
    const cluster = config.getCurrentCluster();
    if (!user?.exec || cluster === null) {
      this.#plugin = undefined;
      return config;
    }
    // Keep the plugin if it has not changed: it may hold a credential that has not expired, or a recent failure.
    if (!this.#plugin?.serves(user)) this.#plugin = new ExecPlugin(user, this.#closing);
    const { exec, ...plain } = user;
    const opened = new KubeConfig();
    opened.loadFromClusterAndUser(cluster, plain);
    return opened;
  }

  async #read(): Promise<Credentials> {
    try {
      this.#config ??= this.#open();
      // Use this pair throughout, even if reload() runs in between: a plugin's token must never reach another config's
      // server.
      const config = this.#config;
      const plugin = this.#plugin;
      const cluster = config.getCurrentCluster();
      if (cluster === null) throw new Error('the kubeconfig has no current context with a cluster');
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      const headers = headersOf(options);
      // A token file is empty while it is being written. Without a token the API server would treat the request as
      // anonymous and answer 403, which does not make the client read the token again.
      if (config.getCurrentUser()?.authProvider && !/^\S+ \S/.test(headers.authorization ?? ''))
        throw new Error('the token is empty');
      const issued = await plugin?.get();
      if (issued?.token !== undefined) headers.authorization = `Bearer ${issued.token}`;
      const url = new URL(cluster.server);
      const { ca, servername, rejectUnauthorized } = options;
      const { cert, key } = clientCertificate(options, issued);
      return {
        origin: url.origin,
        basePath: url.pathname.replace(/\/+$/, ''),
        proxyUrl: cluster.proxyUrl,
        tls: {
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(servername === undefined ? {} : { servername }),
          ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
        },
        headers,
      };
    } catch (error) {
      throw new KubeCredentialsError(error);
    }
  }
}

/** The client certificate of the plugin if it returns one, otherwise that of the kubeconfig. */
function clientCertificate(options: RequestOptions, issued: ExecCredential | undefined) {
  return issued?.cert !== undefined && issued.key !== undefined ? issued : options;
}

function headersOf({ auth, headers }: RequestOptions): Record<string, string> {
  const result: Record<string, string> = {};
  if (auth) result.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  for (const [name, value] of Object.entries(headers ?? {})) {
    // A token file usually ends in a newline, which is not allowed in a header.
    if (value !== undefined) result[name.toLowerCase()] = String(value).trim();
  }
  return result;
}
