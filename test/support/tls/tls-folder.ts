import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TlsFiles } from '../../../src/tls/material.ts';
import { CertificateAuthority } from '../issue-certificate.ts';
import { replaceFile } from '../replace-file.ts';

/** The contents of a set of TLS files. */
export interface TlsSet {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  readonly crl?: string;
}

const NAMES = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt', crl: 'ca.crl' };

/** A set with a certificate for localhost, and with the authority as client CA. */
export async function issueSet(authority: CertificateAuthority, clientCa = authority.cert): Promise<TlsSet> {
  const { cert, key } = await authority.issue({
    commonName: 'localhost',
    sans: ['localhost'],
    usages: ['serverAuth'],
  });
  return { cert, key, clientCa };
}

/** A new root and a set that it has issued. */
export async function newSet(): Promise<TlsSet & { authority: CertificateAuthority }> {
  const authority = await CertificateAuthority.create({ commonName: 'test CA' });
  return { ...(await issueSet(authority)), authority };
}

/** A temporary folder with TLS files. It is removed when the test ends. */
export class TlsFolder {
  /** The folder that appears to contain the files. */
  readonly path: string;
  readonly files: TlsFiles;
  #generation = 0;

  private constructor(path: string, set: TlsSet) {
    this.path = path;
    const { cert, key, clientCa, crl } = NAMES;
    const files = { cert: join(path, cert), key: join(path, key), clientCa: join(path, clientCa) };
    this.files = set.crl === undefined ? files : { ...files, crl: join(path, crl) };
  }

  /** A folder that contains the files themselves. */
  static async plain(set: TlsSet): Promise<TlsFolder> {
    const folder = new TlsFolder(await newFolder(), set);
    await folder.write(set);
    return folder;
  }

  /** A folder with links, as the kubelet makes it: `tls.crt -> ..data/tls.crt`, `..data -> ..<time>`. */
  static async projected(set: TlsSet): Promise<TlsFolder> {
    const folder = new TlsFolder(await newFolder(), set);
    await folder.swap(set);
    for (const name of Object.values(NAMES)) await symlink(join('..data', name), join(folder.path, name));
    return folder;
  }

  /** The contents of the files, without the CRL. */
  async read(): Promise<Omit<TlsSet, 'crl'>> {
    const { cert, key, clientCa } = this.files;
    const [first, second, third] = await Promise.all(
      [cert, key, clientCa].map((path) => readFile(path, 'utf8')),
    );
    return { cert: first ?? '', key: second ?? '', clientCa: third ?? '' };
  }

  /** Writes these files in place. */
  async write(set: Partial<TlsSet>): Promise<void> {
    for (const [file, content] of entriesOf(set)) await writeFile(join(this.path, NAMES[file]), content);
  }

  /** Writes these files next to the old ones and renames them over those. */
  async replace(set: Partial<TlsSet>): Promise<void> {
    for (const [file, content] of entriesOf(set)) await replaceFile(join(this.path, NAMES[file]), content);
  }

  /** Updates the files like the kubelet: it makes a new folder, and renames a link to it over the old link. */
  async swap(set: TlsSet): Promise<void> {
    const old = `..generation_${this.#generation}`;
    this.#generation += 1;
    const name = `..generation_${this.#generation}`;
    await mkdir(join(this.path, name));
    for (const [file, content] of entriesOf(set)) {
      await writeFile(join(this.path, name, NAMES[file]), content);
    }
    await symlink(name, join(this.path, '..data_tmp'));
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'));
    await rm(join(this.path, old), { recursive: true, force: true });
  }
}

/** A temporary folder. It is removed when the test ends. */
export async function newFolder(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'tls-test-')), 'tls');
  await mkdir(path);
  onTestFinished(() => rm(join(path, '..'), { recursive: true }));
  return path;
}

function entriesOf(set: Partial<TlsSet>): [keyof typeof NAMES, string][] {
  return (['cert', 'key', 'clientCa', 'crl'] as const).flatMap((file) => {
    const content = set[file];
    return content === undefined ? [] : [[file, content] as [keyof typeof NAMES, string]];
  });
}
