import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DerError,
  DerReader,
  elements,
  readExtensions,
  readName,
  readTime,
  Tag,
} from '../../../src/tls/der.ts';
import { holds } from '../../support/kube/property.ts';

/** The length as DER writes it: one byte below 128, or the number of its bytes and these. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hexadecimal = length.toString(16);
  const bytes = Buffer.from(hexadecimal.padStart(hexadecimal.length + (hexadecimal.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 + bytes.length]), bytes]);
}

function der(tag: number, ...contents: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const UTF8_STRING = 0x0c;

const anyElement = fc.record({
  tag: fc.integer({ min: 0, max: 0xff }),
  // A length takes one byte up to 127, two up to 255, and three up to 65,535.
  content: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(126, 127, 128, 129, 255, 256, 65_535, 65_536).map((length) => new Uint8Array(length)),
  ),
});

describe('the elements of DER', () => {
  it('are read with their tags, contents and whole bytes, whatever their lengths', async () => {
    await holds(
      fc.property(fc.array(anyElement, { maxLength: 4 }), (written) => {
        const encoded = written.map(({ tag, content }) => der(tag, content));
        const read = [...elements(Buffer.concat(encoded))];
        expect(read.map(({ tag }) => tag)).toEqual(written.map(({ tag }) => tag));
        expect(read.every(({ content }, index) => content.equals(written[index]?.content ?? hex('')))).toBe(
          true,
        );
        expect(read.every(({ bytes }, index) => bytes.equals(encoded[index] ?? hex('')))).toBe(true);
      }),
    );
  });

  it('are either refused or cover any bytes without a gap', async () => {
    await holds(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const input = Buffer.from(bytes);
        const read: Buffer[] = [];
        try {
          for (const element of elements(input)) read.push(element.bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
          return;
        }
        expect(Buffer.concat(read).equals(input)).toBe(true);
      }),
    );
  });

  it('are refused wherever the last one is cut off', async () => {
    const short = fc.record({ tag: anyElement, length: fc.integer({ min: 0, max: 300 }) });
    await holds(
      fc.property(short, fc.nat(), ({ tag: { tag }, length }, cut) => {
        const whole = der(tag, new Uint8Array(length));
        const part = whole.subarray(0, 1 + (cut % (whole.length - 1)));
        expect(() => [...elements(part)]).toThrow(DerError);
      }),
    );
  });

  it.each([
    ['an indefinite length', '30800000', 'an indefinite length is not DER'],
    ['a length of five bytes', '30850000000001ff', 'a length is out of bounds'],
    ['a length that is cut off', '308201', 'a length is out of bounds'],
    ['a length of 4 GiB', '3084ffffffff00', 'an element is cut off'],
    ['a tag without a length', '30', 'an element is cut off'],
    ['one byte too few', '04020a', 'an element is cut off'],
  ])('are refused with %s', (_title, bytes, message) => {
    expect(() => [...elements(hex(bytes))]).toThrow(new DerError(message));
  });

  it('are read one at a time, so that those before a broken one are returned', () => {
    const read = elements(hex('0201070480'));
    expect(read.next().value).toMatchObject({ tag: Tag.integer, content: hex('07') });
    expect(() => read.next()).toThrow(DerError);
  });
});

describe('a DER reader', () => {
  const reader = () => new DerReader(Buffer.concat([der(Tag.integer, hex('07')), der(Tag.oid, hex('2a'))]));

  it('takes the elements in order', () => {
    const fields = reader();
    expect(fields.take(Tag.integer).content).toEqual(hex('07'));
    expect(fields.take(Tag.utcTime, Tag.oid).content).toEqual(hex('2a'));
    expect(() => fields.end()).not.toThrow();
  });

  it('leaves an optional element with another tag for the next call', () => {
    const fields = reader();
    expect(fields.takeIf(Tag.context0)).toBeUndefined();
    expect(fields.takeIf(Tag.integer)?.content).toEqual(hex('07'));
  });

  it('refuses an element with another tag, and a missing one, and names the tags that it expected', () => {
    expect(() => reader().take(Tag.oid)).toThrow(new DerError('an element with tag 6 is missing'));
    const empty = new DerReader(hex(''));
    expect(() => empty.take(Tag.utcTime, Tag.generalizedTime)).toThrow(
      new DerError('an element with tag 23 or 24 is missing'),
    );
    expect(empty.takeIf(Tag.utcTime)).toBeUndefined();
  });

  it('refuses elements that are left over', () => {
    const fields = reader();
    fields.take(Tag.integer);
    expect(() => fields.end()).toThrow(new DerError('there are more elements than expected'));
  });

  it('refuses bytes that are not DER from the start', () => {
    expect(() => new DerReader(hex('0201070480'))).toThrow(DerError);
  });
});

describe('the time of a certificate', () => {
  const timeOf = (tag: number, text: string) => {
    const [element] = elements(der(tag, text));
    if (element === undefined) throw new Error('der() makes one element');
    return readTime(element);
  };
  const iso = (text: string) => `${text.replace(/[-:T]|\.\d+/g, '')}`;

  it.each([
    ['500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['991231235959Z', '1999-12-31T23:59:59.000Z'],
    ['000101000000Z', '2000-01-01T00:00:00.000Z'],
    ['491231235959Z', '2049-12-31T23:59:59.000Z'],
  ])('is in the century from 1950 to 2049 as a UTCTime: %s', (text, expected) => {
    expect(timeOf(Tag.utcTime, text).toISOString()).toBe(expected);
  });

  it('is read to the second in both forms', async () => {
    const seconds = (from: string, to: string) =>
      fc
        .integer({ min: Date.parse(from) / 1_000, max: Date.parse(to) / 1_000 })
        .map((time) => new Date(time * 1_000));
    await holds(
      fc.property(seconds('1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z'), (date) => {
        expect(timeOf(Tag.utcTime, iso(date.toISOString()).slice(2))).toEqual(date);
      }),
    );
    await holds(
      fc.property(seconds('0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'), (date) => {
        expect(timeOf(Tag.generalizedTime, iso(date.toISOString()))).toEqual(date);
      }),
    );
  });

  it.each([
    ['no text', Tag.utcTime, ''],
    ['no seconds', Tag.utcTime, '2601010000Z'],
    ['no zone', Tag.utcTime, '260101000000'],
    ['another zone than UTC', Tag.utcTime, '260101000000+0100'],
    ['a UTCTime with four digits for the year', Tag.utcTime, '20260101000000Z'],
    ['fractions of a second', Tag.generalizedTime, '20260101000000.5Z'],
    ['a thirteenth month', Tag.generalizedTime, '20261301000000Z'],
    ['a month of 0', Tag.generalizedTime, '20260001000000Z'],
    ['a 32nd day', Tag.generalizedTime, '20260132000000Z'],
    ['30 February', Tag.generalizedTime, '20260230000000Z'],
    ['24 o’clock', Tag.generalizedTime, '20260101240000Z'],
    ['a 25th hour', Tag.generalizedTime, '20260101250000Z'],
    ['a 61st second', Tag.generalizedTime, '20260101000060Z'],
    ['letters', Tag.generalizedTime, 'yesterday'],
    ['text in front of it', Tag.generalizedTime, ' 20260101000000Z'],
    ['text behind it', Tag.generalizedTime, '20260101000000Z\n'],
  ])('is refused with %s', (_title, tag, text) => {
    expect(() => timeOf(tag, text)).toThrow(new DerError('a time is not valid'));
  });
});

describe('a distinguished name', () => {
  const attribute = (oid: string, value: string) =>
    der(Tag.sequence, der(Tag.oid, hex(oid)), der(UTF8_STRING, value));

  it.each([
    ['C', '550406'],
    ['ST', '550408'],
    ['L', '550407'],
    ['O', '55040a'],
    ['OU', '55040b'],
    ['CN', '550403'],
  ])('has the attribute %s under its short name', (name, oid) => {
    expect(readName(der(Tag.set, attribute(oid, 'Zoë')))).toBe(`${name}=Zoë`);
  });

  it('lists its attributes in order, also several of one set', () => {
    const name = [
      der(Tag.set, attribute('550406', 'DE')),
      der(Tag.set, attribute('55040a', 'Example'), attribute('550403', 'Root')),
    ];
    expect(readName(Buffer.concat(name))).toBe('C=DE, O=Example, CN=Root');
  });

  it('has an attribute of another kind under the bytes of its OID', () => {
    expect(readName(der(Tag.set, attribute('550405', '42')))).toBe('550405=42');
  });

  it('may be empty, and so may an attribute', () => {
    expect(readName(hex(''))).toBe('');
    expect(readName(der(Tag.set, attribute('550403', '')))).toBe('CN=');
    expect(readName(der(Tag.set, der(Tag.sequence)))).toBe('=');
  });

  it('is refused if any of its levels is cut off', () => {
    const attributes = attribute('550403', 'Root');
    const cut = attributes.subarray(0, -1);
    const value = hex('0c05526f'); // a string of five bytes, with two
    const broken = [
      der(Tag.set, attributes).subarray(0, -1),
      der(Tag.set, cut),
      der(Tag.set, der(Tag.sequence, der(Tag.oid, hex('550403')), value)),
    ];
    for (const name of broken) expect(() => readName(name)).toThrow(DerError);
  });
});

describe('extensions', () => {
  const critical = (value: number) => der(Tag.boolean, Buffer.from([value]));
  const wrapped = (...fields: readonly Buffer[]) => der(Tag.sequence, ...fields);
  const oid = der(Tag.oid, hex('551d0f'));
  const value = der(Tag.octetString, hex('0102'));

  it('are read by their OIDs, with their values', () => {
    const other = der(
      Tag.sequence,
      der(Tag.oid, hex('551d13')),
      critical(0xff),
      der(Tag.octetString, hex('3000')),
    );
    expect(readExtensions(wrapped(der(Tag.sequence, oid, value), other))).toEqual(
      new Map([
        ['551d0f', { critical: false, value: hex('0102') }],
        ['551d13', { critical: true, value: hex('3000') }],
      ]),
    );
  });

  it.each([
    ['critical where it says TRUE', [critical(0xff)], true],
    ['not critical where it says FALSE', [critical(0x00)], false],
    ['not critical where it says nothing', [], false],
  ])('are %s', (_title, flag, expected) => {
    const read = readExtensions(wrapped(der(Tag.sequence, oid, ...flag, value)));
    expect(read.get('551d0f')?.critical).toBe(expected);
  });

  it('may be none', () => {
    expect(readExtensions(wrapped())).toEqual(new Map());
  });

  it.each([
    ['without the sequence around them', hex('')],
    ['with an extension without an OID', wrapped(der(Tag.sequence, value))],
    ['with an extension without a value', wrapped(der(Tag.sequence, oid, critical(0xff)))],
    ['with a value that is not an octet string', wrapped(der(Tag.sequence, oid, der(UTF8_STRING, 'x')))],
    ['with an extension that is cut off', wrapped(der(Tag.sequence, oid, value).subarray(0, -1))],
  ])('are refused %s', (_title, content) => {
    expect(() => readExtensions(content)).toThrow(DerError);
  });
});
