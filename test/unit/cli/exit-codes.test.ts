import { expect, it } from 'vitest';
import { exitCodeOfItems } from '../../../src/cli/batches/batch-table.ts';
import { EXIT_CODES_HELP, exitCodeOfAnswer, worstOf } from '../../../src/cli/exit-codes.ts';
import { ApiError } from '../../../src/client/api-error.ts';
import type { BatchItem } from '../../../src/client/scaler-client.ts';

const ITEM = { cluster: 'blue', namespace: 'shop', deployment: 'cart', to: 5, forecast: [], warnings: [] };

function item(outcome: BatchItem['outcome'], more: Partial<BatchItem> = {}): BatchItem {
  return { ...ITEM, outcome, ...more };
}

it.each([
  [409, 'REPLICAS_OVERRIDDEN', 3],
  [422, 'ROLLOUT_STUCK', 4],
  [504, 'NOT_READY_IN_TIME', 5],
  [403, 'FORBIDDEN', 6],
  [403, 'A_CODE_OF_A_LATER_VERSION', 6],
  [409, 'REPLICAS_MANAGED', 6],
  [412, 'PRECONDITION_FAILED', 6],
  [422, 'RAIL', 6],
  [422, 'ADMISSION_REFUSED', 6],
  [401, 'CERTIFICATE_UNUSABLE', 6],
  [400, 'INVALID_QUERY', 2],
  [400, 'INVALID_BODY', 2],
  [400, 'SELECT_TOO_WIDE', 2],
  [404, 'DEPLOYMENT_NOT_FOUND', 1],
  [409, 'CONFLICT', 1],
  [422, 'TOO_MANY_ITEMS', 1],
  [502, 'UNEXPECTED_ANSWER', 1],
])('an answer with %i %s is exit code %i', (status, code, expected) => {
  expect(exitCodeOfAnswer(new ApiError(status, { code }, new Headers()))).toBe(expected);
});

it('of several outcomes the exit code is the first of 1, 6, 4, 3, 5', () => {
  expect(worstOf([5, 3, 4, 6, 1, 0])).toBe(1);
  expect(worstOf([5, 3, 4, 6, 0])).toBe(6);
  expect(worstOf([5, 3, 4])).toBe(4);
  expect(worstOf([5, 3])).toBe(3);
  expect(worstOf([5, 0])).toBe(5);
  expect(worstOf([])).toBe(0);
  expect(EXIT_CODES_HELP).toContain('the first of 1, 6, 4, 3, 5');
});

it('the items of a batch have exit codes by what became of them and of their pods', () => {
  const code = (...items: BatchItem[]) => exitCodeOfItems(items, { forgiving: false });
  expect(code(item('set'), item('unchanged'))).toBe(0);
  expect(code(item('set', { rollout: { ready: false, code: 'ROLLOUT_STUCK' } }))).toBe(4);
  expect(code(item('set'), item('refused', { code: 'RAIL' }))).toBe(6);
  expect(code(item('refused', { code: 'RAIL' }), item('failed', { code: 'ADMISSION_REFUSED' }))).toBe(1);
  expect(code(item('notStarted', { code: 'BATCH_OUT_OF_TIME' }))).toBe(1);
  expect(code(item('unknown', { code: 'OUTCOME_UNKNOWN' }))).toBe(1);
});

it('what somebody has changed or deleted since is refused in a new batch, and no failure of a receipt that is sent later', () => {
  for (const code of ['CHANGED_SINCE', 'DEPLOYMENT_GONE']) {
    expect(exitCodeOfItems([item('leftAlone', { code })], { forgiving: false })).toBe(6);
    expect(exitCodeOfItems([item('leftAlone', { code })], { forgiving: true })).toBe(0);
  }
  expect(exitCodeOfItems([item('leftAlone', { code: 'RAIL' })], { forgiving: true })).toBe(6);
});
