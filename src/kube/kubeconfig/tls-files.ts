import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { decodePem, encodePem, PemError, pemBlocks } from '../../lib/pem.ts';
import type { ClusterFields, UserFields } from './kubeconfig-file.ts';

/** A certificate with its key, both PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The files of a kubeconfig, or the data in it instead. */
export interface TlsFiles {
  /** The CA certificates of the API server, PEM, one by one; undefined: the CAs that Node trusts. */
  readonly ca: string[] | undefined;
  readonly client: ClientCertificate | undefined;
}

/** The text of a file or of a field, and how messages name it. */
interface Source {
  readonly name: string;
  readonly text: string;
}

/** Reads the files that the kubeconfig names. @throws Error that names the file or the field that is not usable */
export async function readTlsFiles(cluster: ClusterFields, user: UserFields): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all([
    sourceOf('certificate-authority', cluster),
    sourceOf('client-certificate', user),
    sourceOf('client-key', user),
  ]);
  return {
    ca: ca === undefined ? undefined : certificatesIn(ca),
    client: cert === undefined || key === undefined ? undefined : clientCertificate(cert, key),
  };
}

/** The options of a connection. @param client the certificate to present; undefined: none */
export function tlsOptions(
  cluster: ClusterFields,
  ca: TlsFiles['ca'],
  client: ClientCertificate | undefined,
): Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'> {
  const servername = cluster['tls-server-name'];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...client,
    ...(servername === undefined ? {} : { servername }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { rejectUnauthorized: false } : {}),
  };
}

/**
 * The certificate in a form that OpenSSL reads in full.
 * @throws Error if it cannot be used with the key
 */
export function clientCertificate(cert: Source, key: Source): ClientCertificate {
  const client = { cert: certificatesIn(cert).join(''), key: privateKeyIn(key) };
  try {
    createSecureContext(client);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new Error(`${cert.name} cannot be used with ${key.name}${code}`);
  }
  return client;
}

async function sourceOf(
  name: 'certificate-authority' | 'client-certificate' | 'client-key',
  fields: Readonly<Record<string, unknown>>,
): Promise<Source | undefined> {
  const { [name]: file, [`${name}-data`]: data } = fields;
  if (typeof data === 'string')
    return { name: `${name}-data of the kubeconfig`, text: Buffer.from(data, 'base64').toString() };
  return typeof file === 'string' ? { name: file, text: await readFile(file, 'utf8') } : undefined;
}

/** The certificates of a file, which may also hold a key. */
function certificatesIn({ name, text }: Source): string[] {
  const found = blocksIn(name, text, (label) => label === 'CERTIFICATE');
  if (found.length === 0) throw new Error(`${name} holds no certificate`);
  for (const [index, certificate] of found.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw new Error(`${name}: certificate ${index + 1} is damaged`);
    }
  }
  return found;
}

function privateKeyIn({ name, text }: Source): string {
  const [key] = blocksIn(name, text, (label) => /(?:^| )PRIVATE KEY$/.test(label));
  if (key === undefined) throw new Error(`${name} holds no private key`);
  return key;
}

function blocksIn(name: string, text: string, wanted: (label: string) => boolean): string[] {
  try {
    return pemBlocks(text)
      .filter(({ label }) => wanted(label))
      .map((block) => encodePem(block.label, decodePem(block)));
  } catch (error) {
    throw error instanceof PemError ? new Error(`${name} ${error.message}`) : error;
  }
}
