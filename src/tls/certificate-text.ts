import type { X509Certificate } from 'node:crypto';
import { oneLine } from '../lib/one-line.ts';

/** Longer names are cut. Those of permitted clients have at most 256 characters. */
const MAX_CHARACTERS = 300;

/** How people tell a certificate from others. Its names may be those that a stranger chose. */
export interface CertificateText {
  /** For example `CN=alice, O=dev`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, as CRLs and openssl have it. */
  readonly serial: string;
  /** When it expires, ISO 8601; undefined: its date cannot be read. */
  readonly expires: string | undefined;
}

/** Describes a certificate for a log or a terminal. Its maker may be a stranger. */
export function certificateText(certificate: X509Certificate): CertificateText {
  const { subject, issuer, serialNumber, validToDate } = certificate;
  return {
    subject: nameText(subject),
    issuer: nameText(issuer),
    serial: serialNumber.slice(0, MAX_CHARACTERS),
    expires: Number.isNaN(validToDate.getTime()) ? undefined : validToDate.toISOString(),
  };
}

/** A name of node:crypto on one line, the attributes separated by commas. Node has escaped what would separate others. */
function nameText(name: string | undefined): string {
  const text = (name ?? '').slice(0, 4 * MAX_CHARACTERS).trim();
  const line = oneLine(text.replaceAll('\n', ', '));
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line;
}
