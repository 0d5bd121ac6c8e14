import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { ReceiptSchema } from '../../../src/api/batch-schema.ts';
import { MAX_ITEMS } from '../../../src/batch/batch.ts';
import {
  itemsOf,
  makeReceipt,
  type Receipt,
  ReceiptError,
  type ReceiptItem,
} from '../../../src/batch/receipt.ts';
import { seed } from '../../support/seed.ts';

const BATCH = '2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f';
const schema = Compile(ReceiptSchema);

function item(deployment: string, before = 3, asked = 0): ReceiptItem {
  return { cluster: 'default', namespace: 'shop', deployment, uid: `uid-of-${deployment}`, before, asked };
}

/** The receipt in a text, as the service takes it from a body; undefined: it is refused. */
function read(text: string): Receipt | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!schema.Check(value)) return undefined;
    itemsOf(value, 'restore');
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ReceiptError) return undefined;
    throw error;
  }
}

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const items = fc.uniqueArray(
  fc.record({
    cluster: label,
    namespace: label,
    deployment: label,
    uid: fc.uuid(),
    before: count,
    asked: count,
  }),
  {
    minLength: 1,
    maxLength: 5,
    selector: ({ cluster, namespace, deployment }) => `${cluster}/${namespace}/${deployment}`,
  },
);

describe('a receipt', () => {
  it('finishes a batch: each count that is still the one before becomes the one that was asked for', () => {
    const receipt = makeReceipt(BATCH, [item('cart', 3, 0)]);
    expect(itemsOf(receipt, 'finish')).toEqual([
      {
        cluster: 'default',
        namespace: 'shop',
        deployment: 'cart',
        replicas: 0,
        expected: { uid: 'uid-of-cart', replicas: 3 },
      },
    ]);
  });

  it('takes a batch back: each count that is still the one that was asked for becomes the one before', () => {
    const [restored] = itemsOf(makeReceipt(BATCH, [item('cart', 3, 0)]), 'restore');
    expect(restored).toMatchObject({ replicas: 3, expected: { uid: 'uid-of-cart', replicas: 0 } });
  });

  it('is the same after it was kept as JSON, however that is written', () => {
    fc.assert(
      fc.property(items, (given) => {
        const receipt = makeReceipt(BATCH, given);
        expect(read(JSON.stringify(receipt))).toEqual(receipt);
        expect(read(JSON.stringify(receipt, undefined, 2))).toEqual(receipt);
        const { checksum, version, ...rest } = receipt;
        expect(read(JSON.stringify({ checksum, ...rest, version }))).toEqual(receipt);
      }),
      { seed: seed() },
    );
  });

  it('is refused if any bit of it has flipped', () => {
    const bytes = Buffer.from(JSON.stringify(makeReceipt(BATCH, [item('cart'), item('api', 12, 2)])));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(read(damaged.toString('utf8')), `bit ${bit}: ${damaged}`).toBeUndefined();
    }
  });

  it('is refused if two of its values have changed places, or one has another value', () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.constantFrom('before', 'asked'), count, (given, at, field, value) => {
        const index = at % given.length;
        const changed = given.map((each, i) => (i === index ? { ...each, [field]: value } : each));
        const receipt = makeReceipt(BATCH, given);
        fc.pre(changed[index]?.[field] !== given[index]?.[field]);
        expect(() => itemsOf({ ...receipt, items: changed }, 'finish')).toThrow('so it is damaged');
        const swapped = given.map(({ before, asked, ...each }) => ({
          ...each,
          before: asked,
          asked: before,
        }));
        if (given.some(({ before, asked }) => before !== asked))
          expect(() => itemsOf({ ...receipt, items: swapped }, 'finish')).toThrow('so it is damaged');
      }),
      { seed: seed() },
    );
  });

  it.each([0, 2, 17])('of version %d is refused by name, whatever its checksum is', (version) => {
    const receipt = { ...makeReceipt(BATCH, [item('cart')]), version };
    expect(() => itemsOf(receipt, 'finish')).toThrow(
      `it is of version ${version}, and this service takes version 1`,
    );
  });

  it('is refused if it lacks an item', () => {
    const receipt = makeReceipt(BATCH, [item('cart'), item('api')]);
    expect(() => itemsOf({ ...receipt, items: receipt.items.slice(1) }, 'restore')).toThrow('damaged');
  });

  it('is refused if it names a Deployment twice: its two counts would contradict each other', () => {
    const receipt = makeReceipt(BATCH, [item('cart', 3, 0), item('api'), item('cart', 5, 0)]);
    expect(() => itemsOf(receipt, 'restore')).toThrow('it names default/shop/cart twice');
  });

  it('has at most 200 bytes an item besides its names', () => {
    const names = { cluster: 'production', namespace: 'shop', deployment: 'cart' };
    const uid = 'x'.repeat(64);
    const largest = { ...names, uid, before: 2 ** 31 - 1, asked: 2 ** 31 - 1 };
    const sizeWith = (given: readonly ReceiptItem[]) => JSON.stringify(makeReceipt(BATCH, given)).length;
    const bytes = sizeWith([largest, largest]) - sizeWith([largest]);
    expect(bytes - Object.values(names).join('').length).toBeLessThanOrEqual(200);
  });

  it('with the most and the longest names fits into the body of a batch', () => {
    const long = (index: number): ReceiptItem => ({
      cluster: 'c'.repeat(63),
      namespace: 'n'.repeat(63),
      deployment: `d${index}`.padEnd(253, 'd'),
      uid: '0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60',
      before: 2 ** 31 - 1,
      asked: 2 ** 31 - 1,
    });
    const receipt = makeReceipt(
      BATCH,
      Array.from({ length: MAX_ITEMS }, (_, index) => long(index)),
    );
    const body = JSON.stringify({ restore: receipt });
    expect(body.length).toBeLessThan(786_432);
    expect(read(JSON.stringify(receipt))).toBeDefined();
  });
});
