import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, createServer, type SecureContextOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = resolve(import.meta.dirname, '../../../hack/generate-certs.sh');
const ca = ['ca-cert.pem', 'ca-key.pem'];
const server = ['server-cert.pem', 'server-key.pem'];
const client = ['client-cert.pem', 'client-key.pem', 'client.p12'];
const all = [...ca, ...client, ...server];
const day = 86_400_000;

const keyId = expect.stringMatching(/^(keyid:)?[\dA-F:]{59}$/);
const authorityExtensions = {
  'Basic Constraints': 'critical CA:TRUE, pathlen:0',
  'Key Usage': 'critical Certificate Sign, CRL Sign',
  'Subject Key Identifier': keyId,
};
const leafExtensions = {
  'Basic Constraints': 'critical CA:FALSE',
  'Key Usage': 'critical Digital Signature',
  'Subject Key Identifier': keyId,
  'Authority Key Identifier': keyId,
};
const anyNames = { 'Subject Alternative Name': expect.any(String) };

let root: string; // contains a space, and so do the paths of all folders in it
let set: string; // a complete set: read it, but change only copies
let firstRun: string;
let folders = 0;

const newFolder = () => join(root, `folder ${++folders}`);
const readCertificate = (dir: string, name: string) =>
  new X509Certificate(readFileSync(join(dir, `${name}-cert.pem`)));
const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

interface RunOptions {
  cwd?: string;
  path?: string | undefined;
  file?: string;
}

function run(args: string[], { cwd = root, path = process.env.PATH, file = script }: RunOptions = {}) {
  const env = { ...process.env, PATH: path };
  return spawnSync('/bin/bash', [file, ...args], { cwd, env, encoding: 'utf8' });
}

