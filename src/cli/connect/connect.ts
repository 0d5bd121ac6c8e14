import { ScalerClient } from '../../client/scaler-client.ts';
import { loadIdentity } from './identity.ts';
import { type Env, type Settings, settingsOf } from './settings.ts';
import { type Deadlines, Transport } from './transport.ts';

/** Where the service is and who the caller is, as the flags say it. What is missing comes from the environment or a profile. */
export interface ConnectOptions {
  /** The URL of the service. */
  readonly server?: string | undefined;
  /** The name of a profile. */
  readonly profile?: string | undefined;
  /** A file with the client certificate, PEM. */
  readonly cert?: string | undefined;
  /** A file with its private key, PEM. */
  readonly key?: string | undefined;
  /** A file with the CAs that sign the certificate of the server, PEM. Default: those of the system. */
  readonly ca?: string | undefined;
  /** A PKCS #12 file with the client certificate and its key, instead of `cert` and `key`. */
  readonly p12?: string | undefined;
  /** A kubeconfig that has the client certificate, instead of the files above. */
  readonly kubeconfig?: string | undefined;
  /** The context of the kubeconfig; default: the current one. */
  readonly context?: string | undefined;
}

export interface Connection {
  readonly client: ScalerClient;
  /** The URL of the service. */
  readonly server: string;
  /** The default cluster of the profile or of SCALER_CLUSTER; undefined: that of the service. */
  readonly cluster: string | undefined;
  /** Ends its connections, also those with answers under way. */
  close(): Promise<void>;
}

/**
 * Connects to the service that flags, environment and profile name, in this order. Nothing is sent before the first call
 * of the client.
 * @param onAge as that of ScalerClient
 * @throws ConnectError if something is missing or broken; the calls of the client throw it if the service cannot be reached
 */
export async function connect(
  options: ConnectOptions,
  env: Env,
  deadlines?: Deadlines,
  onAge?: (seconds: number) => void,
): Promise<Connection> {
  return connectWith(await settingsOf(options, env), env, deadlines, onAge);
}

/** The same with settings that are complete. */
export async function connectWith(
  settings: Settings,
  env: Env,
  deadlines?: Deadlines,
  onAge?: (seconds: number) => void,
): Promise<Connection> {
  const transport = new Transport(settings.server, await loadIdentity(settings, env), env, deadlines);
  const server = settings.server.href.replace(/\/+$/, '');
  return {
    client: new ScalerClient(server, transport.fetch, onAge),
    server,
    cluster: settings.cluster,
    close: async () => transport.close(),
  };
}
