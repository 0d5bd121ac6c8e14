import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationList } from '../../../src/tls/revocation-list.ts';
import type { TlsMaterial } from '../../../src/tls/secure-context.ts';
import { ClientTrust } from '../../../src/tls/trust.ts';
import { opensslCertificate } from '../../support/tls/openssl.ts';
import { issueSet, type TlsSet } from '../../support/tls/tls-folder.ts';
import { TlsServer } from '../../support/tls/tls-server.ts';
import {
  bundle,
  CA,
  type Case,
  cases,
  issue,
  low,
  middle,
  other,
  root,
} from '../../support/tls/trust-cases.ts';

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
    verifies: new ClientTrust(material).verifies(lenient.certificate),
    shown: lenient.certificate.issuerCertificate !== undefined,
  };
}

describe('the trust in a client agrees with a handshake about', () => {
  it.each(Object.keys(cases))('%s', async (title) => {
    const subject = await cases[title]?.();
    if (subject === undefined) throw new Error('no such case');
    const { accepted, verifies, reason } = await judge(subject);
    expect({ accepted, verifies, reason }).toMatchObject({
      accepted: subject.passes,
      verifies: subject.passes,
    });
  });
});

describe('intermediates that the client sends', () => {
  it.each([
    ['one', () => middle],
    ['two', () => low],
  ])('are followed as far as Node shows them: %s', async (_title, authority) => {
    const { chain, key } = await issue(authority());
    const { accepted, verifies, shown } = await judge({
      client: { cert: chain, key },
      ca: root.cert,
      passes: true,
    });
    expect(accepted).toBe(true);
    expect(verifies).toBe(shown);
    expect(shown).toBe(Number(process.versions.node.split('.')[0]) >= 26);
  });

  it('never make up for a root that is gone', async () => {
    const { chain, key } = await issue(middle);
    const client = { cert: `${chain}\n${root.cert}`, key };
    expect(await judge({ client, ca: other.cert, passes: false })).toMatchObject({
      accepted: false,
      verifies: false,
    });
  });

  it('need a CRL of an authority of the bundle', async () => {
    const { chain, key } = await issue(middle);
    const subject = {
      client: { cert: chain, key },
      ca: root.cert,
      crls: [await root.createCrl([])],
      passes: false,
    };
    expect(await judge(subject)).toMatchObject({
      accepted: false,
      verifies: false,
      reason: expect.stringContaining('CRL'),
    });
  });
});

describe('where OpenSSL has a choice, the trust in a client', () => {
  it('says no unless every choice is good', async () => {
    const { cert } = await issue(root);
    // The same name and key below another root, which is not in the bundle.
    const cross = await opensslCertificate({
      subject: '/CN=root',
      extensions: CA,
      issuer: other,
      key: root.key,
    });
    const certificate = new X509Certificate(cert);
    expect(new ClientTrust({ clientCa: root.cert }).verifies(certificate)).toBe(true);
    expect(new ClientTrust({ clientCa: bundle(root, cross, other) }).verifies(certificate)).toBe(true);
    expect(new ClientTrust({ clientCa: bundle(root, cross) }).verifies(certificate)).toBe(false);
  });
});

describe('the trust in a client', () => {
  it('says no where an authority constrains names, which it does not read', async () => {
    const extensions = [...CA, 'nameConstraints=permitted;DNS:example.com'];
    const authority = await opensslCertificate({ subject: '/CN=constrained', extensions });
    const { cert } = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: authority });
    expect(new ClientTrust({ clientCa: authority.cert }).verifies(new X509Certificate(cert))).toBe(false);
  });

  it('looks at each chain once, however many connections show it', async () => {
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
