import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePem, encodePem, PemError, pemBlocks } from '../../../src/lib/pem.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';

let first: string;
let second: string;

beforeAll(async () => {
  const authorities = ['first', 'second'].map((commonName) => CertificateAuthority.create({ commonName }));
  const [one, two] = await Promise.all(authorities);
  first = one?.cert.trim() ?? '';
  second = two?.cert.trim() ?? '';
});

/** The contents of all blocks. */
function contentsOf(text: string): Buffer[] {
  return pemBlocks(text).map(decodePem);
}

function der(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}

/** The message of the error. */
function refusal(text: string): string {
  try {
    contentsOf(text);
  } catch (error) {
    expect(error).toBeInstanceOf(PemError);
    return String(error);
  }
  return 'taken';
}

describe('the blocks of a PEM file', () => {
  it.each<[string, (one: string, two: string) => string]>([
    ['in lines of their own', (one, two) => `${one}\n${two}\n`],
    ['joined without a line break', (one, two) => one + two],
    ['joined by a space', (one, two) => `${one} ${two}`],
    ['with CRLF', (one, two) => `${one}\n${two}\n`.replaceAll('\n', '\r\n')],
    ['with CR', (one, two) => `${one}\n${two}\n`.replaceAll('\n', '\r')],
    ['with a byte order mark', (one, two) => `\ufeff${one}\n${two}`],
    ['with text around them', (one, two) => `subject=CN=first\n${one}\n# ---- next ----\n${two}\nthe end`],
    ['with text in their lines', (one, two) => `first: ${one} next: ${two}.`],
    ['indented', (one, two) => `${one}\n${two}`.replaceAll(/^/gm, '    ')],
    ['with empty lines in them', (one, two) => `${one}\n${two}`.replaceAll('\n', '\n\n')],
    ['with all of a block in one line', (one, two) => `${one}\n${two}`.replaceAll('\n', ' ')],
    ['with trailing spaces', (one, two) => `${one}\n${two}`.replaceAll('\n', ' \t\n')],
  ])('are found %s', (_title, make) => {
    const text = make(first, second);
    expect(pemBlocks(text).map(({ label }) => label)).toEqual(['CERTIFICATE', 'CERTIFICATE']);
    expect(contentsOf(text)).toEqual([der(first), der(second)]);
  });

  it('are written as OpenSSL does', () => {
    expect(encodePem('CERTIFICATE', der(first))).toBe(new X509Certificate(first).toString());
  });

  it('are none in a text without one, in an empty file and in bytes that are not text', () => {
    for (const text of ['', '\n', 'garbage', '\u0000\u0001', '-----']) {
      expect(pemBlocks(text)).toEqual([]);
    }
  });

  it('are named in errors by number, label and line', () => {
    const places = pemBlocks(`text\n\n${first}${second}`).map(({ place }) => place);
    const lines = first.split('\n').length;
    expect(places).toEqual([
      'PEM block 1 (CERTIFICATE, line 3)',
      `PEM block 2 (CERTIFICATE, line ${2 + lines})`,
    ]);
  });
});

describe('a damaged PEM file', () => {
  /** Both blocks, with a change in the second. The second begins in the line after the first. */
  const damaged = (change: (pem: string) => string) => `${first}\n${change(second)}\n`;
  const line = (offset: number) => first.split('\n').length + offset;

  it.each<[string, (pem: string) => string, (line: (offset: number) => number) => string]>([
    [
      'is cut off',
      (pem) => pem.slice(0, -30),
      (at) => `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): its last line is missing`,
    ],
    [
      'begins another block before the end of one',
      (pem) => pem.replace(/-----END CERTIFICATE-----/, pem),
      (at) => `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): its last line is missing`,
    ],
    [
      'ends a block as one of another kind',
      (pem) => pem.replace('END CERTIFICATE', 'END X509 CRL'),
      (at) => `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): its last line is missing`,
    ],
    [
      'lacks a hyphen in the last line of a block',
      (pem) => pem.slice(0, -1),
      (at) => `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): its last line is missing`,
    ],
    [
      'lacks a hyphen in the first line of a block',
      (pem) => pem.slice(1),
      (at) =>
        `is damaged in line ${at(0) + second.split('\n').length}: a PEM block ends there that has not begun`,
    ],
    [
      'lacks a hyphen in both lines of a block',
      (pem) => pem.slice(1, -1),
      (at) => `is damaged in line ${at(1)}: it is like the first or last line of a PEM block`,
    ],
    [
      'lacks all hyphens before both lines of a block',
      (pem) => pem.replaceAll(/^-----/gm, ''),
      (at) => `is damaged in line ${at(1)}: it is like the first or last line of a PEM block`,
    ],
    [
      'has another character in a block',
      (pem) => pem.replace(/\n(.{30})./, '\n$1*'),
      (at) =>
        `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): line ${at(2)} is not base64`,
    ],
    [
      'has a comment in a block',
      (pem) => pem.replace(/\n(.{64})\n/, '\n$1\n# old\n'),
      (at) =>
        `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): line ${at(3)} is not base64`,
    ],
    [
      'lacks a character of a block',
      (pem) => pem.replace(/\n./, '\n'),
      (at) =>
        `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): characters are missing in its base64`,
    ],
    [
      'has the headers of an encrypted block',
      (pem) => pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
      (at) =>
        `is cut off or damaged in PEM block 2 (CERTIFICATE, line ${at(1)}): line ${at(2)} is a header, which is not supported (a key must not be encrypted)`,
    ],
  ])('that %s is refused with the line', (_title, change, message) => {
    expect(refusal(damaged(change))).toBe(`PemError: ${message(line)}`);
  });

  it('is refused cut off anywhere in its second block', () => {
    const whole = `${first}${second}`;
    for (let length = first.length + 10; length < whole.length; length += 1) {
      expect(refusal(whole.slice(0, length)), `${length} characters`).toMatch(
        /^PemError: is (cut off or damaged in PEM block 2|damaged in line)/,
      );
    }
  });

  it('is not told by comments with hyphens', () => {
    for (const comment of [
      '---- BEGIN company roots ----',
      '# BEGIN CERTIFICATES',
      'the CRL of 2026 -- END',
      '=====',
    ]) {
      expect(refusal(`${comment}\n${first}\n${comment}`), comment).toBe('taken');
    }
  });
});
