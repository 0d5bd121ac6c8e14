import { expect, it } from 'vitest';
import { timeToReadMs } from '../../../plugins/answers.ts';

it('answers: a client has 10 s plus the time at the minimum rate to read one, up to the time limit', () => {
  const limits = { answerTimeoutSeconds: 60, minAnswerBytesPerSecond: 1_000 };
  expect([0, 1_000, 49_999, 50_000, 1_000_000].map((bytes) => timeToReadMs(bytes, limits))).toEqual([
    10_000, 11_000, 59_999, 60_000, 60_000,
  ]);
});
