import { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Credentials } from '../kubeconfig/credentials.ts';
import { type ConnectOptions, newProxyAgent } from './proxy-agents.ts';

/**
 * The connections that use the same credentials. Calls and watches have separate ones, so watches do not delay calls.
 */
export interface Agents {
  readonly credentials: Credentials;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Creates agents for HTTP/1.1 with keep-alive. HTTP/2 is disabled, because it did not detect within 30 s that a
 * connection was black-holed.
 * @param callConnections how many connections calls may have at a time
 * @param connecting contains the sockets that are being connected, which undici does not close when an agent is
 *   destroyed
 */
export function newAgents(
  credentials: Credentials,
  callConnections: number,
  connecting: Set<Socket>,
): Agents {
  const { tls, proxyUrl } = credentials;
  const connect: ConnectOptions = {
    ...tls,
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const newAgent = (connections: number | null): Dispatcher => {
    const options = { connections, allowH2: false, pipelining: 1, keepAliveTimeout: 30_000 };
    if (proxyUrl === undefined)
      return new Agent({ ...options, connect: recorded(buildConnector(connect), connecting) });
    return newProxyAgent(proxyUrl, options, connect);
  };
  return { credentials, calls: newAgent(callConnections), watches: newAgent(null) };
}

/** A connector that keeps its sockets in a set until they are connected or closed. */
function recorded(connector: buildConnector.connector, connecting: Set<Socket>): buildConnector.connector {
  return (options, callback) => {
    const made: unknown = connector(options, (...result) => {
      if (made instanceof Socket) connecting.delete(made);
      callback(...result);
    });
    if (!(made instanceof Socket)) return;
    connecting.add(made);
    made.once('close', () => connecting.delete(made));
  };
}
