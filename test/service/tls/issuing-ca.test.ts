import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../../support/issue-certificate.ts';
import { startReloadingServer } from '../../support/tls/reloading-server.ts';
import { issueSet, TlsFolder } from '../../support/tls/tls-folder.ts';
import type { TlsServer } from '../../support/tls/tls-server.ts';
import { until } from '../../support/until.ts';

/** A company root, with two issuing CAs and a client of each. */
let root: CertificateAuthority;
let ours: CertificateAuthority;
let sisters: CertificateAuthority;
let client: IssuedCertificate;
let stranger: IssuedCertificate;

beforeAll(async () => {
  root = await CertificateAuthority.create({ commonName: 'company' });
  ours = await root.createIntermediate({ commonName: 'ours' });
  sisters = await root.createIntermediate({ commonName: 'sisters' });
  client = await issueTo(ours);
  stranger = await issueTo(sisters);
});

afterEach(() => {
  vi.useRealTimers();
});

function issueTo(authority: CertificateAuthority): Promise<IssuedCertificate> {
  return authority.issue({ commonName: 'client', usages: ['clientAuth'] });
}

/** A reloading server with this bundle. */
async function start(clientCa: string) {
  const folder = await TlsFolder.plain(await issueSet(root, clientCa));
  return { folder, ...(await startReloadingServer(folder.files, { pollMs: 10 })) };
}

/** Whether the client is let in, with and without a server name, and with all the chain that it can send. */
async function admissions(server: TlsServer, { cert, chain, key }: IssuedCertificate): Promise<boolean[]> {
  const sent = [cert, chain, `${chain}\n${root.cert}`];
  // Without a server name, as a client does that connects to an IP address.
  const names = [{ servername: 'localhost' }, { servername: '' }];
  const requests = sent.flatMap((pem) => names.map((name) => server.request({ cert: pem, key }, name)));
  return (await Promise.all(requests)).map(({ accepted }) => accepted);
}

const ALWAYS = Array(6).fill(true);
const NEVER = Array(6).fill(false);

describe('a bundle of an issuing CA without its root', () => {
  it('lets in its clients, by name and by IP address, and none of its sisters', async () => {
    const { server } = await start(ours.cert);
    expect(await admissions(server, client)).toEqual(ALWAYS);
    expect(await admissions(server, stranger)).toEqual(NEVER);
    expect(await admissions(server, await issueTo(root))).toEqual(NEVER);
  });

  it('is logged with its names at the start', async () => {
    const { folder, observed } = await start(ours.cert);
    expect(observed.lines[0]).toEqual({
      level: 'info',
      message: 'the client CA bundle holds no root: the clients of these issuing CAs are accepted',
      context: { file: folder.files.clientCa, issuers: ['CN=ours'] },
    });
  });

  it('may replace the bundle of the root, and be replaced by it, at once', async () => {
    const { folder, server, observed } = await start(root.cert);
    expect((await server.request({ cert: stranger.chain, key: stranger.key })).accepted).toBe(true);
    await folder.write({ clientCa: ours.cert });
    await until(() => observed.applied.length === 1);
    expect(await admissions(server, client)).toEqual(ALWAYS);
    expect(await admissions(server, stranger)).toEqual(NEVER);
    await folder.write({ clientCa: `${ours.cert}\n${sisters.cert}` });
    await until(() => observed.applied.length === 2);
    expect(await admissions(server, stranger)).toEqual(ALWAYS);
    await folder.write({ clientCa: sisters.cert });
    await until(() => observed.applied.length === 3);
    expect(await admissions(server, client)).toEqual(NEVER);
    await folder.write({ clientCa: root.cert });
    await until(() => observed.applied.length === 4);
    expect((await server.request({ cert: client.chain, key: client.key })).accepted).toBe(true);
    expect(observed.applied.every(({ trustChanged }) => trustChanged)).toBe(true);
  });
});

describe('an issuing CA in a bundle with roots', () => {
  it('is not trusted without its own, and this is logged', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other' });
    const { folder, server, observed } = await start(`${other.cert}\n${ours.cert}`);
    expect(await admissions(server, client)).toEqual(NEVER);
    expect((await server.request(await issueTo(other))).accepted).toBe(true);
    expect(observed.lines[0]).toEqual({
      level: 'warn',
      message:
        'the clients of these issuing CAs are refused: the client CA bundle holds roots, but not theirs',
      context: { file: folder.files.clientCa, issuers: ['CN=ours'] },
    });
  });

  it('is not logged with its own', async () => {
    const { observed } = await start(`${root.cert}\n${ours.cert}`);
    await until(() => observed.readings > 1);
    expect(observed.lines).toEqual([]);
  });
});

describe('an issuing CA that expires while it is trusted', () => {
  it('is trusted no longer, and its connections are checked, although no file changes', async () => {
    const brief = await root.createIntermediate({
      commonName: 'brief',
      notAfter: new Date(Date.now() + 3_600_000),
    });
    const { server, observed } = await start(`${brief.cert}\n${ours.cert}`);
    const lasting = await issueTo(brief);
    expect(await admissions(server, lasting)).toEqual(ALWAYS);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_700_000 });
    await until(() => observed.applied.length === 1);
    expect(observed.applied[0]).toMatchObject({ trustChanged: true });
    expect(observed.lines.at(-1)).toEqual({
      level: 'warn',
      message: 'an issuing CA has expired or become valid: clients of these are accepted',
      context: { issuers: ['CN=ours'] },
    });
    expect(await admissions(server, lasting)).toEqual(NEVER);
    expect(await admissions(server, client)).toEqual(ALWAYS);
  });
});
