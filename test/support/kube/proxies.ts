import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { IssuedCertificate } from '../issue-certificate.ts';

/**
 * An HTTP proxy that connects every client to one port of this machine, and forwards requests for whole URLs to another.
 * It lives as long as the test.
 */
export class ConnectProxy {
  /** The addresses that clients asked for. */
  readonly asked: (string | undefined)[] = [];
  /** The Proxy-Authorization headers of the clients. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor(targetPort: number, plainPort: number, certificate: IssuedCertificate | undefined) {
    const server = certificate === undefined ? createServer() : createSecureServer({ ...certificate });
    server.on('request', (request, response) => {
      this.#note(request);
      const { method, headers, url: path } = request;
      const target = { host: '127.0.0.1', port: plainPort, method, headers, path };
      request.pipe(forward(target, (answer) => answer.pipe(response)));
    });
    this.#server = server.on('connect', (request, client, head) => {
      this.#note(request);
      joined(client, targetPort, (far) => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        far.write(head);
      });
    });
  }

  /**
   * @param plainPort the port for requests that name whole URLs
   * @param certificate that of the proxy; undefined: clients reach it without TLS
   */
  static async start(
    targetPort: number,
    plainPort = targetPort,
    certificate?: IssuedCertificate,
  ): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(targetPort, plainPort, certificate);
    await listening(proxy.#server);
    return proxy;
  }

  #note({ url, headers }: IncomingMessage): void {
    this.asked.push(url);
    this.authorizations.push(headers['proxy-authorization']);
  }

  get host(): string {
    return hostOf(this.#server);
  }

  get origin(): string {
    return `http://${this.host}`;
  }
}

const SOCKS5_WITHOUT_PASSWORD = Buffer.from([5, 0]);
const SOCKS5_CONNECTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

/** A SOCKS5 proxy (RFC 1928) that connects every client to a port of this machine. It lives as long as the test. */
export class SocksProxy {
  /** The addresses that clients asked for. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(targetPort: number, plainPort: number) {
    this.#server = createTcpServer((client) => {
      client.once('data', () => {
        client.write(SOCKS5_WITHOUT_PASSWORD);
        client.once('data', (request) => {
          const asked = addressIn(request);
          this.asked.push(asked);
          const port = asked.endsWith(':80') ? plainPort : targetPort;
          joined(client, port, () => client.write(SOCKS5_CONNECTED));
        });
      });
    });
  }

  /** @param plainPort the port for clients that ask for port 80 */
  static async start(targetPort: number, plainPort: number): Promise<SocksProxy> {
    const proxy = new SocksProxy(targetPort, plainPort);
    await listening(proxy.#server);
    return proxy;
  }

  get host(): string {
    return hostOf(this.#server);
  }
}

/** The address in a request to connect: an IPv4 address or a name. */
function addressIn(request: Buffer): string {
  const port = request.readUInt16BE(request.length - 2);
  const isName = request[3] === 3;
  const host = isName ? request.subarray(5, -2).toString() : request.subarray(4, -2).join('.');
  return `${host}:${port}`;
}

/** Connects the client to a port, and passes on what both send. */
function joined(client: Socket | NodeJS.ReadWriteStream, port: number, onOpen: (far: Socket) => void): void {
  const far = connect(port, '127.0.0.1', () => {
    onOpen(far);
    far.pipe(client).pipe(far);
  });
  for (const socket of [far, client]) socket.on('error', () => far.destroy());
}

async function listening(server: Server): Promise<void> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
}

function hostOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
  return `127.0.0.1:${address.port}`;
}
