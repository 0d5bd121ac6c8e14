import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

/** An answer as it arrived on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** The headers by lower-case name. A repeated name has all its values, separated by newlines. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The address to connect to, and the certificate to use. */
export interface RawTarget {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** An existing TCP connection. */
  readonly socket?: Socket;
}

/** A TLS connection that sends arbitrary bytes and keeps everything that it receives. */
export class RawConnection {
  readonly socket: TLSSocket;
  /** The received bytes, as Latin-1. */
  received = '';
  /** Whether the server ended the connection, with FIN or RST. */
  cut = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.cut = true;
      });
    }
    socket.on('error', () => {});
  }

  /** Resolves once the handshake is done or the server has refused it (see `cut`). */
  static async open(target: RawTarget): Promise<RawConnection> {
    const options = { host: 'localhost', allowHalfOpen: true, ...target };
    const connection = new RawConnection(connect(options));
    await Promise.race([once(connection.socket, 'secureConnect'), connection.#closed()]).catch(() => {});
    return connection;
  }

  send(bytes: string | Buffer): this {
    if (this.socket.writable) this.socket.write(bytes, 'latin1');
    return this;
  }

  /** The complete answers among the received bytes. */
  get answers(): RawAnswer[] {
    return parseAnswers(this.received);
  }

  /** Resolves once the server has ended the connection. */
  async ended(): Promise<this> {
    if (!this.cut) await this.#closed();
    return this;
  }

  close(): void {
    this.socket.destroy();
  }

  #closed(): Promise<unknown> {
    return new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', resolve);
    });
  }
}

/** Sends the bytes on a new connection, and resolves with all answers once the server has ended it. */
export async function exchange(target: RawTarget, bytes: string | Buffer): Promise<RawAnswer[]> {
  const connection = await RawConnection.open(target);
  try {
    return (await connection.send(bytes).ended()).answers;
  } finally {
    connection.close();
  }
}

/** Reads answers one after another. An incomplete answer at the end is omitted. */
function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let at = 0;
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd === -1) return answers;
    const [statusLine = '', ...lines] = text.slice(at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN);
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = name in headers ? `${headers[name]}\n${value}` : value;
    }
    const length = status < 200 ? 0 : Number(headers['content-length'] ?? 0);
    const start = headEnd + 4;
    if (text.length < start + length) return answers;
    answers.push({ status, headers, body: text.slice(start, start + length) });
    at = start + length;
  }
}
