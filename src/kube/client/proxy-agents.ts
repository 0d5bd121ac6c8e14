import { isIP } from 'node:net';
import { SocksClient } from 'socks';
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Credentials } from '../kubeconfig/credentials.ts';
import { hostOf, portOf } from '../kubeconfig/environment-proxy.ts';

/** How the connections to an API server are made. */
export type ConnectOptions = Credentials['tls'] & {
  readonly allowH2: boolean;
  /** The time for a connection, in milliseconds. */
  readonly timeout: number;
  readonly keepAlive: boolean;
  /** In milliseconds. */
  readonly keepAliveInitialDelay: number;
};

/**
 * An agent whose connections go through a proxy.
 * @param proxyUrl begins with `http://`, `https://` or `socks5://`
 * @param options those of the agent
 * @param connect those of the connections to the API server. As in kubectl, its CA is that of a proxy with TLS too
 */
export function newProxyAgent(
  proxyUrl: string,
  options: Omit<Agent.Options, 'connect'>,
  connect: ConnectOptions,
): Dispatcher {
  const proxy = new URL(proxyUrl);
  if (proxy.protocol === 'socks5:') return new Agent({ ...options, connect: throughSocks(proxy, connect) });
  const { ca, rejectUnauthorized, timeout } = connect;
  const trust = { ca, rejectUnauthorized };
  const toProxy = withoutAddressAsName(buildConnector({ ...trust, allowH2: false, timeout }));
  return new ProxyAgent({
    ...options,
    uri: proxyUrl,
    requestTls: connect,
    clientFactory: (origin) => new Pool(origin, { connect: toProxy }),
  });
}

/**
 * Connects through a SOCKS5 proxy, which resolves the name of the API server. The SOCKS support of undici 8.12 is
 * experimental, and takes an IP address for a server name, which Node 26 refuses.
 */
function throughSocks(proxy: URL, connect: ConnectOptions): buildConnector.connector {
  const encrypted = buildConnector(connect);
  return (options, callback) => {
    const opening = SocksClient.createConnection({
      command: 'connect',
      destination: { host: hostOf(options), port: Number(portOf(options)) },
      proxy: {
        type: 5,
        host: hostOf(proxy),
        port: Number(portOf(proxy)),
        ...(proxy.username === '' ? {} : { userId: decodeURIComponent(proxy.username) }),
        ...(proxy.password === '' ? {} : { password: decodeURIComponent(proxy.password) }),
      },
      timeout: connect.timeout,
    });
    opening.then(
      ({ socket }) => {
        if (options.protocol === 'https:') encrypted({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error) => callback(error, null),
    );
  };
}

/** ProxyAgent passes the host of the proxy as a server name, but a server name must not be an IP address. */
function withoutAddressAsName(connector: buildConnector.connector): buildConnector.connector {
  return ({ servername, ...options }, callback) =>
    connector(
      servername === undefined || isIP(servername) !== 0 ? options : { ...options, servername },
      callback,
    );
}
