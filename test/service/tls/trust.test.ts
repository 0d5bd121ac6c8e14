import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationList } from '../../../src/tls/revocation-list.ts';
import type { TlsMaterial } from '../../../src/tls/secure-context.ts';
import { ClientTrust } from '../../../src/tls/trust.ts';
import { opensslCertificate } from '../../support/tls/openssl.ts';
import { issueSet, type TlsSet } from '../../support/tls/tls-folder.ts';
import { TlsServer } from '../../support/tls/tls-server.ts';
import { bundle, CA, type Case, cases, issue, other, root } from '../../support/tls/trust-cases.ts';

let server: TlsSet;

beforeAll(async () => {
  server = await issueSet(other);
});

/** Asks a real handshake and ClientTrust. */
async function judge({ client, ca, crls }: Case) {
  const lists = crls?.map((pem) => new RevocationList(pem));
  const crl = lists && { pem: '', lists };
  const material: TlsMaterial = { cert: server.cert, key: server.key, clientCa: ca, crl };
  const strict = await TlsServer.start(material);
  const lenient = await TlsServer.start(material, { rejectUnauthorized: false });
  const { accepted, reason } = await strict.request(client);
  await lenient.request(client);
  if (lenient.certificate === undefined) throw new Error('the client showed no certificate');
  return {
    accepted,
    reason,
    stays: new ClientTrust(material).verifies(lenient.certificate),
  };
}

describe('a connection of a client stays open only where a new handshake would pass', () => {
  it.each(Object.keys(cases))('%s', async (title) => {
    const subject = await cases[title]?.();
    if (subject === undefined) throw new Error('no such case');
    const { passes, stays = passes } = subject;
    expect(passes || !stays, 'the case expects a wrong yes').toBe(true);
    expect(await judge(subject)).toMatchObject({ accepted: passes, stays });
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
    expect(new ClientTrust({ clientCa: root.cert }).verifies(certificate)).toBe(true);
    expect(new ClientTrust({ clientCa: bundle(root, cross) }).verifies(certificate)).toBe(false);
    expect(new ClientTrust({ clientCa: bundle(root, cross, other) }).verifies(certificate)).toBe(false);
  });
});

describe('the trust in clients', () => {
  it('looks at each certificate once, however many connections show it', async () => {
    const { cert } = await issue(root);
    const trust = new ClientTrust({ clientCa: root.cert });
    const verify = vi.spyOn(X509Certificate.prototype, 'verify');
    for (let connection = 0; connection < 100; connection += 1) {
      expect(trust.verifies(new X509Certificate(cert))).toBe(true);
    }
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });
});
