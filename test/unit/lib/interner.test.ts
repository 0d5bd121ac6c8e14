import { describe, expect, it } from 'vitest';
import { Interner } from '../../../src/lib/interner.ts';

describe('an interner', () => {
  it('returns the first of equal lists, also if another is told from them by its borders only', () => {
    const interner = new Interner();
    const first = interner.list(['a', 'b']);
    expect(interner.list(['a,b'])).toEqual(['a,b']);
    expect(interner.list(['a', 'b'])).toBe(first);
  });

  it('returns strings of any length as they are', () => {
    const interner = new Interner();
    for (const text of ['', 'a', 'x'.repeat(10_000)]) {
      expect(interner.text(text)).toBe(text);
      expect(interner.text(text)).toBe(text);
      expect(interner.list([text, text])).toEqual([text, text]);
    }
  });

  it('forgets the lists that were not used lately, so that it does not grow', () => {
    const interner = new Interner();
    const busy = interner.list(['busy']);
    const idle = interner.list(['idle']);
    for (let index = 0; index < 10_000; index += 1) {
      interner.list([String(index)]);
      interner.list(['busy']);
    }
    expect(interner.list(['busy'])).toBe(busy);
    expect(interner.list(['idle'])).not.toBe(idle);
  });
});
