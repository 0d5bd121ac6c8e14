import { X509Certificate } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { loadTlsMaterial, type TlsFiles } from '../../../src/tls/material.ts';
import { TlsReloader, type TlsReloaderOptions } from '../../../src/tls/reloader.ts';
import { secureContextOptions, type TlsMaterial } from '../../../src/tls/secure-context.ts';
import { until } from '../until.ts';
import { issueSet, newSet, type TlsFolder, type TlsSet } from './tls-folder.ts';
import { type ClientKeys, type Outcome, TlsServer } from './tls-server.ts';

/** Longer than any test: there is one look, or one reading of it, and no other. */
export const NEVER_MS = 2_000_000_000;

/** One log line. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** A reloader, with what it has applied and logged. It is stopped when the test ends. */
export class ObservedReloader {
  readonly reloader: TlsReloader;
  readonly applied: { material: TlsMaterial; trustChanged: boolean }[] = [];
  readonly lines: Line[] = [];
  /** How often the files were read. */
  readings = 0;

  constructor(files: TlsFiles, options: Partial<TlsReloaderOptions> = {}) {
    const log = (level: Line['level']) => (context: object, message: string) => {
      this.lines.push({ level, message, context: { ...context } });
    };
    const counted: TlsFiles = Object.create(files, {
      cert: {
        get: () => {
          this.readings += 1;
          return files.cert;
        },
      },
    });
    const { apply, ...others } = options;
    this.reloader = new TlsReloader({
      files: counted,
      material: loadTlsMaterial(files),
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      apply: (material, change) => {
        apply?.(material, change);
        this.applied.push({ material, ...change });
      },
      // Longer than the pauses of a busy machine between the files of a set.
      settleMs: 200,
      ...others,
    });
    this.readings = 0;
    onTestFinished(() => this.reloader.stop());
  }

  get errors(): Line[] {
    return this.lines.filter(({ level }) => level === 'error');
  }
}

/** A server that reloads the files of a folder. */
export async function startReloadingServer(
  files: TlsFiles,
  options: Partial<TlsReloaderOptions> = {},
): Promise<{ server: TlsServer; observed: ObservedReloader }> {
  const server = await TlsServer.start(loadTlsMaterial(files));
  const observed = new ObservedReloader(files, {
    ...options,
    apply: (material) => server.server.setSecureContext(secureContextOptions(material)),
  });
  observed.reloader.start();
  return { server, observed };
}

/** Whether a handshake shows this server certificate. */
export async function serves(server: TlsServer, cert: string, client: ClientKeys): Promise<boolean> {
  const outcome: Outcome = await server.request(client);
  return outcome.accepted && outcome.server === new X509Certificate(cert).fingerprint256;
}

/** A server with a set of files, another set of the same authority, and a client. */
export async function startOn(make: (set: TlsSet) => Promise<TlsFolder>, pollMs: number) {
  const { authority, ...set } = await newSet();
  const folder = await make(set);
  const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
  const { server, observed } = await startReloadingServer(folder.files, { pollMs });
  await until(() => observed.readings > 0);
  return { folder, server, observed, client, next: await issueSet(authority), authority };
}
