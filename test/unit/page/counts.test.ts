import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../src/client/scaler-client.ts';
import { ageText } from '../../../src/page/model/age-text.ts';
import { limitTexts, refusalOf } from '../../../src/page/model/count-limits.ts';
import { countIn, refusalText, settable } from '../../../src/page/model/draft.ts';
import { forecastText, parseForecast } from '../../../src/page/model/forecast-words.ts';
import { parseReceipt, receiptFileName, receiptText } from '../../../src/page/model/receipt-file.ts';
import { answered, asked, failed, observed, overridden } from '../../../src/page/model/write-progress.ts';
import { state } from './rows.ts';

const limits = (parts: Partial<Limits>): Limits => ({
  namespace: 'shop',
  deployment: 'cart',
  replicas: 4,
  allowZero: true,
  rails: [],
  may: { read: true, scale: true },
  ...parts,
});

describe('limits', () => {
  it.each([
    [{ max: 4, rails: [{ from: 'rule core', max: 4 }] }, 5, 'rule core: at most 4'],
    [
      { min: 2, allowZero: false, rails: [{ from: 'annotation k/min', min: 2 }] },
      1,
      'annotation k/min: at least 2',
    ],
    [
      { min: 2, allowZero: false, rails: [{ from: 'annotation k/min', min: 2 }] },
      0,
      'annotation k/min: not 0',
    ],
    [{ min: 2, allowZero: true }, 0, undefined],
    [
      { maxStep: 1, rails: [{ from: 'rule slow', maxStep: '10%' }] },
      6,
      'rule slow: at most 1 more or fewer in one write',
    ],
    [{ maxStep: 1, replicas: 0 }, 6, undefined],
    [
      { protected: 'frozen', rails: [{ from: 'rule ice', protected: 'frozen' }] },
      5,
      'rule ice: no change (frozen)',
    ],
    [{ protected: 'frozen', max: 2 }, 4, undefined],
    [{}, -1, 'A count is 0 or more'],
    [{}, 2_147_483_648, 'A count is at most 2147483647'],
  ])('%j say of %i: %s', (parts, count, why) => {
    expect(refusalOf(limits(parts), count)).toBe(why);
  });

  it('are told in words, with where they come from', () => {
    expect(limitTexts(limits({}))).toEqual([]);
    expect(limitTexts(limits({ min: 2, max: 9, allowZero: false, rails: [{ from: 'rule core' }] }))).toEqual([
      'at least 2',
      'at most 9',
      'not 0',
      'from rule core',
    ]);
  });
});

describe('a draft', () => {
  it('is a whole number that Kubernetes takes', () => {
    expect(['7', ' 12 ', '0', '2147483647'].map(countIn)).toEqual([7, 12, 0, 2_147_483_647]);
    expect(['', '-1', '3.0', '1e3', '2147483648', 'many'].map(countIn)).toEqual(Array(6).fill(undefined));
  });

  it('can be set unless it is refused for good, also while its plan is not there', () => {
    const may = (plan: Parameters<typeof settable>[0]['plan'], text = '5') =>
      settable({ base: 3, text, plan });
    expect(may({ state: 'asking' })).toBe('yes');
    expect(may({ state: 'failed', message: '' })).toBe('yes');
    expect(may({ state: 'refused', message: '', forcible: true })).toBe('forced');
    expect(may({ state: 'refused', message: '', forcible: false })).toBe('no');
    expect(may({ state: 'asking' }, '3')).toBe('no');
  });

  it('shows a refusal without what only programs can do', () => {
    expect(
      refusalText(
        'Nothing was changed, because the count would not stay. To set it in spite of that, send force=true',
      ),
    ).toBe('The count would not stay');
  });

  it('shows each forecast of the header', () => {
    const header =
      'undone; by="HorizontalPodAutoscaler/cart", drifts; by="Apply/kubectl"; certainty=possible, unknown';
    expect(parseForecast(header).map(forecastText)).toEqual([
      'will be undone by HorizontalPodAutoscaler/cart',
      'will be set back on the next run by Apply/kubectl (possibly)',
      'not all autoscalers are known',
    ]);
  });
});

