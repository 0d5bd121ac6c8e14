import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../support/security/raw.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** Bytes that are not TLS, and uses of TLS that would circumvent the handshake. */
let scene: Scene;

afterEach(() => scene.expectUnharmed());

/** Sends bytes over plain TCP, and resolves with what came back once the service has cut the connection. */
function sendPlain(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(scene.service.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

describe('bytes that are not a handshake', () => {
  beforeAll(async () => {
    scene = await Scene.start({ handshakeTimeoutSeconds: 1 });
    // Opens the connection of the bystander, whose handshake has no more time either.
    await undisturbed(500, () => scene.expectUnharmed());
  });
  afterAll(() => scene.stop());

  const clientHello = '16030100f8010000f40303';
  it.each([
    ['random ones', randomBytes(10_000)],
    ['zeros', Buffer.alloc(100_000)],
    ['plain HTTP', Buffer.from(`POST ${COUNT} HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n${BODY}`)],
    ['the preface of HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n')],
    ['the PROXY protocol', Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n')],
    ['a hello of SSL 2', Buffer.from('802e0100020015000000100100800200800600400400800700c0', 'hex')],
    ['a hello that continues as garbage', Buffer.concat([Buffer.from(clientHello, 'hex'), randomBytes(500)])],
    [
      'a record longer than allowed',
      Buffer.concat([Buffer.from('160301ffff', 'hex'), Buffer.alloc(65_535, 1)]),
    ],
    ['10,000 empty records', Buffer.from('1603010000'.repeat(10_000), 'hex')],
    ['10,000 alerts', Buffer.from('15030100020100'.repeat(10_000), 'hex')],
    ['a heartbeat that asks for 64 KiB', Buffer.from('180302000301ffff', 'hex')],
    ['data before any handshake', Buffer.from('1703030010'.concat('00'.repeat(16)), 'hex')],
  ])('are cut and get no HTTP answer: %s', async (_title, bytes) => {
    const answer = await sendPlain(bytes);
    expect(answer.includes('HTTP/1.1')).toBe(false);
    expect(answer.length).toBeLessThan(100);
  });

  it('are cut on 500 connections, and none of these stays open', async () => {
    const accepted = scene.accepted();
    // Those that the log leaves out are written at level debug.
    const refusals = () =>
      scene.log.filter((line) => /^(?!.*"level":"debug").*refused a TLS handshake/.test(line)).length;
    const [refused, startedAt] = [refusals(), performance.now()];
    await Promise.all(Array.from({ length: 500 }, () => sendPlain(randomBytes(100))));
    expect(accepted.length).toBeGreaterThanOrEqual(500);
    await until(() => accepted.every(({ destroyed }) => destroyed));
    // One line a second, and one at the begin.
    expect(refusals() - refused).toBeLessThanOrEqual((performance.now() - startedAt) / 1_000 + 2);
  });
});

describe('TLS 1.3', () => {
  let folder: string;

  beforeAll(async () => {
    scene = await Scene.start();
    folder = await mkdtemp(join(tmpdir(), 'tls-attacks-'));
    const { ca, cert, key } = scene.attacker;
    for (const [name, text] of Object.entries({ ca, cert, key })) await writeFile(join(folder, name), text);
  });
  afterAll(async () => {
    await scene.stop();
    await rm(folder, { recursive: true });
  });

  /** Runs `openssl s_client` with the attacker's certificate, and returns its output. `input` is sent as requests. */
  function openssl(args: readonly string[], input = ''): Promise<string> {
    const file = (name: string) => join(folder, name);
    const all = ['s_client', '-connect', `127.0.0.1:${scene.service.port}`, '-servername', 'localhost'];
    all.push('-CAfile', file('ca'), '-cert', file('cert'), '-key', file('key'), ...args);
    return new Promise((resolve) => {
      const child = execFile('openssl', all, { timeout: 110_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  }

  it('cannot be renegotiated', async () => {
    const connection = await scene.open();
    const refused = await new Promise<Error | null>((resolve) => {
      if (!connection.socket.renegotiate({}, resolve)) resolve(new Error('refused'));
    }).catch((error) => error);
    expect(refused).toBeInstanceOf(Error);
    connection.close();
    const { length } = (await openssl([], 'R\n')).split('Verification: OK');
    expect(length).toBeLessThanOrEqual(2);
  });

  it('survives a client that changes its keys again and again', async () => {
    expect(await openssl(['-tls1_3'], 'K\n'.repeat(100))).toContain('KEYUPDATE');
  });

  it('accepts no early data', async () => {
    const request = join(folder, 'request');
    const session = join(folder, 'session');
    await writeFile(
      request,
      `POST ${COUNT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n${BODY}`,
    );
    const first = await openssl(
      ['-tls1_3', '-ign_eof', '-sess_out', session],
      'GET /healthz HTTP/1.0\r\n\r\n',
    );
    expect(first).toContain('HTTP/1.1 200 OK');
    const saved = await readFile(session, 'utf8').catch(() => '');
    if (saved !== '') {
      const again = await openssl(['-tls1_3', '-sess_in', session, '-early_data', request]);
      expect(again).toMatch(/Early data was (not sent|rejected)|Cannot open session|unable/i);
    }
    expect(first).not.toMatch(/Max Early Data: [1-9]/);
  });

  it('gives the same answers to a client that sends one byte per record', async () => {
    const connection = await RawConnection.open(scene.attacker);
    for (const byte of 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') connection.send(byte);
    await connection.ended();
    connection.close();
    expect(connection.answers.map(({ status }) => status)).toEqual([200]);
  });
});
