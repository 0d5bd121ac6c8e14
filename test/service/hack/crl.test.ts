import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crlsIn } from '../../../src/tls/tls-file.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { opensslCertificate } from '../../support/tls/openssl.ts';
import { until } from '../../support/until.ts';

const hack = (script: string) => resolve(import.meta.dirname, '../../../hack', script);

let root: string; // contains a space, and so do the paths of all folders in it
let set: string; // the files of hack/generate-certs.sh: change only copies
let folders = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crl test-'));
  set = join(root, 'set');
  execFileSync(hack('generate-certs.sh'), ['--dir', set, '--client', 'alice', '--group', 'dev']);
});
afterAll(() => rmSync(root, { recursive: true }));

function copyOfSet(): string {
  folders += 1;
  const folder = join(root, `folder ${folders}`);
  cpSync(set, folder, { recursive: true });
  return folder;
}

function run(...args: string[]) {
  return spawnSync('/bin/bash', [hack('crl.sh'), ...args], { cwd: root, encoding: 'utf8' });
}

function crl(...args: string[]): string {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function failureOf(...args: string[]) {
  const { status, stderr } = run(...args);
  return { status, message: stderr.trim() };
}

const serialOf = (file: string) => new X509Certificate(readFileSync(file)).serialNumber;
const listIn = (folder: string) => {
  const [list] = crlsIn(readFileSync(join(folder, 'crl.pem'), 'utf8'), 'crl.pem');
  return { serials: [...(list?.revokedSerials() ?? [])].sort(), due: list?.nextUpdate?.getTime() ?? 0 };
};
const keyOf = (serial: string) => serial.toLowerCase().replace(/^0+/, '');

describe('hack/crl.sh', () => {
  it('makes an empty list, revokes certificates and serial numbers, and names them', () => {
    const dir = copyOfSet();
    expect(crl('renew', '--dir', dir)).toContain(`start the service with TLS_CRL_FILE=${dir}/crl.pem`);
    expect(listIn(dir).serials).toEqual([]);
    const alice = serialOf(join(dir, 'alice-cert.pem'));
    expect(crl('revoke', join(dir, 'alice-cert.pem'), '0a:1b', 'abc', '--dir', dir)).toContain(
      `revoked ${alice}  /O=dev/CN=alice\nrevoked 0A1B  given by its serial number\nrevoked 0ABC  `,
    );
    expect(listIn(dir).serials).toEqual([keyOf(alice), 'a1b', 'abc'].sort());
    expect(crl('list', '--dir', dir)).toMatch(
      new RegExp(`^${alice}  20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ  /O=dev/CN=alice$`, 'm'),
    );
    expect(readdirSync(dir).filter((name) => name.includes('crl'))).toEqual(['crl.pem']);
  });

  it('keeps what is revoked when it adds to the list and when it renews it', () => {
    const dir = copyOfSet();
    crl('revoke', '0A', '--dir', dir, '--days', '1');
    const { due } = listIn(dir);
    const before = crl('list', '--dir', dir).split('\n')[0];
    crl('revoke', '0B', '--dir', dir);
    expect(crl('revoke', '0b', '--dir', dir)).toContain('revoked already: 0B');
    crl('renew', '--dir', dir, '--days', '60');
    expect(listIn(dir).serials).toEqual(['a', 'b']);
    // The date of the revocation stays.
    expect(crl('list', '--dir', dir).split('\n')[0]).toBe(before);
    expect(listIn(dir).due).toBeGreaterThan(due + 58 * 86_400_000);
  });

  it('keeps the reasons and dates of a list that was made elsewhere', async () => {
    const dir = copyOfSet();
    const authority = await CertificateAuthority.create({ commonName: 'own CA' });
    mkdirSync(join(dir, 'own'));
    const [ca, key, file] = ['ca.pem', 'key.pem', 'list.pem'].map((name) => join(dir, 'own', name));
    if (ca === undefined || key === undefined || file === undefined) throw new Error('no paths');
    writeFileSync(ca, authority.cert);
    writeFileSync(key, authority.key);
    writeFileSync(file, await authority.createCrl(['0c']));
    crl('revoke', '0D', '--ca', ca, '--ca-key', key, '--crl', file);
    const text = execFileSync('openssl', ['crl', '-noout', '-text', '-in', file], { encoding: 'utf8' });
    expect(text).toMatch(/Serial Number: 0C[\s\S]*Key Compromise[\s\S]*Serial Number: 0D/);
    expect(failureOf('list', '--dir', dir, '--crl', file).message).toContain(
      'was not signed with the key of',
    );
  });

  it('refuses a certificate of another CA, and of an earlier CA of the same name', async () => {
    const dir = copyOfSet();
    crl('renew', '--dir', dir);
    const list = readFileSync(join(dir, 'crl.pem'));
    const foreign = await opensslCertificate({ subject: '/CN=foreign', extensions: [] });
    writeFileSync(join(dir, 'foreign.pem'), foreign.cert);
    expect(failureOf('revoke', join(dir, 'foreign.pem'), '--dir', dir)).toEqual({
      status: 1,
      message: expect.stringContaining('was issued by /CN=foreign, not by '),
    });
    cpSync(join(dir, 'alice-cert.pem'), join(dir, 'old.pem'));
    execFileSync(hack('generate-certs.sh'), ['--dir', dir, '--force']);
    rmSync(join(dir, 'crl.pem'));
    crl('renew', '--dir', dir);
    expect(failureOf('revoke', join(dir, 'old.pem'), '--dir', dir).message).toContain('with another key of');
    writeFileSync(join(dir, 'crl.pem'), list);
    expect(failureOf('renew', '--dir', dir).message).toContain('if the CA has been made again');
    // What was refused has changed nothing.
    expect(readFileSync(join(dir, 'crl.pem'))).toEqual(list);
    expect(readdirSync(dir).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  it.each([
    [[], 2, 'name a command'],
    [['frob'], 2, 'unknown command frob'],
    [['revoke'], 2, 'needs a certificate'],
    [['renew', '--days', '0'], 2, '--days takes'],
    [['renew', '--force'], 2, 'unknown option --force'],
    [['revoke', 'no-such-file'], 1, 'neither a file nor a serial number'],
    [['list'], 1, 'there is no list'],
    [['renew', '--ca', 'none.pem'], 1, 'the certificate of the CA cannot be read: none.pem'],
    [['renew', '--ca-key', 'none.pem'], 1, 'the key of the CA cannot be read: none.pem'],
  ])('says what is wrong with %j', (args, status, message) => {
    expect(failureOf(...args, '--dir', set)).toEqual({ status, message: expect.stringContaining(message) });
  });
});

it('a running service reads the list again, refuses the client, and names it in its log', async () => {
  const demo = await FakeApiServer.start();
  try {
    const server = await ServerProcess.start(
      demo.kubeconfig,
      {},
      { TLS_CRL_FILE: (authority) => authority.createCrl([]) },
    );
    const port = await server.port();
    const folder = copyOfSet();
    const files = { ca: server.authority.cert, key: server.authority.key, client: server.client.cert };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), text);
    const { cert, key } = server.client;
    const connectOnce = async () => {
      const socket = connect({ port, host: '127.0.0.1', cert, key, rejectUnauthorized: false });
      socket.on('error', () => {}).resume();
      socket.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      // Not once(), which would throw the error of a refusal.
      await new Promise((resolve) => socket.once('close', resolve));
    };
    await connectOnce();
    expect(server.output).not.toContain('refused a TLS handshake');
    const own = ['--ca', join(folder, 'ca.pem'), '--ca-key', join(folder, 'key.pem')];
    crl('revoke', join(folder, 'client.pem'), ...own, '--crl', server.file('TLS_CRL_FILE'));
    await until(() => server.output.includes('reloaded the TLS files'));
    await connectOnce();
    await until(() => server.output.includes('refused a TLS handshake'));
    const line = server.output.split('\n').find((text) => text.includes('refused a TLS handshake')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      reason: 'revoked',
      certificate: { subject: 'CN=client', serial: serialOf(join(folder, 'client.pem')) },
    });
  } finally {
    await demo.stop();
  }
});
