import { expect, it } from 'vitest';
import { jsonText } from '../../../src/cli/output/messages.ts';
import { ageOf, forPeople, oneLine, painter } from '../../../src/cli/output/text.ts';
import { withWaitTimes } from '../../../src/cli/wait-option.ts';

it.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [7199, '119m'],
  [7200, '2h'],
  [172_799, '47h'],
  [172_800, '2d'],
])('%i seconds ago is %s', (seconds, age) => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  expect(ageOf(new Date(now - seconds * 1000).toISOString(), now)).toBe(age);
});

it('a clock that is behind makes no age below zero', () => {
  expect(ageOf('2026-11-29T12:00:05Z', Date.parse('2026-11-29T12:00:00Z'))).toBe('0s');
});

it('a text of the cluster stays on its line and cannot move the cursor', () => {
  expect(oneLine('a\nb\u001b[2Jc\u009b31md')).toBe('a b\uFFFD[2Jc\uFFFD31md');
  expect(oneLine('cart\u202Etrac')).toBe('cart\uFFFDtrac');
});

it('JSON has no character that a terminal obeys, and stays the same JSON', () => {
  const value = { message: 'a\u001b[2J\u009b31m\u007f' };
  expect(jsonText(value)).toBe('{"message":"a\\u001b[2J\\u009b31m\\u007f"}');
  expect(JSON.parse(jsonText(value, 2))).toEqual(value);
});

it.each([
  ['To set it in spite of that, send force=true', 'To set it in spite of that, add --force'],
  [
    'There is no cluster x: GET /clusters lists the clusters',
    'There is no cluster x: `scaler clusters` lists the clusters',
  ],
  ['not in time: a pod. To wait on, read what Location names', 'not in time: a pod'],
])(
  'where the API speaks of its parameters and paths, people read flags and commands: %s',
  (message, text) => {
    expect(forPeople(message)).toBe(text);
  },
);

it('without colours a text stays as it is', () => {
  expect(painter(false)('red', 'stuck')).toBe('stuck');
  expect(painter(true)('red', 'stuck')).toBe('\u001b[31mstuck\u001b[39m');
});

it('--wait takes a time with and without =, and never the target that follows it', () => {
  expect(withWaitTimes(['set', '--wait', 'shop/cart=3'])).toEqual(['set', '--wait=60', 'shop/cart=3']);
  expect(withWaitTimes(['set', 'shop/cart=3', '--wait'])).toEqual(['set', 'shop/cart=3', '--wait=60']);
  expect(withWaitTimes(['set', '--wait', '30', 'shop/cart=3'])).toEqual([
    'set',
    '--wait',
    '30',
    'shop/cart=3',
  ]);
  expect(withWaitTimes(['set', '--wait=30'])).toEqual(['set', '--wait=30']);
});
