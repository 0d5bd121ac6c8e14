import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListDecoder } from '../../../../src/kube/client/list-decoder.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';
import { jsonKey } from '../../../support/kube/property.ts';

/** Decodes a text that comes in pieces of these sizes. */
function decode(text: string, sizes: readonly number[] = []) {
  const bytes = Buffer.from(text);
  const decoder = new ListDecoder();
  const items: unknown[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    for (const item of decoder.push(bytes.subarray(at, at + size))) items.push(item);
    at += size;
  }
  return { items, list: decoder.end() };
}

describe('ListDecoder', () => {
  it('gives the items and the list around them, however the bytes are cut', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('items', 'metadata', '"items":[', '\\'),
    );
    const key = jsonKey(text);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, -1.5e3),
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const page = fc.record({
      before: fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
      items: fc.array(value, { maxLength: 5 }),
      after: fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(
        page,
        fc.array(fc.nat(20)),
        fc.constantFrom(undefined, 2),
        ({ before, items, after }, sizes, indent) => {
          const rest = (part: object) =>
            Object.fromEntries(Object.entries(part).filter(([name]) => name !== 'items'));
          const list = { ...rest(before), items, ...rest(after) };
          expect(decode(JSON.stringify(list, null, indent), sizes)).toEqual({
            items,
            list: { ...list, items: [] },
          });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each(['\\\\items', 'items\\n', '\\"items', 'item\\u0073x'])(
    'does not take the key %s for items',
    (key) => {
      expect(decode(`{"${key}":[1],"items":[2]}`)).toEqual({
        items: [2],
        list: { [JSON.parse(`"${key}"`)]: [1], items: [] },
      });
    },
  );

  it('takes any number of items of up to 16 MiB each', () => {
    const decoder = new ListDecoder();
    const item = Buffer.from(`,"${'x'.repeat(9 * 1024 * 1024)}"`);
    let items = 0;
    const push = (chunk: Buffer) => {
      items += [...decoder.push(chunk)].length;
    };
    push(Buffer.from('{"items":[0'));
    for (let number = 0; number < 3; number += 1) {
      push(item.subarray(0, 1_000));
      push(item.subarray(1_000));
    }
    push(Buffer.from(']}'));
    expect(items).toBe(4);
    expect(decoder.end()).toEqual({ items: [] });
  });

  it('takes null for an empty list', () => {
    expect(decode('{"items":null,"metadata":{}}')).toEqual({
      items: [],
      list: { items: null, metadata: {} },
    });
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"metadata":{"resourceVersion":"5"}}',
    '{"items":{}}',
    '{"items":"none"}',
    '{"item\\u0073":[{}]}',
    '{"items":[],"item\\u0073":[{}]}',
    '{"items":[{}',
    '{"items":[{}]',
    '{"items":[{}}',
    '{"items":[{]}',
    '{"items":[1 2]}',
    '{"items":[{}]}{}',
    '404 page not found',
  ])('refuses %s', (text) => {
    expect(() => decode(text)).toThrow(KubeMalformedError);
  });
});
