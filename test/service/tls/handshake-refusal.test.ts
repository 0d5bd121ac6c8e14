import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { handshakeRefusal } from '../../../src/tls/handshake-refusal.ts';
import { CertificateAuthority, type CrlOptions } from '../../support/issue-certificate.ts';
import { issueSet } from '../../support/tls/tls-folder.ts';
import { TlsServer } from '../../support/tls/tls-server.ts';
import { uncheckedMaterial } from '../../support/tls/unchecked-material.ts';

const HOUR_MS = 3_600_000;
const YESTERDAY = { notBefore: hours(-24), notAfter: hours(-1) };
const TOMORROW = { notBefore: hours(1), notAfter: hours(24) };
/** The beginning of a client hello. */
const HELLO = Buffer.from('16030100f8010000f40303', 'hex');

let authority: CertificateAuthority;
let other: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'test CA' });
  other = await CertificateAuthority.create({ commonName: 'other CA' });
});

function hours(count: number): Date {
  return new Date(Date.now() + count * HOUR_MS);
}

/** Starts a server, lets `attempt` connect to it, and returns why that was refused. */
async function refusal(
  attempt: (port: number) => Socket,
  { revoked = [], ...crl }: CrlOptions & { readonly revoked?: readonly string[] } = {},
): Promise<string> {
  const set = { ...(await issueSet(authority)), crl: await authority.createCrl(revoked, crl) };
  const { server, port } = await TlsServer.start(uncheckedMaterial(set), { handshakeTimeout: 2_000 });
  const refused = new Promise<string>((resolve) => {
    server.once('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      resolve(handshakeRefusal(error, socket)),
    );
  });
  const client = attempt(port).on('error', () => {});
  onTestFinished(() => void client.destroy());
  return refused;
}

const byTls = (options: ConnectionOptions) => (port: number) =>
  connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }).resume();

const bySending = (bytes: string | Buffer) => (port: number) => {
  const socket = connectTcp(port, '127.0.0.1').resume();
  socket.write(bytes);
  return socket;
};

describe('a refused handshake is classified', () => {
  it('by what is wrong with the certificate', async () => {
    const usages = ['clientAuth'] as const;
    const expired = await authority.issue({ commonName: 'client', usages, ...YESTERDAY });
    const early = await authority.issue({ commonName: 'client', usages, ...TOMORROW });
    const server = await authority.issue({ commonName: 'client', usages: ['serverAuth'] });
    const foreign = await other.issue({ commonName: 'client', usages });
    expect(await refusal(byTls({}))).toBe('no_certificate');
    expect(await refusal(byTls(expired))).toBe('expired');
    expect(await refusal(byTls(early))).toBe('not_yet_valid');
    expect(await refusal(byTls(server))).toBe('untrusted');
    expect(await refusal(byTls(foreign))).toBe('untrusted');
    expect(await refusal(byTls({ cert: other.cert, key: other.key }))).toBe('untrusted');
  });

  it('by the CRL that revokes the certificate, or has expired', async () => {
    const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
    expect(await refusal(byTls(client), { revoked: [client.serial] })).toBe('revoked');
    const past = { thisUpdate: hours(-2), nextUpdate: hours(-1) };
    expect(await refusal(byTls(client), past)).toBe('crl');
  });

  it('by what the client speaks', async () => {
    const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
    expect(await refusal(byTls({ ...client, maxVersion: 'TLSv1.2' }))).toBe('protocol');
    expect(await refusal(bySending(Buffer.concat([HELLO, Buffer.alloc(500, 7)])))).toBe('protocol');
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\n\r\n', 'SSH-2.0-OpenSSH_9.9\r\n'])
      expect(await refusal(bySending(bytes))).toBe('not_tls');
  });

  it('by how it ended', async () => {
    expect(await refusal(bySending(HELLO))).toBe('timeout');
    expect(await refusal((port) => bySending(HELLO)(port).end())).toBe('disconnected');
    expect(await refusal(byTls({ rejectUnauthorized: true }))).toBe('disconnected');
  });
});
