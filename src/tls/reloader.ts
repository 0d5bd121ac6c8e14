import { readFile } from 'node:fs/promises';
import { FileWatch, readAtRest } from '../lib/file-watch.ts';
import type { Logger } from '../lib/logger.ts';
import { hasIssued } from './authority.ts';
import { ExpiryWarnings } from './expiry-warnings.ts';
import { checkTlsMaterial, type TlsFiles } from './material.ts';
import { type TlsContents, type TlsMaterial, trustedNow } from './secure-context.ts';
import { TlsMaterialError } from './tls-file.ts';

const NO_ROOT = 'the client CA bundle holds no root: the clients of these issuing CAs are accepted';
const ROOT_MISSING =
  'the clients of these issuing CAs are refused: the client CA bundle holds roots, but not theirs';

export interface TlsReloaderOptions {
  readonly files: TlsFiles;
  /** The set that the server was started with. */
  readonly material: TlsMaterial;
  readonly log: Logger;
  /** Starts using a new set. `trustChanged`: the authorities or CRLs differ, so other clients may be accepted. */
  readonly apply: (material: TlsMaterial, change: { readonly trustChanged: boolean }) => void;
  /** See FileWatch. */
  readonly pollMs?: number;
  /** How long the files must stay unchanged before they are used: they rarely change all at once. Default: 100 ms. */
  readonly settleMs?: number;
}

/** For metrics. */
export interface TlsReloadStats {
  /** Sets that were adopted since the start. */
  readonly reloads: number;
  /** Sets that were refused since the start. A refused set that stays in place counts once. */
  readonly failures: number;
  /** Whether the files are currently a refused set. */
  readonly broken: boolean;
  readonly certificateNotAfter: Date;
  /** When the first certificate of the client CA bundle expires. */
  readonly clientCaNotAfter: Date;
  /** The earliest of all CRLs in use. */
  readonly crlNextUpdate: Date | undefined;
}

/**
 * Adopts the TLS files whenever their bytes change. A set that is not usable is refused, logged and counted once; the
 * current set stays in use.
 */
export class TlsReloader {
  readonly #options: TlsReloaderOptions;
  readonly #watch: FileWatch;
  readonly #warnings: ExpiryWarnings;
  #material: TlsMaterial;
  #refused: { readonly contents: TlsContents; readonly reason: string } | undefined;
  #reloads = 0;
  #failures = 0;

  constructor(options: TlsReloaderOptions) {
    const { files, material, log } = options;
    this.#options = options;
    this.#material = material;
    this.#warnings = new ExpiryWarnings(files, log);
    this.#watch = new FileWatch({
      look: (signal) => this.#readAndTake(signal),
      pollMs: options.pollMs,
    });
  }

  /** Reads the files at once, because they may have changed since `material` was read. */
  start(): void {
    this.#logTrust();
    this.#watch.start();
  }

  /** No set is adopted after this call. Once it resolves, nothing is watched any more. */
  async stop(): Promise<void> {
    await this.#watch.stop();
  }

  get stats(): TlsReloadStats {
    const nextUpdates = (this.#material.crls ?? []).flatMap(({ nextUpdate }) => nextUpdate ?? []);
    const earliest = nextUpdates.sort((left, right) => left.getTime() - right.getTime())[0];
    return {
      reloads: this.#reloads,
      failures: this.#failures,
      broken: this.#refused !== undefined,
      certificateNotAfter: this.#material.chain[0].validToDate,
      clientCaNotAfter: new Date(
        Math.min(...this.#material.authorities.map(({ certificate }) => certificate.validToDate.getTime())),
      ),
      crlNextUpdate: earliest,
    };
  }

  async #readAndTake(signal: AbortSignal): Promise<void> {
    const { files, settleMs = 100 } = this.#options;
    const contents = await readAtRest({
      read: () => readAll(files),
      same: sameContents,
      known: (read) =>
        [this.#material.contents, this.#refused?.contents].some((old) => old && sameContents(read, old)),
      settleMs,
      signal,
    });
    if (contents === undefined) return;
    this.#followDates();
    if (sameContents(contents, this.#material.contents)) this.#refused = undefined;
    else this.#take(contents);
    this.#warnings.check(this.#material);
  }

  #take(contents: TlsContents): void {
    const { files, apply, log } = this.#options;
    try {
      const material = checkTlsMaterial(files, contents);
      const changed = changedFiles(contents, this.#material.contents);
      apply(material, { trustChanged: changed.includes('clientCa') || changed.includes('crl') });
      this.#material = material;
      this.#refused = undefined;
      this.#reloads += 1;
      const { certificateNotAfter, crlNextUpdate } = this.stats;
      log.info({ changed, certificateNotAfter, crlNextUpdate }, 'reloaded the TLS files');
      this.#logTrust();
    } catch (error) {
      this.#refuse(contents, error);
    }
  }

  /** Trusts the issuing CAs that are valid now, in a bundle without a root. */
  #followDates(): void {
    const { apply, log } = this.#options;
    const trusted = trustedNow(this.#material.anchors);
    const { trusted: before } = this.#material;
    if (trusted.length === before.length && trusted.every((authority) => before.includes(authority))) return;
    this.#material = { ...this.#material, trusted };
    apply(this.#material, { trustChanged: true });
    log.warn(
      { issuers: trusted.map(({ name }) => name) },
      'an issuing CA has expired or become valid: clients of these are accepted',
    );
  }

  /** Logs which issuing CAs count without a root of theirs, and which do not. */
  #logTrust(): void {
    const { files, log } = this.#options;
    const { authorities, anchors, trusted } = this.#material;
    const hasRoot = anchors.some(({ isRoot }) => isRoot);
    const withoutIssuer = authorities.filter(
      ({ certificate }) => !authorities.some((other) => hasIssued(other, certificate)),
    );
    const issuers = (hasRoot ? withoutIssuer : trusted).map(({ name }) => name);
    if (issuers.length === 0) return;
    const context = { file: files.clientCa, issuers };
    if (hasRoot) log.warn(context, ROOT_MISSING);
    else log.info(context, NO_ROOT);
  }

  /** Refuses a set. As time passes, the same set may be refused for another reason, or be adopted. */
  #refuse(contents: TlsContents, error: unknown): void {
    const reason = error instanceof TlsMaterialError ? error.message : `unexpected: ${error}`;
    const known = this.#refused;
    this.#refused = { contents, reason };
    if (known && known.reason === reason && sameContents(known.contents, contents)) return;
    this.#failures += 1;
    this.#options.log.error({ reason }, 'refused the new TLS files, the old ones stay in use');
  }
}

function pathsOf(files: TlsFiles): [file: keyof TlsFiles, path: string][] {
  const { cert, key, clientCa, crl } = files;
  const required: [keyof TlsFiles, string][] = [
    ['cert', cert],
    ['key', key],
    ['clientCa', clientCa],
  ];
  return crl === undefined ? required : [...required, ['crl', crl]];
}

async function readAll(files: TlsFiles): Promise<TlsContents> {
  const contents = pathsOf(files).map(
    async ([file, path]) => [file, await readFile(path, 'utf8').catch(() => undefined)] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

function changedFiles(left: TlsContents, right: TlsContents): (keyof TlsFiles)[] {
  return (['cert', 'key', 'clientCa', 'crl'] as const).filter((file) => left[file] !== right[file]);
}

function sameContents(left: TlsContents, right: TlsContents): boolean {
  return changedFiles(left, right).length === 0;
}
