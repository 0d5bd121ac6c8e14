import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { askPassword } from './ask-password.ts';
import { ConnectError } from './connect-error.ts';
import { kubeconfigFiles, kubeconfigIdentity, type PemPair } from './kubeconfig.ts';
import type { Env, IdentitySource, Settings } from './settings.ts';

/** What TLS needs of the caller, ready to connect. */
export interface Identity {
  readonly secureContext: SecureContext;
  /** Where the client certificate comes from, for messages. */
  readonly from: string;
}

/**
 * Reads the client certificate, its key and the CAs, and checks what can be checked without the service.
 * @throws ConnectError if a file is missing or broken, the key does not fit, or the certificate has expired
 */
export async function loadIdentity({ identity, ca }: Settings, env: Env): Promise<Identity> {
  const authorities = await authoritiesIn(ca);
  if (identity.kind === 'p12') return openP12(identity.file, authorities, env);
  const pair = await pemPair(identity, env);
  checkDates(pair);
  try {
    const { cert, key } = pair;
    return { secureContext: createSecureContext({ cert, key, ca: authorities }), from: pair.from };
  } catch (error) {
    throw usage(pemProblem(error, identity, pair.from), error);
  }
}

async function pemPair(identity: Exclude<IdentitySource, { kind: 'p12' }>, env: Env): Promise<PemPair> {
  if (identity.kind === 'kubeconfig') {
    return kubeconfigIdentity(identity.kubeconfig ?? kubeconfigFiles(env), identity.context);
  }
  // One after another: if both are missing, it is the certificate of which to speak.
  const cert = await read(identity.cert, 'the client certificate');
  return { cert, key: await read(identity.key, 'the key'), from: identity.cert };
}

function checkDates({ cert, from }: PemPair): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (cause) {
    throw usage(`${from} has no certificate in PEM form (it begins with -----BEGIN CERTIFICATE-----)`, cause);
  }
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() < Date.now()) throw new ConnectError(expired(from, validToDate));
  if (validFromDate.getTime() > Date.now()) {
    throw new ConnectError(
      `The client certificate in ${from} is valid from ${validFromDate.toISOString()} on only. Check the clock of this machine`,
    );
  }
}

/** What to say of a client certificate that has expired. */
export function expired(from: string, at: Date): string {
  return (
    `The client certificate in ${from} expired at ${at.toISOString()}. ` +
    'Get a new one, put it there or name it with `scaler login`'
  );
}

async function openP12(file: string, ca: readonly string[], env: Env): Promise<Identity> {
  const pfx = await read(file, 'the .p12 file');
  const open = (passphrase: string) => ({
    secureContext: createSecureContext({ pfx, passphrase, ca: [...ca] }),
    from: file,
  });
  const stored = env.SCALER_P12_PASSWORD;
  try {
    return open(stored ?? '');
  } catch (error) {
    const wrongPassword = error instanceof Error && error.message === 'mac verify failure';
    if (!wrongPassword) throw usage(p12Problem(error, file), error);
    if (stored !== undefined) throw usage(`The password in SCALER_P12_PASSWORD does not open ${file}`, error);
  }
  const password = await askPassword(`Password of ${file}: `);
  if (password === undefined) {
    throw usage(`${file} has a password, and there is no terminal to ask for it. Set SCALER_P12_PASSWORD`);
  }
  try {
    return open(password);
  } catch (error) {
    throw usage(`That password does not open ${file}. Try again`, error);
  }
}

/** CAs, PEM: of the file, or of the system, whose list may have the same one several times. */
async function authoritiesIn(file: string | undefined): Promise<string[]> {
  if (file === undefined) {
    const system = getCACertificates('system');
    return [
      ...new Set([
        ...(system.length > 0 ? system : getCACertificates('bundled')),
        ...getCACertificates('extra'),
      ]),
    ];
  }
  const pem = await read(file, 'the CA');
  try {
    // TLS would take a file without a certificate for an empty list of CAs.
    new X509Certificate(pem);
  } catch (cause) {
    throw usage(
      `${file} has no CA certificate in PEM form (it begins with -----BEGIN CERTIFICATE-----)`,
      cause,
    );
  }
  return [pem.toString('latin1')];
}

function pemProblem(error: unknown, identity: IdentitySource, from: string): string {
  const key = identity.kind === 'pem' ? identity.key : from;
  const code = codeOf(error);
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') {
    return `The key in ${key} is not that of the client certificate in ${from}. Give the two that belong together`;
  }
  if (code === 'ERR_OSSL_BAD_DECRYPT' || code === 'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED') {
    return (
      `The key in ${key} has a password. Put both into a .p12 file, whose password is asked for: ` +
      `openssl pkcs12 -export -in ${from} -inkey ${key} -out client.p12; and give it with --p12 client.p12`
    );
  }
  const hint = identity.kind === 'pem' && key === from ? '. Name the file of the key with --key' : '';
  return `${key} has no private key in PEM form that fits ${from}${hint} (${messageOf(error)})`;
}

function p12Problem(error: unknown, file: string): string {
  if (codeOf(error) === 'ERR_CRYPTO_UNSUPPORTED_OPERATION') {
    return (
      `${file} is encrypted in an old way that OpenSSL 3 refuses. Convert it: ` +
      `openssl pkcs12 -legacy -in ${file} -nodes -out client.pem; and give it with --cert client.pem`
    );
  }
  return `${file} is not a .p12 file with a certificate and its key (${messageOf(error)})`;
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw usage(`Cannot read ${what}: ${messageOf(error)}`, error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function usage(message: string, cause?: unknown): ConnectError {
  return new ConnectError(message, { usage: true, cause });
}
