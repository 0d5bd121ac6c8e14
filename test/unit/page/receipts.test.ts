import { beforeEach, expect, it } from 'vitest';
import { ApiError } from '../../../src/client/api-error.ts';
import type { Batch, BatchAnswer, Limits, Receipt, Target } from '../../../src/client/scaler-client.ts';
import { LimitsReader } from '../../../src/page/control/limits-reader.ts';
import { type Intent, Plans } from '../../../src/page/control/plans.ts';
import type { KeptReceipt } from '../../../src/page/control/receipt-store.ts';
import { Receipts } from '../../../src/page/control/receipts.ts';
import { until } from '../../support/until.ts';
import { row } from './rows.ts';

/** Receipts through plans, failures and files, with a store that a test reads. */

const receipt: Receipt = {
  version: 1,
  id: '2b4f6d0c-8e1a',
  at: '2026-11-29T19:00:00.000Z',
  items: [{ cluster: 'eu', namespace: 'shop', deployment: 'cart', uid: 'u', before: 3, asked: 0 }],
  checksum: 'c',
};
const COUNTS = { set: 1, unchanged: 0, leftAlone: 0, refused: 0, failed: 0, unknown: 0, notStarted: 0 };
const answerOf = (counts: Partial<BatchAnswer['counts']>): BatchAnswer => ({
  batch: receipt.id,
  dryRun: false,
  counts: { ...COUNTS, ...counts },
  items: [],
  receipt,
});

let kept: KeptReceipt[];
let messages: string[];
const store = {
  list: async () => kept,
  keep: async (one: KeptReceipt) => {
    kept = [...kept.filter(({ id }) => id !== one.id), one];
    return [];
  },
  delete: async (id: string) => {
    kept = kept.filter((each) => each.id !== id);
  },
  setStatus: async (id: string, status: KeptReceipt['status']) => {
    kept = kept.map((each) => (each.id === id ? { ...each, status } : each));
  },
};
beforeEach(() => {
  kept = [];
  messages = [];
});

/** Plans the intent and carries it out, and gives the plan at its end. */
async function carryOut(intent: Intent, outcome: () => Promise<BatchAnswer>) {
  if (intent.kind !== 'set') await store.keep({ id: receipt.id, receipt, keptAt: 1, status: 'done' });
  const plans = new Plans({
    client: {
      batch: (_body: Batch, { dryRun } = {}) => (dryRun ? Promise.resolve(answerOf({})) : outcome()),
    },
    store,
    changed: () => {},
    say: (text) => messages.push(text),
  });
  await plans.make(intent);
  await plans.carryOut();
  return plans.view;
}

const SET: Intent = { kind: 'set', items: [] };
const RESTORE: Intent = { kind: 'restore', receipt };

it.each([
  [SET, { failed: 1 }, 'incomplete', 'Finish or restore it in the receipts'],
  [RESTORE, { notStarted: 1 }, 'restoredInPart', 'Restore the receipt again'],
  [RESTORE, { refused: 1 }, 'restoredInPart', 'Restore the receipt again'],
])('a part of %o that is missing (%o) leaves the receipt %s: %s', async (intent, counts, status, advice) => {
  await carryOut(intent, async () => answerOf(counts));
  expect(kept.map((each) => each.status)).toEqual([status]);
  expect(messages.at(-1)).toContain(advice);
});

it('the error of a proxy says nothing of what was set, and the receipt is not complete', async () => {
  const view = await carryOut(SET, async () => {
    throw new ApiError(504, {}, new Headers());
  });
  expect(kept.map((each) => each.status)).toEqual(['incomplete']);
  expect(view?.error).toContain('Some counts may be set. Finish or restore it in the receipts');
});

it('an error of the service changed nothing, and the receipt says so', async () => {
  await carryOut(SET, async () => {
    throw new ApiError(403, { code: 'FORBIDDEN', message: 'no' }, new Headers());
  });
  expect(kept.map((each) => each.status)).toEqual(['nothing']);
});

const upload = async (file: Blob) => {
  const receipts = new Receipts(store, () => {});
  await receipts.upload(file);
  return receipts.error;
};

it('a file does not replace a receipt that is kept', async () => {
  await store.keep({ id: receipt.id, receipt, keptAt: 1, status: 'done' });
  const before = [...kept];
  expect(await upload(new Blob([JSON.stringify(receipt)]))).toBe('');
  const other = { ...receipt, items: [], checksum: 'd' };
  expect(await upload(new Blob([JSON.stringify(other)]))).toContain(
    'another version of this receipt is kept',
  );
  expect(kept).toEqual(before);
});

it('a file that is far larger than any receipt is not read', async () => {
  expect(await upload(new Blob([' '.repeat(5_000_000), JSON.stringify(receipt)]))).toContain('too large');
  expect(kept).toEqual([]);
});

const limits: Limits = {
  namespace: 'shop',
  deployment: 'cart',
  replicas: 3,
  allowZero: true,
  rails: [],
  may: { read: true, scale: true },
};

it('limits are asked for again for another count only if they depend on it, and when rights may have changed', async () => {
  let asked = 0;
  let shown = row('cart');
  const client = {
    limits: async (_target: Target) => {
      asked += 1;
      return { ...limits, ...(asked > 2 && { maxStep: 1 }) };
    },
  };
  const reader = new LimitsReader(
    client,
    () => shown,
    () => {},
  );
  reader.want(new Set([shown.key]));
  await until(() => reader.maySet(shown.key));
  for (let replicas = 4; replicas < 100; replicas += 1) {
    shown = row('cart', { replicas });
    reader.want();
    expect(reader.get(shown.key)?.replicas).toBe(replicas);
  }
  expect(asked).toBe(1);
  reader.again();
  expect([asked, reader.maySet(shown.key)]).toEqual([2, true]);
  await until(() => {
    reader.again();
    return reader.get(shown.key)?.maxStep === 1;
  });
  const before = asked;
  shown = row('cart', { replicas: 7 });
  reader.want();
  expect(asked).toBe(before + 1);
});
