import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test ends. */
export class ClientFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<ClientFolder> {
    const path = await mkdtemp(join(tmpdir(), 'cli-test-'));
    onTestFinished(() => rm(path, { recursive: true }));
    return new ClientFolder(path);
  }

  /** Writes a file and returns its path. */
  async write(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, content);
    return path;
  }

  /** Writes a client certificate, its key and the CA of the server, as the options of the command line name them. */
  async credentials(
    { cert, key }: { readonly cert: string; readonly key: string },
    ca: string,
  ): Promise<{ cert: string; key: string; ca: string }> {
    return {
      cert: await this.write('client-cert.pem', cert),
      key: await this.write('client-key.pem', key),
      ca: await this.write('ca-cert.pem', ca),
    };
  }
}