describe('a write', () => {
  const written = { replicas: 5, previous: 3, forecast: 'holds', warnings: [], resourceVersion: '7' };
  const rolling = state('cart', { replicas: 5, ready: 3, phase: 'progressing' });

  it('is set, seen, and ready once its pods are there', () => {
    const set = answered(asked(3, 5), written);
    expect(set.phase).toBe('set');
    expect(observed(set, state('cart')).phase).toBe('set');
    const seen = observed(set, rolling);
    expect(seen).toMatchObject({ phase: 'seen', text: '3 of 5 ready' });
    expect(observed(seen, state('cart', { replicas: 5 })).phase).toBe('ready');
  });

  it('is not set back by an answer that comes after the watch', () => {
    expect(answered(observed(asked(3, 5), rolling), written).phase).toBe('seen');
  });

  it('is stuck until it goes on', () => {
    const stuck = observed(asked(3, 5), { ...rolling, phase: 'stuck', reason: 'quota' });
    expect(stuck).toMatchObject({ phase: 'stuck', text: 'quota' });
    expect(observed(stuck, state('cart', { replicas: 5 })).phase).toBe('ready');
  });

  it('is undone by who sets another count, and stays so', () => {
    const seen = observed(asked(3, 5), rolling);
    const other = state('cart', { replicas: 4, lastChange: { to: 4, manager: 'kubectl' } });
    expect(observed(seen, other)).toMatchObject({ phase: 'undone', text: 'kubectl set it to 4' });
    const event = { cluster: 'eu', namespace: 'shop', deployment: 'cart', by: 'hpa', from: 5, to: 4 };
    const undone = overridden(seen, event);
    expect(undone).toMatchObject({ phase: 'undone', text: 'hpa set it to 4' });
    expect(observed(undone, other)).toBe(undone);
    // That is about an earlier write.
    expect(overridden(seen, { ...event, from: 9 })).toBe(seen);
  });

  it('that failed is not seen in the count of somebody else', () => {
    const refused = failed(asked(3, 5), 'no');
    expect(observed(refused, rolling)).toBe(refused);
  });
});

describe('a receipt in a file', () => {
  const item = { cluster: 'eu', namespace: 'shop', deployment: 'cart', uid: 'u', before: 3, asked: 0 };
  const receipt = {
    version: 1,
    id: '2b4f6d0c-8e1a',
    at: '2026-11-29T19:00:00.000Z',
    items: [item],
    checksum: 'c',
  };

  it('is read alone or inside an answer, and refused with what to do', () => {
    expect(parseReceipt(JSON.stringify(receipt))).toEqual(receipt);
    expect(parseReceipt(JSON.stringify({ batch: 'b', receipt }))).toEqual(receipt);
    expect(() => parseReceipt('{')).toThrow('not JSON: choose one');
    for (const wrong of [[], null, {}, { ...receipt, items: [{}] }, { ...receipt, checksum: undefined }]) {
      expect(() => parseReceipt(JSON.stringify(wrong))).toThrow('no receipt: choose one');
    }
    expect(() => parseReceipt(JSON.stringify({ ...receipt, version: 2 }))).toThrow('has version 2');
  });

  it('is called by its time, and told in a few words', () => {
    expect(receiptFileName(receipt)).toBe('receipt-2026-11-29T190000-2b4f6d0c.json');
    expect(receiptText(receipt)).toBe('shop/cart 3 → 0');
    expect(receiptText({ ...receipt, items: [item, item] })).toBe('park 2 Deployments');
    expect(receiptText({ ...receipt, items: [item, { ...item, asked: 2 }] })).toBe('set 2 Deployments');
  });
});

it('an age is told in its greatest unit', () => {
  expect([0, 59_000, 60_000, 3_600_000 * 5, 86_400_000 * 3].map(ageText)).toEqual([
    'now',
    'now',
    '1 min',
    '5 h',
    '3 d',
  ]);
});
