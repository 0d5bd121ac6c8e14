/** One element of DER, the encoding of certificates and CRLs. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** The whole element, including its tag and length. */
  readonly bytes: Buffer;
}

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** [0], constructed. */
  context0: 0xa0,
  /** [1], constructed. */
  context1: 0xa1,
  /** [2], constructed. */
  context2: 0xa2,
  /** [3], constructed. */
  context3: 0xa3,
} as const;

/** The bytes are not the expected DER. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/**
 * The consecutive elements in `bytes`, read lazily.
 * @throws DerError where an element does not fit into the bytes
 */
export function* elements(bytes: Buffer): Generator<DerElement, void, undefined> {
  let offset = 0;
  while (offset < bytes.length) {
    const tag = bytes[offset] ?? 0;
    let length = bytes[offset + 1] ?? 0;
    let start = offset + 2;
    if (length > 0x80) {
      const size = length - 0x80;
      if (size > 4 || start + size > bytes.length) throw new DerError('a length is out of bounds');
      length = bytes.readUIntBE(start, size);
      start += size;
    } else if (length === 0x80) throw new DerError('an indefinite length is not DER');
    const end = start + length;
    if (end > bytes.length) throw new DerError('an element is cut off');
    yield { tag, content: bytes.subarray(start, end), bytes: bytes.subarray(offset, end) };
    offset = end;
  }
}

/** Takes required and optional elements, in order. */
export class DerReader {
  readonly #elements: readonly DerElement[];
  #next = 0;

  constructor(bytes: Buffer) {
    this.#elements = [...elements(bytes)];
  }

  /** @throws DerError where the next element is missing or has another tag */
  take(...tags: readonly number[]): DerElement {
    const element = this.takeIf(...tags);
    if (element === undefined) throw new DerError(`an element with tag ${tags.join(' or ')} is missing`);
    return element;
  }

  /** The next element if it has one of these tags. */
  takeIf(...tags: readonly number[]): DerElement | undefined {
    const element = this.#elements[this.#next];
    if (element === undefined || !tags.includes(element.tag)) return undefined;
    this.#next += 1;
    return element;
  }

  /** @throws DerError where an element is left */
  end(): void {
    if (this.#next < this.#elements.length) throw new DerError('there are more elements than expected');
  }
}

/** The time in a UTCTime or GeneralizedTime, in the only form that RFC 5280 allows. */
export function readTime({ tag, content }: DerElement): Date {
  const text = content.toString('latin1');
  const digits = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const [, year = '', month, day, hours, minutes, seconds] = digits ?? [];
  const century = tag === Tag.utcTime ? (Number(year) < 50 ? '20' : '19') : '';
  const date = new Date(`${century}${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  // Date takes 30 February for 1 March, and 24:00 for the next day.
  if (date.getUTCDate() !== Number(day)) throw new DerError('a time is not valid');
  return date;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '55040a': 'O',
  '55040b': 'OU',
};

/** A distinguished name in readable form: `C=DE, O=Example, CN=Root`. Takes the content of the Name. */
export function readName(content: Buffer): string {
  const parts: string[] = [];
  for (const set of elements(content)) {
    for (const attribute of elements(set.content)) {
      const [type, value] = elements(attribute.content);
      const oid = type?.content.toString('hex') ?? '';
      parts.push(`${ATTRIBUTES[oid] ?? oid}=${value?.content.toString('utf8') ?? ''}`);
    }
  }
  return parts.join(', ');
}

/** An extension of a certificate or a CRL. */
export interface Extension {
  readonly critical: boolean;
  /** What the extension says, as DER. */
  readonly value: Buffer;
}

/** The extensions by the hexadecimal bytes of their OID. Takes the content of the element that wraps their sequence. */
export function readExtensions(content: Buffer): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  const wrapped = new DerReader(content);
  for (const { content: fields } of elements(wrapped.take(Tag.sequence).content)) {
    const reader = new DerReader(fields);
    const oid = reader.take(Tag.oid).content.toString('hex');
    const critical = reader.takeIf(Tag.boolean)?.content[0] === 0xff;
    extensions.set(oid, { critical, value: reader.take(Tag.octetString).content });
  }
  return extensions;
}
