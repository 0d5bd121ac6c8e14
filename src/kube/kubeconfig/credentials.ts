import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeCredentialsError } from '../kube-errors.ts';
import { type ExecCredential, ExecPlugin } from './exec-plugin.ts';
import type { KubeConfigLoader } from './kubeconfig.ts';

/** What a connection to the API server needs. */
export interface Credentials {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path in front of every API path, without a trailing slash; empty for most clusters. */
  readonly basePath: string;
  readonly proxyUrl: string | undefined;
  readonly tls: Readonly<Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>>;
  /** Authorization for token and basic credentials, Impersonate-User where the kubeconfig has one. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How long read credentials are used before their files and plugins are asked again. */
const FRESH_MS = 10_000;

/**
 * Credentials of one cluster, as @kubernetes/client-node resolves them (client certificate, token, token file,
 * exec plugin), read at most once in 10 s however many requests ask.
 */
export class CredentialSource {
  readonly #load: KubeConfigLoader;
  readonly #closing: AbortSignal | undefined;
  #config: KubeConfig | undefined;
  #plugin: ExecPlugin | undefined;
  #current: Promise<Credentials> | undefined;
  #readAt = 0;

  /** @param closing when nobody needs them any more: ends a running exec plugin */
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
      // A failure is not remembered, nor is what led to it: the next request asks again.
      reading.catch(() => {
        if (this.#current === reading) this.reload();
      });
    }
    return this.#current;
  }

  /** Forgets everything, cached tokens included, so that the next `get` reads the files and asks the plugins anew. */
  reload(): void {
    this.#config = undefined;
    this.#plugin?.forget();
    this.#current = undefined;
  }

  /** The kubeconfig, its exec plugin taken out: that is run by us. */
  #open(): KubeConfig {
    const config = this.#load();
    const user = config.getCurrentUser();
    const cluster = config.getCurrentCluster();
    if (!user?.exec || cluster === null) {
      this.#plugin = undefined;
      return config;
    }
    // Kept where it can be: it holds a credential that has not expired, or knows that it just failed.
    if (!this.#plugin?.serves(user)) this.#plugin = new ExecPlugin(user, this.#closing);
    const { exec, ...plain } = user;
    const opened = new KubeConfig();
    opened.loadFromClusterAndUser(cluster, plain);
    return opened;
  }

  async #read(): Promise<Credentials> {
    try {
      this.#config ??= this.#open();
      // To the end these two, also where everything is forgotten meanwhile: one's token is not for the other's server.
      const config = this.#config;
      const plugin = this.#plugin;
      const cluster = config.getCurrentCluster();
      if (cluster === null) throw new Error('the kubeconfig has no current context with a cluster');
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      const headers = headersOf(options);
      // A token file is empty while it is being written. Without a token the API server would take us for nobody and
      // answer 403, which asks for no new one.
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

/** The plugin's, where it hands one out. */
function clientCertificate(options: RequestOptions, issued: ExecCredential | undefined) {
  return issued?.cert !== undefined && issued.key !== undefined ? issued : options;
}

function headersOf({ auth, headers }: RequestOptions): Record<string, string> {
  const result: Record<string, string> = {};
  if (auth) result.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  for (const [name, value] of Object.entries(headers ?? {})) {
    // A token file commonly ends in a newline, which no header may hold.
    if (value !== undefined) result[name.toLowerCase()] = String(value).trim();
  }
  return result;
}
