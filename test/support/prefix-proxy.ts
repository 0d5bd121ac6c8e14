import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { TestService } from './service.ts';

/**
 * A proxy that ends the TLS of its clients, removes a prefix from the path, and forwards the request with the client
 * certificate of the service's test client. It answers 404 to any other path, as if another program were there.
 */
export class PrefixProxy {
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #prefix: string;

  private constructor(server: Server, agent: Agent, prefix: string) {
    this.#server = server;
    this.#agent = agent;
    this.#prefix = prefix;
  }

  /** @param prefix the path in front of those of the service: `/tools/scaler` */
  static async start(service: TestService, prefix: string): Promise<PrefixProxy> {
    const { authority, client, port } = service;
    const { cert, key } = await authority.issue({
      commonName: 'proxy',
      sans: ['localhost'],
      usages: ['serverAuth'],
    });
    const agent = new Agent({ ca: authority.cert, cert: client.cert, key: client.key });
    const server = createServer({ cert, key }, async (incoming, answer) => {
      const { method, url = '', headers } = incoming;
      if (!url.startsWith(`${prefix}/`)) return void answer.writeHead(404).end();
      const path = url.slice(prefix.length);
      const outgoing = request({ host: 'localhost', port, agent, method, path, headers });
      try {
        const [[received]] = await Promise.all([once(outgoing, 'response'), pipeline(incoming, outgoing)]);
        answer.writeHead(received.statusCode, received.headers);
        await pipeline(received, answer);
      } catch {
        answer.destroy();
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PrefixProxy(server, agent, prefix);
  }

  /** The base URL of the service at the proxy. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `https://localhost:${port}${this.#prefix}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }
}
