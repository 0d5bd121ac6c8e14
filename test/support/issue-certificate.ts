import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata'; // @peculiar/x509 requires its user to load it first
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

/** The purposes of a leaf certificate: the names in its extendedKeyUsage extension. */
export type KeyPurpose = 'serverAuth' | 'clientAuth';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  /** The certificate and its intermediate CAs, leaf first, without the root, as a TLS server sends them. */
  readonly chain: string;
  /** Serial number, lower-case hexadecimal. */
  readonly serial: string;
}

/** The fields of a CA certificate. */
export interface AuthorityOptions {
  readonly commonName: string;
  /** Default: one hour ago, so that a clock that is slightly behind does no harm. */
  readonly notBefore?: Date;
  /** Default: 24 hours from now. */
  readonly notAfter?: Date;
}

/** The fields of a leaf certificate. */
export interface LeafOptions extends AuthorityOptions {
  /** One O attribute per entry. Kubernetes reads them as groups. */
  readonly organizations?: readonly string[];
  /** DNS names, IP addresses and URIs with `://`, distinguished by their form. */
  readonly sans?: readonly string[];
  /** Default: none. If this is empty, the certificate has no extendedKeyUsage extension. */
  readonly usages?: readonly KeyPurpose[];
  /** Hexadecimal. Default: random. */
  readonly serial?: string;
}

/** The fields of a CRL. */
export interface CrlOptions {
  /** Default: one hour ago. */
  readonly thisUpdate?: Date;
  /** Default: 24 hours from now. A CRL must not be relied on after this time (RFC 5280, section 5.1.2.5). */
  readonly nextUpdate?: Date;
}

/** The holder of a certificate. */
interface Subject {
  readonly name: x509.Name;
  readonly keys: webcrypto.CryptoKeyPair;
}

/**
 * A certification authority for tests and demonstrations, with ECDSA P-256, in memory, with results in PEM. It keeps no
 * record of issued certificates.
 */
export class CertificateAuthority {
  readonly cert: string;
  readonly key: string;
  /** This CA and the intermediate CAs above it, without the root. Empty for a root. */
  readonly #chain: string;
  readonly #subject: Subject;

  private constructor(subject: Subject, cert: string, key: string, chain: string) {
    this.#subject = subject;
    this.cert = cert;
    this.key = key;
    this.#chain = chain;
  }

  /** A new self-signed root. */
  static async create(options: AuthorityOptions): Promise<CertificateAuthority> {
    const subject = await newSubject(options.commonName);
    const cert = await sign(subject, subject, options, await authorityExtensions(subject));
    return new CertificateAuthority(subject, cert.toString('pem'), await exportKey(subject), '');
  }

  /** A new CA below this one. */
  async createIntermediate(options: AuthorityOptions): Promise<CertificateAuthority> {
    const subject = await newSubject(options.commonName);
    const cert = await sign(this.#subject, subject, options, await authorityExtensions(subject));
    const pem = cert.toString('pem');
    return new CertificateAuthority(subject, pem, await exportKey(subject), join(pem, this.#chain));
  }

  /** A new key pair and a leaf certificate for it. */
  async issue(options: LeafOptions): Promise<IssuedCertificate> {
    const subject = await newSubject(options.commonName, options.organizations);
    const extensions: x509.Extension[] = [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(this.#subject.keys.publicKey),
    ];
    const usages = options.usages ?? [];
    if (usages.length > 0) {
      extensions.push(
        new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage])),
      );
    }
    const sans = options.sans ?? [];
    if (sans.length > 0) {
      const names = sans.map((value) => ({ type: typeOf(value), value }));
      extensions.push(new x509.SubjectAlternativeNameExtension(names));
    }
    const cert = await sign(this.#subject, subject, options, extensions);
    const pem = cert.toString('pem');
    return {
      cert: pem,
      key: await exportKey(subject),
      chain: join(pem, this.#chain),
      serial: cert.serialNumber,
    };
  }

  /** A CRL, PEM, that revokes these serial numbers (hexadecimal). */
  async createCrl(serials: readonly string[], options: CrlOptions = {}): Promise<string> {
    const crl = await x509.X509CrlGenerator.create({
      issuer: this.#subject.name,
      thisUpdate: options.thisUpdate ?? new Date(Date.now() - HOUR_MS),
      nextUpdate: options.nextUpdate ?? new Date(Date.now() + 24 * HOUR_MS),
      entries: serials.map((serialNumber) => ({ serialNumber, reason: x509.X509CrlReason.keyCompromise })),
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(this.#subject.keys.publicKey)],
      signingAlgorithm: ALGORITHM,
      signingKey: this.#subject.keys.privateKey,
    });
    return x509.PemConverter.encode(crl.rawData, 'X509 CRL');
  }
}

function typeOf(san: string): 'url' | 'ip' | 'dns' {
  if (san.includes('://')) return 'url';
  return isIP(san) === 0 ? 'dns' : 'ip';
}

async function newSubject(commonName: string, organizations: readonly string[] = []): Promise<Subject> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // Not a plain string, because the library would parse it, with a meaning for quotes and a leading #.
  const organization = organizations.map((utf8String) => ({ O: [{ utf8String }] }));
  return { name: new x509.Name([...organization, { CN: [{ utf8String: commonName }] }]), keys };
}

async function authorityExtensions(subject: Subject): Promise<x509.Extension[]> {
  const usages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(usages, true),
    await x509.SubjectKeyIdentifierExtension.create(subject.keys.publicKey),
  ];
}

function sign(issuer: Subject, subject: Subject, options: LeafOptions, extensions: x509.Extension[]) {
  return x509.X509CertificateGenerator.create({
    ...(options.serial === undefined ? {} : { serialNumber: options.serial }),
    subject: subject.name,
    issuer: issuer.name,
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + 24 * HOUR_MS),
    publicKey: subject.keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
}

async function exportKey(subject: Subject): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', subject.keys.privateKey);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

function join(...pems: string[]): string {
  return pems.filter((pem) => pem !== '').join('\n');
}
