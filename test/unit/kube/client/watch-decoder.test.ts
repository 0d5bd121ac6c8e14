import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchDecoder, type WatchEvent } from '../../../../src/kube/client/watch-decoder.ts';
import { KubeMalformedError, KubeStatusError } from '../../../../src/kube/kube-errors.ts';
import { bookmarkLine, errorLine, eventLine, widget } from '../../../support/kube/objects.ts';
import { holds, jsonKey } from '../../../support/kube/property.ts';

const anyEvent = fc.record({
  type: fc.constantFrom('ADDED' as const, 'MODIFIED' as const, 'DELETED' as const, 'BOOKMARK' as const),
  // Characters of one to four bytes, so that a chunk may end within one.
  object: fc.dictionary(jsonKey(fc.string({ unit: 'grapheme' })), fc.string({ unit: 'grapheme' })),
});

/** The bytes, cut at these places. Each place is a share of the whole length. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const places = shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

function decode(chunks: readonly Buffer[]): WatchEvent[] {
  const decoder = new WatchDecoder();
  const events = chunks.flatMap((chunk) => [...decoder.push(chunk)]);
  decoder.end();
  return events;
}

const lines = (...parts: readonly string[]) => [Buffer.from(parts.join(''))];

describe('the watch decoder', () => {
  it('decodes the same events however the bytes are cut into chunks', async () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
    await holds(
      fc.property(fc.array(anyEvent, { maxLength: 10 }), shares, (events, places) => {
        const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        // Generated objects may lack a prototype. A round trip through JSON gives them one.
        expect(decode(cut(bytes, places))).toEqual(JSON.parse(JSON.stringify(events)));
      }),
    );
  });

  it('decodes the same events if every byte is a chunk of its own', () => {
    const [bytes = Buffer.alloc(0)] = lines(eventLine('ADDED', widget('ä€😀', '1')), bookmarkLine('2'));
    const single = Array.from(bytes, (byte) => Buffer.of(byte));
    expect(decode(single)).toEqual(decode([bytes]));
    expect(decode(single)).toMatchObject([{ object: { metadata: { name: 'ä€😀' } } }, { type: 'BOOKMARK' }]);
  });

  it('skips empty lines', () => {
    expect(decode(lines('\n', bookmarkLine('2'), '\n'))).toHaveLength(1);
  });

  it('returns the events before a broken line before it throws', () => {
    const events = new WatchDecoder().push(Buffer.from(`${bookmarkLine('1')}{"type":\n${bookmarkLine('2')}`));
    expect(events.next().value).toMatchObject({ type: 'BOOKMARK' });
    expect(() => events.next()).toThrow(KubeMalformedError);
  });

  it.each([
    ['not JSON', 'Service Unavailable\n'],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['without an object', '{"type":"ADDED"}\n'],
    ['without a type', '{"object":{}}\n'],
    ['of an unknown type', '{"type":"RENAMED","object":{}}\n'],
  ])('refuses a line that is %s', (_, line) => {
    expect(() => decode(lines(line))).toThrow(KubeMalformedError);
  });

  it('refuses a response that ends in the middle of a line', () => {
    expect(() => decode(lines(bookmarkLine('1'), '{"type":"ADD'))).toThrow('ended within a line');
  });

  it('accepts a line of 15 MiB, and refuses a line at 16 MiB without waiting for its end', () => {
    const mebibyte = Buffer.alloc(1024 * 1024, 'x');
    const padding = Array.from({ length: 15 }, () => mebibyte);
    const long = [Buffer.from('{"type":"ADDED","object":{"pad":"'), ...padding, Buffer.from('"}}\n')];
    expect(decode(long)).toHaveLength(1);
    expect(() => decode([...padding, mebibyte, mebibyte])).toThrow('too long');
  });

  it('throws the status of an ERROR event', () => {
    const push = () => decode(lines(errorLine(410, 'too old resource version: 1 (5)')));
    expect(push).toThrow(KubeStatusError);
    expect(push).toThrow(
      expect.objectContaining({ status: 410, message: 'too old resource version: 1 (5)' }),
    );
  });
});
