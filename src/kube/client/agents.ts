import { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import type { Credentials } from '../kubeconfig/credentials.ts';

/** The connections that are made with the same credentials: watches never take a call's place. */
export interface Agents {
  readonly credentials: Credentials;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/**
 * Calls under way at a time, by their kind. No kind waits for another: a flood of writes leaves access reviews their
 * places. The last is for the health probe, with one to spare while a connection is being replaced.
 */
export const CALL_PLACES = { reviews: 10, directReads: 8, writes: 16, events: 4, probes: 2 } as const;
/** Calls that wait for a place; the bound holds for each kind but events. */
export const MAX_WAITING_CALLS = 1_000;
/** Each call has a connection of its own. */
export const MAX_CALL_CONNECTIONS = Object.values(CALL_PLACES).reduce((sum, places) => sum + places, 0);
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * HTTP/1.1 with keep-alive. HTTP/2 is off: it did not notice a black-holed connection within 30 s.
 * @param connecting holds the sockets that are being connected, which undici forgets when an agent is destroyed
 */
export function newAgents(credentials: Credentials, connecting: Set<Socket>): Agents {
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
  return { credentials, calls: newAgent(MAX_CALL_CONNECTIONS), watches: newAgent(null) };
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
