import { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import type { Credentials } from '../kubeconfig/credentials.ts';

/** The connections that are made with the same credentials: watches never take a call's place. */
export interface Agents {
  readonly credentials: Credentials;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * HTTP/1.1 with keep-alive. HTTP/2 is off: it did not notice a black-holed connection within 30 s.
 * @param callConnections how many connections calls may have at a time
 * @param connecting holds the sockets that are being connected, which undici forgets when an agent is destroyed
 */
export function newAgents(
  credentials: Credentials,
  callConnections: number,
  connecting: Set<Socket>,
): Agents {
  const { tls, proxyUrl } = credentials;
  const connect = {
    ...tls,
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const newAgent = (connections: number | null): Dispatcher => {
    const options = { connections, allowH2: false, pipelining: 1, keepAliveTimeout: 30_000 };
    if (proxyUrl === undefined)
      return new Agent({ ...options, connect: noted(buildConnector(connect), connecting) });
    return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect });
  };
  return { credentials, calls: newAgent(callConnections), watches: newAgent(null) };
}

/** A connector that puts its sockets into a set until they are connected, or gone. */
function noted(connector: buildConnector.connector, connecting: Set<Socket>): buildConnector.connector {
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
