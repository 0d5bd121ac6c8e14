import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate and its key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** For example `/CN=root`. */
  readonly subject: string;
  /** For example `basicConstraints=critical,CA:TRUE,pathlen:0`. */
  readonly extensions: readonly string[];
  /** Default: the certificate itself. */
  readonly issuer?: Pair;
  /** The arguments of -newkey. Default: ECDSA P-256. */
  readonly newKey?: readonly string[];
  /** An existing key instead of a new one. */
  readonly key?: string;
  readonly serial?: string;
  /** Sections of the configuration that the extensions refer to. */
  readonly sections?: string;
}

/** Makes a certificate with openssl, if test/support/issue-certificate.ts cannot, or as an independent check. */
export async function opensslCertificate(request: CertificateRequest): Promise<Pair> {
  const { subject, extensions, issuer, serial, sections = '' } = request;
  return inFolder(async (file) => {
    const args = ['req', '-x509', '-nodes', '-days', '1', '-subj', subject, '-out', file('cert')];
    args.push('-config', file('config'));
    await writeFile(file('config'), `[req]\ndistinguished_name=dn\n[dn]\n${sections}`);
    if (request.key === undefined) {
      args.push('-newkey', ...(request.newKey ?? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']));
      args.push('-keyout', file('key'));
    } else {
      await writeFile(file('key'), request.key);
      args.push('-key', file('key'));
    }
    if (issuer !== undefined) {
      await writeFile(file('issuer'), issuer.cert);
      await writeFile(file('issuer-key'), issuer.key);
      args.push('-CA', file('issuer'), '-CAkey', file('issuer-key'));
    }
    if (serial !== undefined) args.push('-set_serial', serial);
    for (const extension of extensions) args.push('-addext', extension);
    await run('openssl', args);
    return { cert: await readFile(file('cert'), 'utf8'), key: await readFile(file('key'), 'utf8') };
  });
}

/**
 * Makes a CRL of these serial numbers (hexadecimal) with these extensions, with openssl.
 * @param signature options of the signature, as `openssl ca -sigopt` takes them
 */
export async function opensslCrl(
  issuer: Pair,
  serials: readonly string[],
  extensions: readonly string[] = ['authorityKeyIdentifier=keyid'],
  digest = 'sha256',
  signature: readonly string[] = [],
): Promise<string> {
  return inFolder(async (file) => {
    const lines = serials.map(
      (serial) => `R\t491231235959Z\t260101000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n`,
    );
    await writeFile(file('index'), lines.join(''));
    await writeFile(file('number'), '0A\n');
    await writeFile(file('cert'), issuer.cert);
    await writeFile(file('key'), issuer.key);
    const config = [
      '[ca]\ndefault_ca=own\n[own]',
      `database=${file('index')}\ncrlnumber=${file('number')}\ndefault_md=${digest}`,
      `default_crl_hours=24\ncrl_extensions=extensions\n[extensions]\n${extensions.join('\n')}\n`,
    ];
    await writeFile(file('config'), config.join('\n'));
    const args = ['ca', '-gencrl', '-config', file('config'), '-cert', file('cert'), '-keyfile', file('key')];
    for (const option of signature) args.push('-sigopt', option);
    await run('openssl', [...args, '-out', file('crl')]);
    return readFile(file('crl'), 'utf8');
  });
}

/** A certificate and its key as a PKCS #12 file with this password. */
export async function opensslP12({ cert, key }: Pair, password: string): Promise<Buffer> {
  return inFolder(async (file) => {
    await writeFile(file('pem'), `${cert}\n${key}`);
    await run('openssl', [
      'pkcs12',
      '-export',
      '-in',
      file('pem'),
      '-out',
      file('p12'),
      '-passout',
      `pass:${password}`,
    ]);
    return readFile(file('p12'));
  });
}

async function inFolder<T>(action: (file: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'openssl-test-'));
  try {
    return await action((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