function make(dir: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(['--dir', dir, ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function copyOfSet(): string {
  const dir = newFolder();
  cpSync(set, dir, { recursive: true });
  return dir;
}

/** Every entry of the folder with its mode, its time and its bytes. */
function contents(dir: string): Map<string, string> {
  const entries = readdirSync(dir).map((name): [string, string] => {
    const { mode, mtimeMs } = statSync(join(dir, name));
    return [name, `${mode} ${mtimeMs} ${readFileSync(join(dir, name), 'hex')}`];
  });
  return new Map(entries);
}

/** The files that `action` created, changed or removed, in alphabetical order. */
function changedBy(dir: string, action: () => void): string[] {
  const before = contents(dir);
  action();
  const after = contents(dir);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.filter((name) => after.get(name) !== before.get(name));
}

/** Replaces a certificate with one for the same key that is valid for this number of days. */
function shorten(dir: string, name: string, days: number): void {
  const file = (suffix: string) => join(dir, `${name}-${suffix}`);
  const { subject } = readCertificate(dir, name);
  const request = ['req', '-new', '-key', file('key.pem'), '-subj', `/${subject}`];
  if (name === 'ca') {
    openssl(...request, '-x509', '-days', `${days}`, '-out', file('cert.pem'));
    return;
  }
  openssl(...request, '-out', file('csr'));
  const issuer = ['-CA', join(dir, 'ca-cert.pem'), '-CAkey', join(dir, 'ca-key.pem'), '-set_serial', '1'];
  openssl('x509', '-req', '-in', file('csr'), ...issuer, '-days', `${days}`, '-out', file('cert.pem'));
  rmSync(file('csr'));
}

/** A PATH with an openssl that runs `command` instead of its subcommand pkcs12. */
function pathWithBroken(command: string): string {
  const bin = newFolder();
  mkdirSync(bin);
  const real = execFileSync('/bin/sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim();
  const lines = ['#!/bin/sh', `if [ "$1" = pkcs12 ]; then ${command}; fi`, `exec '${real}' "$@"`];
  writeFileSync(join(bin, 'openssl'), lines.join('\n'), { mode: 0o755 });
  return `${bin}:${process.env.PATH ?? ''}`;
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'generate certs '));
  set = join(root, 'set');
  firstRun = make(set);
});

afterAll(() => rmSync(root, { recursive: true }));

describe('a first run of generate-certs', () => {
  it('makes the complete set, reports it line by line, and names the password once', () => {
    expect(readdirSync(set).sort()).toEqual(all);
    const lines = [...ca, ...server, ...client].map((file) => `made set/${file}\n`);
    expect(firstRun).toBe(`${lines.join('')}password of the .p12 files: changeit\n`);
  });

  it('uses ECDSA P-256 and a different random serial number for each certificate', () => {
    const certificates = ['ca', 'server', 'client'].map((name) => readCertificate(set, name));
    for (const { publicKey, serialNumber } of certificates) {
      expect(publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
      expect(serialNumber.length).toBeGreaterThan(24);
    }
    expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(3);
  });

  it.each([
    ['ca', 3650],
    ['server', 365],
    ['client', 365],
  ])('makes the %s certificate valid for %i days from now', (name, days) => {
    const { validFromDate, validToDate } = readCertificate(set, name);
    expect(Math.abs(Date.now() - validFromDate.getTime())).toBeLessThan(day);
    expect(validToDate.getTime() - validFromDate.getTime()).toBe(days * day);
  });

  it.each([
    ['ca', authorityExtensions],
    ['server', { ...leafExtensions, 'Extended Key Usage': 'TLS Web Server Authentication', ...anyNames }],
    ['client', { ...leafExtensions, 'Extended Key Usage': 'TLS Web Client Authentication' }],
  ])('gives the %s certificate exactly the extensions of its role', (name, extensions) => {
    const dump = openssl('x509', '-noout', '-text', '-in', join(set, `${name}-cert.pem`));
    const found = [...dump.matchAll(/X509v3 ([A-Z][\w ]+):(.*\n.*)\n/g)];
    const entries = found.map(([, key, value]) => [key, value?.trim().replace(/\s+/g, ' ')]);
    expect(Object.fromEntries(entries)).toEqual(extensions);
  });

  it('names the server after localhost and after the Service in the cluster', () => {
    const certificate = readCertificate(set, 'server');
    const service = 'k8s-deployment-scaler';
    const names = ['localhost', service, `${service}.${service}`, `${service}.${service}.svc`];
    const expected = [...names, `${service}.${service}.svc.cluster.local`].map((name) => `DNS:${name}`);
    expected.push('IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1');
    expect(certificate.subject).toBe('CN=localhost');
    expect(certificate.subjectAltName?.split(', ')).toEqual(expected);
  });

  it.each(['server', 'client'])('makes a %s key and certificate that match each other and the CA', (name) => {
    const certificate = readCertificate(set, name);
    const authority = readCertificate(set, 'ca');
    expect(authority.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(openssl('pkey', '-pubout', '-in', join(set, `${name}-key.pem`))).toBe(
      certificate.publicKey.export({ type: 'spki', format: 'pem' }),
    );
  });

  it('makes keys readable by their owner only and certificates by everyone, whatever the umask', () => {
    const dir = newFolder();
    const mode = (file: string) => statSync(join(dir, file)).mode & 0o777;
    for (const umask of ['000', '077']) {
      spawnSync('/bin/bash', ['-c', `umask ${umask}; exec "$0" --force --dir "$1"`, script, dir]);
      expect(Object.fromEntries(readdirSync(dir).map((file) => [file, mode(file)]))).toEqual(
        Object.fromEntries(all.map((file) => [file, file.endsWith('-cert.pem') ? 0o644 : 0o600])),
      );
    }
  });

  it.each(['ca', 'server', 'client'])('writes the %s key as PKCS #8, which every language reads', (name) => {
    expect(readFileSync(join(set, `${name}-key.pem`), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('makes a client.p12 that openssl opens with the password, with key, certificate and CA', () => {
    const dump = openssl('pkcs12', '-in', join(set, 'client.p12'), '-passin', 'pass:changeit', '-nodes');
    for (const file of ['client-cert.pem', 'ca-cert.pem']) {
      expect(dump).toContain(readFileSync(join(set, file), 'utf8'));
    }
    expect(dump).toContain('PRIVATE KEY');
  });
});

describe('the generated files', () => {
  const read = (file: string) => readFileSync(join(set, file));

  it.each<[string, () => SecureContextOptions]>([
    ['key and certificate', () => ({ key: read('client-key.pem'), cert: read('client-cert.pem') })],
    ['p12', () => ({ pfx: read('client.p12'), passphrase: 'changeit' })],
  ])('work in a mutual TLS 1.3 handshake with the client as %s', async (_, clientFiles) => {
    const shared: SecureContextOptions = { ca: read('ca-cert.pem'), minVersion: 'TLSv1.3' };
    const serverFiles = { key: read('server-key.pem'), cert: read('server-cert.pem') };
    const listener = createServer({ ...shared, ...serverFiles, requestCert: true }, (socket) => {
      socket.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`);
    });
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    const socket = connect({ ...shared, ...clientFiles(), host: '127.0.0.1', port: address.port });
    expect(await text(socket)).toBe('true client');
    listener.close();
  });
});

describe('a later run of generate-certs', () => {
  it('leaves every byte of a complete set unchanged', () => {
    const dir = copyOfSet();
    expect(changedBy(dir, () => make(dir))).toEqual([]);
    expect(make(dir)).toMatch(/^(kept .+\n){7}$/);
  });

  it('replaces everything with --force', () => {
    const dir = copyOfSet();
    expect(changedBy(dir, () => make(dir, '--force'))).toEqual(all);
  });

  it.each([
    ['ca-cert.pem', all],
    ['ca-key.pem', all],
    ['server-cert.pem', server],
    ['server-key.pem', server],
    ['client-cert.pem', client],
    ['client-key.pem', client],
    ['client.p12', ['client.p12']],
  ])('repairs only the files that depend on a missing or broken %s', (file, remade) => {
    const dir = copyOfSet();
    rmSync(join(dir, file));
    expect(changedBy(dir, () => make(dir))).toEqual(remade);
    writeFileSync(join(dir, file), '');
    expect(changedBy(dir, () => make(dir))).toEqual(remade);
  });

  it.each([
    ['server key', ['server-key.pem'], server],
    ['client certificate', ['client-cert.pem'], client],
    ['p12', ['client.p12'], ['client.p12']],
    ['CA key', ['ca-key.pem'], all],
    ['server key and certificate', server, server],
  ])('repairs a %s that comes from another set', (_, files, remade) => {
    const dir = copyOfSet();
    const other = newFolder();
    make(other);
    for (const file of files) copyFileSync(join(other, file), join(dir, file));
    expect(changedBy(dir, () => make(dir))).toEqual(remade);
  });

  it.each([
    ['server', 0, server],
    ['server', 29, server],
    ['server', 31, []],
    ['client', 29, client],
    ['ca', 364, all],
    ['ca', 366, []],
  ])('if the %s certificate is valid for %i more days, renews %j', (name, days, renewed) => {
    const dir = copyOfSet();
    shorten(dir, name, days);
    expect(changedBy(dir, () => make(dir))).toEqual(renewed);
  });
});

describe('generate-certs --client', () => {
  const alice = ['alice-cert.pem', 'alice-key.pem', 'alice.p12'];
  const groups = ['--group', 'dev', '--group', 'system:viewers'];

  it('adds a client of the same CA with its groups, and keeps it in later runs', () => {
    const dir = copyOfSet();
    expect(changedBy(dir, () => make(dir, '--client', 'alice', ...groups))).toEqual(alice);
    const certificate = readCertificate(dir, 'alice');
    expect(certificate.subject).toBe('O=dev\nO=system:viewers\nCN=alice');
    expect(certificate.keyUsage).toEqual(readCertificate(dir, 'client').keyUsage);
    expect(certificate.verify(readCertificate(dir, 'ca').publicKey)).toBe(true);
    expect(changedBy(dir, () => make(dir, '--client', 'alice', ...groups))).toEqual([]);
    expect(changedBy(dir, () => make(dir))).toEqual([]);
  });

  it('replaces the client if its groups differ', () => {
    const dir = copyOfSet();
    make(dir, '--client', 'alice', ...groups);
    expect(changedBy(dir, () => make(dir, '--client', 'alice'))).toEqual(alice);
    expect(readCertificate(dir, 'alice').subject).toBe('CN=alice');
  });

  it('renews the clients of earlier runs under a new CA, with their names and groups', () => {
    const dir = copyOfSet();
    make(dir, '--client', 'alice', ...groups);
    rmSync(join(dir, 'ca-key.pem'));
    expect(changedBy(dir, () => make(dir, '--client', 'bob'))).toContain('alice-cert.pem');
    const certificate = readCertificate(dir, 'alice');
    expect(certificate.subject).toBe('O=dev\nO=system:viewers\nCN=alice');
    expect(certificate.verify(readCertificate(dir, 'ca').publicKey)).toBe(true);
  });
});

describe('the command line of generate-certs', () => {
  it('explains options, lifetimes and the password with --help', () => {
    const { status, stdout } = run(['--help']);
    expect(status).toBe(0);
    for (const word of ['--dir', '--force', '--client', '--group', '10 years', '1 year', '825', 'changeit']) {
      expect(stdout).toContain(word);
    }
  });

  it.each([
    [['--nope'], 'unknown option --nope'],
    [['extra'], 'unknown option extra'],
    [['--client'], '--client needs a value'],
    [['--client', '--force'], '--client needs a value'],
    [['--client', '../a'], '--client takes one name'],
    [['--client', 'a', '--client', 'b'], '--client takes one name'],
    [['--client', 'Server'], '--client Server is a name that the standard set uses'],
    [['--client', 'a', '--group', 'b/CN=c'], '--group takes a name'],
    [['--group', 'a'], '--group belongs to --client'],
  ])('refuses %j and makes nothing', (args, message) => {
    const dir = newFolder();
    const { status, stdout, stderr } = run(['--dir', dir, ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
    expect(existsSync(dir)).toBe(false);
  });

  it('treats --dir as relative to the working directory', () => {
    const cwd = newFolder();
    mkdirSync(cwd);
    expect(run(['--dir', 'a/b c'], { cwd }).stdout).toContain('made a/b c/ca-cert.pem\n');
    expect(readdirSync(join(cwd, 'a/b c')).sort()).toEqual(all);
  });

  it('fills the folder certs of its repository from any working directory', () => {
    const repository = newFolder();
    const file = join(repository, 'hack/generate-certs.sh');
    cpSync(script, file);
    expect(run([], { cwd: tmpdir(), file }).status).toBe(0);
    expect(readdirSync(join(repository, 'certs')).sort()).toEqual(all);
  });
});

describe('a run of generate-certs that cannot finish', () => {
  it('says that openssl is missing', () => {
    const dir = newFolder();
    const { status, stderr } = run(['--dir', dir], { path: '' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'error: openssl is not in the PATH: install OpenSSL 3 (or LibreSSL)\n',
    });
    expect(existsSync(dir)).toBe(false);
  });

  it.each([
    ['openssl fails', 'echo no memory >&2; exit 1', 'error: openssl pkcs12 failed: no memory\n'],
    ['it is stopped', 'kill -TERM "$PPID"; exit 0', ''],
  ])('leaves the folder unchanged if %s', (_, command, message) => {
    const dir = copyOfSet();
    const changed = changedBy(dir, () => {
      const { status, stdout, stderr } = run(['--dir', dir, '--force'], { path: pathWithBroken(command) });
      expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: message });
    });
    expect(changed).toEqual([]);
  });

  it('refuses to start during another run', () => {
    const dir = copyOfSet();
    mkdirSync(join(dir, '.generate-certs'));
    const { status, stderr } = run(['--dir', dir, '--force']);
    expect(status).toBe(1);
    expect(stderr).toContain('another run is in progress');
    expect(readFileSync(join(dir, 'ca-key.pem'))).toEqual(readFileSync(join(set, 'ca-key.pem')));
  });
});
