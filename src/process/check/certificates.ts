import { readFileSync } from 'node:fs';
import { certificateText } from '../../tls/certificate-text.ts';
import { loadTlsMaterial, type TlsFiles } from '../../tls/material.ts';
import { certificatesIn, crlsIn, TlsMaterialError } from '../../tls/tls-file.ts';
import type { Finding } from './findings.ts';

const DAY_MS = 86_400_000;
/** The service warns from then on too. */
const SOON_DAYS = 14;

/**
 * Describes each certificate and CRL, and checks the files together as the start of the service does: the key belongs to
 * the certificate, and CRLs cover each CA.
 */
export function* checkCertificates(files: TlsFiles): Generator<Finding> {
  yield* described(files.cert, 'server certificate', certificates);
  yield* described(files.clientCa, 'client CA', certificates);
  if (files.crl !== undefined) yield* described(files.crl, 'CRL', revocationLists);
  try {
    loadTlsMaterial(files);
    const crl =
      files.crl === undefined ? 'there is no CRL: revocation is not checked' : 'a CRL covers each CA';
    yield { verdict: 'ok', what: `the key belongs to the certificate, the client CAs are usable, ${crl}` };
  } catch (error) {
    if (!(error instanceof TlsMaterialError)) throw error;
    yield {
      verdict: 'FAILED',
      what: error.message,
      notes: ['the service does not start; docs/reference/certificates.md says what the files must hold'],
    };
  }
}

type Read = (text: string, file: string, kind: string) => Finding[];

/** Nothing for a file that cannot be read: the check of all together says so. */
function described(file: string, kind: string, read: Read): Finding[] {
  try {
    return read(readFileSync(file, 'utf8'), file, kind);
  } catch {
    return [];
  }
}

function certificates(text: string, file: string, kind: string): Finding[] {
  return certificatesIn(text, file).map((certificate) => {
    const { subject, issuer, serial } = certificateText(certificate);
    const what = `${kind} ${file}: ${subject}, issuer ${issuer}, serial ${serial}`;
    return expiring(what, certificate.validToDate, ['issue a new one in time']);
  });
}

function revocationLists(text: string, file: string, kind: string): Finding[] {
  return crlsIn(text, file).map((list) => {
    const what = `${kind} ${file}: of ${list.issuer}, ${list.revokedSerials().size} revoked`;
    if (list.nextUpdate === undefined) return { verdict: 'ok', what: `${what}, no next update` };
    return expiring(what, list.nextUpdate, [
      'from then on every client of its issuer is refused',
      'renew it in time, for example by hack/crl.sh renew',
    ]);
  });
}

function expiring(what: string, until: Date, notes: readonly string[]): Finding {
  const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
  const when = days < 0 ? 'expired' : days === 0 ? 'less than a day left' : `${days} days left`;
  const text = `${what}, until ${until.toISOString()} (${when})`;
  return days >= SOON_DAYS ? { verdict: 'ok', what: text } : { verdict: 'warning', what: text, notes };
}
