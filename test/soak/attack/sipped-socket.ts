import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';

/** A TCP connection that reads only a few bytes at a time from the kernel, where the rest stays. */
export class SippedSocket extends Duplex {
  /** Whether each sip must be requested. Before that, everything is read as it arrives. */
  sipping = false;
  readonly #socket: Socket;

  constructor(options: TcpNetConnectOpts, bytes: number) {
    super();
    const buffer = Buffer.alloc(bytes);
    this.#socket = connect({
      ...options,
      onread: {
        buffer,
        callback: (length: number) => {
          this.push(Buffer.from(buffer.subarray(0, length)));
          return !this.sipping;
        },
      },
    });
    this.#socket.on('error', (error) => this.destroy(error));
    this.#socket.on('close', () => this.destroy());
    this.#socket.on('end', () => this.push(null));
  }

  /** Reads the next few bytes. */
  sip(): void {
    this.#socket.resume();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
