import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTlsMaterial } from '../../../src/tls/material.ts';
import { CertificateAuthority, type IssuedCertificate } from '../../support/issue-certificate.ts';
import { startReloadingServer } from '../../support/tls/reloading-server.ts';
import { issueSet, TlsFolder } from '../../support/tls/tls-folder.ts';
import { TlsServer } from '../../support/tls/tls-server.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);

let first: CertificateAuthority;
let second: CertificateAuthority;
let clients: { readonly first: IssuedCertificate; readonly second: IssuedCertificate };

beforeAll(async () => {
  [first, second] = await Promise.all([
    CertificateAuthority.create({ commonName: 'first' }),
    CertificateAuthority.create({ commonName: 'second' }),
  ]);
  const issue = (authority: CertificateAuthority) =>
    authority.issue({ commonName: 'client', usages: ['clientAuth'] });
  clients = { first: await issue(first), second: await issue(second) };
});

/** Both without a line break between them, as `printf %s "$one" "$two"` joins them. */
function joined(one: string, two: string): string {
  return one.trim() + two.trim();
}

/** How many certificates openssl finds in the file. */
async function countByOpenssl(folder: TlsFolder, pem: string): Promise<number> {
  const file = join(folder.path, 'probe.pem');
  await writeFile(file, pem);
  const listing = run('openssl', ['storeutl', '-noout', '-certs', file]).catch(() => ({ stdout: '' }));
  return (await listing).stdout.match(/: Certificate/g)?.length ?? 0;
}

describe('PEM blocks that are joined without a line break', () => {
  it('are not what OpenSSL makes of the file: it misses some, which is why it is given each alone', async () => {
    const folder = await TlsFolder.plain(await issueSet(first));
    expect(await countByOpenssl(folder, `${first.cert}\n${second.cert}`)).toBe(2);
    expect(await countByOpenssl(folder, joined(first.cert, second.cert))).toBeLessThan(2);
  });

  it('in a CA bundle are all trusted: after a rotation, clients of the old and of the new CA are let in', async () => {
    const folder = await TlsFolder.plain(await issueSet(first));
    const { server, observed } = await startReloadingServer(folder.files, { pollMs: 10 });
    expect((await server.request(clients.second)).accepted).toBe(false);
    await folder.write({ clientCa: joined(first.cert, second.cert) });
    await until(() => observed.applied.length === 1);
    expect((await server.request(clients.first)).accepted).toBe(true);
    expect((await server.request(clients.second)).accepted).toBe(true);
  });

  it('in the server chain are all sent: a client that knows only the root accepts the server', async () => {
    const middle = await first.createIntermediate({ commonName: 'middle' });
    const low = await middle.createIntermediate({ commonName: 'low' });
    const server = await low.issue({ commonName: 'localhost', sans: ['localhost'], usages: ['serverAuth'] });
    const cert = joined(joined(server.cert, low.cert), middle.cert);
    const folder = await TlsFolder.plain({ cert, key: server.key, clientCa: first.cert });
    const { request } = await startServer(folder);
    const outcome = await request(clients.first, { ca: first.cert, rejectUnauthorized: true });
    expect(outcome).toMatchObject({
      accepted: true,
      server: new X509Certificate(server.cert).fingerprint256,
    });
  });

  it('in a CRL file all revoke, in whichever of them a client is', async () => {
    const set = await issueSet(first, joined(first.cert, second.cert));
    const empty = await first.createCrl([]);
    const full = await second.createCrl([clients.second.serial]);
    for (const crl of [joined(empty, full), joined(full, empty)]) {
      const { request } = await startServer(await TlsFolder.plain({ ...set, crl }));
      expect((await request(clients.first)).accepted).toBe(true);
      expect(await request(clients.second)).toMatchObject({ accepted: false, reason: 'CERT_REVOKED' });
    }
  });

  it('in a key file are read up to the first key', async () => {
    const { cert, key, clientCa } = await issueSet(first);
    const folder = await TlsFolder.plain({ cert: joined(cert, key), key: joined(cert, key), clientCa });
    const { request } = await startServer(folder);
    expect((await request(clients.first)).accepted).toBe(true);
  });
});

async function startServer(folder: TlsFolder) {
  const server = await TlsServer.start(loadTlsMaterial(folder.files));
  return { request: server.request.bind(server) };
}

describe('certificates under other labels', () => {
  it('named X509 CERTIFICATE, as of old, are trusted', async () => {
    const old = second.cert.replaceAll(' CERTIFICATE', ' X509 CERTIFICATE');
    const folder = await TlsFolder.plain(await issueSet(first, joined(first.cert, old)));
    const { request } = await startServer(folder);
    expect((await request(clients.second)).accepted).toBe(true);
  });

  it('named TRUSTED CERTIFICATE are refused, because their settings for trust would go beyond the bundle', async () => {
    const folder = await TlsFolder.plain(await issueSet(first));
    const [plain, trusted] = ['plain.pem', 'trusted.pem'].map((name) => join(folder.path, name));
    if (plain === undefined || trusted === undefined) throw new Error('no names');
    await writeFile(plain, second.cert);
    await run('openssl', ['x509', '-in', plain, '-addreject', 'clientAuth', '-trustout', '-out', trusted]);
    expect(() => loadTlsMaterial({ ...folder.files, clientCa: trusted })).toThrow(
      `${trusted} holds a certificate with settings of its own for trust in PEM block 1 (TRUSTED CERTIFICATE, line 1): write it as a CERTIFICATE with \`openssl x509 -in FILE -out FILE\``,
    );
  });
});
