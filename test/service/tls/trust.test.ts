import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { checkTlsMaterial } from '../../../src/tls/material.ts';
import type { TlsContents } from '../../../src/tls/secure-context.ts';
import { ClientTrust } from '../../../src/tls/trust.ts';
import { opensslCertificate } from '../../support/tls/openssl.ts';
import { issueSet, type TlsSet } from '../../support/tls/tls-folder.ts';
import { TlsServer } from '../../support/tls/tls-server.ts';
import { bundle, CA, type Case, cases, issue, other, root } from '../../support/tls/trust-cases.ts';
import { uncheckedMaterial } from '../../support/tls/unchecked-material.ts';

let server: TlsSet;

beforeAll(async () => {
  server = await issueSet(other);
});

/** The trust in the authorities of a bundle, without CRLs. */
function trustIn(clientCa: string): ClientTrust {
  return new ClientTrust(uncheckedMaterial({ ...server, clientCa }));
}

/** Why the set is not loaded; undefined if it is. */
function refusalOf(contents: TlsContents): string | undefined {
  const files = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' };
  try {
    checkTlsMaterial(contents.crl === undefined ? files : { ...files, crl: 'ca.crl' }, contents);
  } catch (error) {
    return String(error);
  }
  return undefined;
}

/** Asks a real handshake and ClientTrust. */
async function judge({ client, ca, crls }: Case) {
  const set = { ...server, clientCa: ca };
  const contents = crls === undefined ? set : { ...set, crl: crls.join('\n') };
  const material = uncheckedMaterial(contents);
  const strict = await TlsServer.start(material);
  const lenient = await TlsServer.start(material, { rejectUnauthorized: false });
  const { accepted, reason } = await strict.request(client);
  await lenient.request(client);
  if (lenient.certificate === undefined) throw new Error('the client showed no certificate');
  return {
    accepted,
    reason,
    stays: new ClientTrust(material).verifies(lenient.certificate),
    refusal: refusalOf(contents),
  };
}

describe('a connection of a client stays open only where a new handshake would pass', () => {
  it.each(Object.keys(cases))('%s', async (title) => {
    const subject = await cases[title]?.();
    if (subject === undefined) throw new Error('no such case');
    const { passes, stays = passes } = subject;
    expect(passes || !stays, 'the case expects a wrong yes').toBe(true);
    const verdict = await judge(subject);
    expect(verdict).toMatchObject({ accepted: passes, stays });
    if (passes) expect(verdict.refusal, 'a set that works is not loaded').toBeUndefined();
  });

  it('several authorities of the same name and key: all must be good', async () => {
    const { cert } = await issue(root);
    // The same name and key below another root.
    const cross = await opensslCertificate({
      subject: '/CN=root',
      extensions: CA,
      issuer: other,
      key: root.key,
    });
    const certificate = new X509Certificate(cert);
    expect(trustIn(root.cert).verifies(certificate)).toBe(true);
    expect(trustIn(bundle(root, cross)).verifies(certificate)).toBe(false);
    expect(trustIn(bundle(root, cross, other)).verifies(certificate)).toBe(false);
  });
});

describe('the trust in clients', () => {
  it('looks at each certificate once, however many connections show it', async () => {
    const { cert } = await issue(root);
    const trust = trustIn(root.cert);
    const verify = vi.spyOn(X509Certificate.prototype, 'verify');
    for (let connection = 0; connection < 100; connection += 1) {
      expect(trust.verifies(new X509Certificate(cert))).toBe(true);
    }
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });
});
