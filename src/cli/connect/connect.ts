import { ScalerClient } from '../../client/scaler-client.ts';
import { ConnectError } from './connect-error.ts';

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
 * @throws ConnectError if something is missing or broken; the calls of the client throw it if the service cannot be reached
 */
export async function connect(
  { server = '' }: ConnectOptions,
  _env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  if (server === '') throw new ConnectError('name the service with --server', { usage: true });
  const client = new ScalerClient(server, async () => {
    throw new ConnectError('connecting is not there yet');
  });
  return { client, server, cluster: undefined, close: () => Promise.resolve() };
}
