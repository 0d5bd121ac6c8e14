import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { makeReceipt, type ReceiptItem } from '../../../src/batch/receipt.ts';
import { Access } from '../../../src/cluster/access/access.ts';
import type { ResourceAttributes } from '../../../src/cluster/access/authorizer.ts';
import { FreshnessError, NotSyncedError, RolloutError } from '../../../src/cluster/cluster-errors.ts';
import type { Forecast } from '../../../src/cluster/ownership/forecast.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';
import { logTo } from '../../support/log-to.ts';

const BATCH = '2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f';
const COUNTS = { 'shop/api': 2, 'shop/cart': 3, 'web/front': 1 };
const undone: Forecast = {
  kind: 'undone',
  by: 'HorizontalPodAutoscaler/cart',
  certain: true,
  message: 'HorizontalPodAutoscaler shop/cart keeps 2 to 4',
};

const memory = (name = 'one') => new MemoryCluster(COUNTS, name);
const post = (app: FastifyInstance, payload: object, query = '', prefix = '') =>
  app.inject({ method: 'POST', url: `${prefix}/scale${query}`, payload });
const plan = (app: FastifyInstance, payload: object, prefix = '') =>
  post(app, payload, '?dryRun=true', prefix);
const count = (deployment: string, replicas = 0, namespace = 'shop') => ({ namespace, deployment, replicas });
const kept = (deployment: string, more: Partial<ReceiptItem> = {}): ReceiptItem => ({
  cluster: 'one',
  namespace: 'shop',
  deployment,
  uid: 'uid',
  before: 3,
  asked: 0,
  ...more,
});
/** A cluster whose authoriser decides by a function. */
function guarded(allows: (attributes: ResourceAttributes) => boolean, name = 'one'): MemoryCluster {
  const cluster = memory(name);
  cluster.access = new Access(decidedBy(allows));
  return cluster;
}
const none = { set: 0, unchanged: 0, leftAlone: 0, refused: 0, failed: 0, unknown: 0, notStarted: 0 };

describe('a plan of POST /scale', () => {
  it('tells what would become of each item in the given order, and changes nothing', async () => {
    const cluster = memory();
    const app = await buildTestApp(cluster);
    const answer = await plan(app, { items: [count('cart'), count('api', 2)] });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    const { batch, receipt, ...rest } = answer.json();
    const common = { cluster: 'one', namespace: 'shop', right: true, restorable: true, warnings: [] };
    const forecast = [{ kind: 'holds', certainty: 'certain' }];
    expect(rest).toEqual({
      dryRun: true,
      counts: { ...none, set: 1, unchanged: 1 },
      items: [
        { ...common, deployment: 'cart', outcome: 'set', from: 3, to: 0, forecast },
        { ...common, deployment: 'api', outcome: 'unchanged', from: 2, to: 2, forecast },
      ],
    });
    expect(receipt).toMatchObject({ version: 1, id: batch });
    expect(receipt.items).toEqual([kept('cart'), kept('api', { before: 2, asked: 2 })]);
    expect(cluster.writes).toEqual([]);
  });

  it('of a select has its Deployments by namespace and name, in the order of the clusters that it names', async () => {
    const clusters = [memory('one'), memory('two')];
    for (const cluster of clusters) cluster.add('shop/batch', 4, ['tier', 'batch']);
    clusters[0]?.add('web/night', 0, ['tier', 'batch']);
    const app = await buildTestApp(clusters);
    const select = { labelSelector: 'tier=batch', clusters: ['two', 'one'] };
    const { items, counts, receipt } = (await plan(app, { select, replicas: 0 })).json();
    const names = items.map(
      (item: Record<string, unknown>) => `${item.cluster}/${item.namespace}/${item.deployment}`,
    );
    expect(names).toEqual(['two/shop/batch', 'one/shop/batch', 'one/web/night']);
    expect(counts).toEqual({ ...none, set: 2, unchanged: 1 });
    expect(receipt.items).toHaveLength(3);
  });

  it('of a select that hits nothing is empty, and has no receipt', async () => {
    const answer = await plan(await buildTestApp(memory()), { select: { namespace: 'empty' }, replicas: 0 });
    const { items, receipt } = answer.json();
    expect([answer.statusCode, items, receipt]).toEqual([200, [], undefined]);
  });

  it('names what would be refused, and leaves it out of the receipt', async () => {
    const app = await buildTestApp(guarded(({ namespace }) => namespace === 'shop'));
    const answer = await plan(app, { items: [count('cart'), count('nope'), count('front', 0, 'web')] });
    const { items, counts, receipt } = answer.json();
    expect(counts).toEqual({ ...none, set: 1, refused: 2 });
    expect(items[1]).toMatchObject({ outcome: 'refused', code: 'DEPLOYMENT_NOT_FOUND', right: true });
    // It may exist or not: nothing of it is shown.
    expect(items[2]).toEqual({
      cluster: 'one',
      namespace: 'web',
      deployment: 'front',
      outcome: 'refused',
      to: 0,
      code: 'FORBIDDEN',
      message: expect.stringContaining('client may not patch deployments/scale in namespace web'),
      right: false,
      restorable: false,
      forecast: [],
      warnings: [],
    });
    expect(receipt.items).toEqual([kept('cart')]);
  });

  it('shows rails and forecasts', async () => {
    const cluster = memory();
    cluster.rail = 'rule production: at most 2 (3 asked); allowed are 0 to 2';
    cluster.forecasts = [
      undone,
      { ...undone, kind: 'drifts', by: 'Helm/web', certain: false, message: 'Helm' },
    ];
    const { items } = (await plan(await buildTestApp(cluster), { items: [count('api', 3)] })).json();
    expect(items[0]).toMatchObject({
      outcome: 'refused',
      code: 'RAIL',
      rail: cluster.rail,
      forecast: [
        { kind: 'undone', by: 'HorizontalPodAutoscaler/cart', certainty: 'certain', message: undone.message },
        { kind: 'drifts', by: 'Helm/web', certainty: 'possible', message: 'Helm' },
      ],
      warnings: [undone.message, 'Helm'],
    });
  });

  it('of a receipt or a restore has no receipt: the one that was sent is still the one to keep', async () => {
    const app = await buildTestApp(memory());
    const receipt = makeReceipt(BATCH, [kept('cart')]);
    for (const kind of ['receipt', 'restore']) {
      const answer = (await plan(app, { [kind]: receipt })).json();
      expect([answer.dryRun, answer.receipt]).toEqual([true, undefined]);
    }
  });
});

describe('POST /scale', () => {
  it('sets each count, and its receipt takes all of them back', async () => {
    const [one, two] = [memory('one'), memory('two')];
    const app = await buildTestApp([one, two]);
    const items = [count('cart'), { cluster: 'two', ...count('front', 4, 'web') }, count('api', 2)];
    const set = (await post(app, { items })).json();
    expect(set).toMatchObject({ dryRun: false, counts: { ...none, set: 2, unchanged: 1 } });
    expect(set.items[0]).toEqual({
      cluster: 'one',
      namespace: 'shop',
      deployment: 'cart',
      outcome: 'set',
      from: 3,
      to: 0,
      forecast: [{ kind: 'holds', certainty: 'certain' }],
      warnings: [],
      resourceVersion: '2',
    });
    expect([one.replicasOf('shop', 'cart'), two.replicasOf('web', 'front')]).toEqual([0, 4]);
    const restored = (await post(app, { restore: set.receipt })).json();
    expect(restored).toMatchObject({ counts: { ...none, set: 2, unchanged: 1 } });
    expect(restored.receipt).toBeUndefined();
    expect([one.replicasOf('shop', 'cart'), two.replicasOf('web', 'front')]).toEqual([3, 1]);
  });

  it('finishes what a plan asked for, and leaves alone and names what was changed since', async () => {
    const cluster = memory();
    const app = await buildTestApp(cluster);
    const { receipt } = (await plan(app, { select: { namespace: 'shop' }, replicas: 0 })).json();
    cluster.add('shop/cart', 5);
    const { counts, items } = (await post(app, { receipt })).json();
    expect(counts).toEqual({ ...none, set: 1, leftAlone: 1 });
    expect(items[1]).toMatchObject({
      deployment: 'cart',
      outcome: 'leftAlone',
      from: 5,
      to: 0,
      code: 'CHANGED_SINCE',
      message: expect.stringContaining('kubectl set it to 5'),
      changedBy: { by: 'kubectl' },
    });
    expect(cluster.writes).toEqual(['shop/api=0 by client']);
  });

  it.each<[string, string, Partial<MemoryCluster>, number]>([
    ['a rail', 'RAIL', { rail: 'at most 2' }, 422],
    ['an autoscaler that would undo it', 'REPLICAS_MANAGED', { forecasts: [undone] }, 409],
  ])('refuses the whole batch for %s, and says which items are to blame', async (_, code, has, status) => {
    const [one, two] = [memory('one'), Object.assign(memory('two'), has)];
    const app = await buildTestApp([one, two]);
    const answer = await post(app, { items: [count('cart'), { cluster: 'two', ...count('api', 9) }] });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      status,
      {
        code,
        message: `Nothing was changed, because 1 of 2 items cannot be set (1 ${code}): see items`,
        items: [{ cluster: 'two', namespace: 'shop', deployment: 'api', code }],
      },
    ]);
    expect([one.writes, two.writes]).toEqual([[], []]);
  });

  it('with force sets what an autoscaler would undo, but passes no rail', async () => {
    const cluster = memory();
    cluster.forecasts = [undone];
    const app = await buildTestApp(cluster);
    expect((await post(app, { items: [count('cart')] }, '?force=true')).json().counts.set).toBe(1);
    cluster.rail = 'at most 2';
    expect((await post(app, { items: [count('cart', 3)] }, '?force=true')).json().code).toBe('RAIL');
  });

  it.each([
    [
      '403 before 422, 409, 404 and 503',
      ['denied', 'rail', 'managed', 'missing', 'undecided'],
      403,
      'FORBIDDEN',
    ],
    ['422 before 409, 404 and 503', ['undecided', 'missing', 'managed', 'rail'], 422, 'RAIL'],
    ['409 before 404 and 503', ['undecided', 'missing', 'managed'], 409, 'REPLICAS_MANAGED'],
    ['404 before 503', ['undecided', 'missing'], 404, 'DEPLOYMENT_NOT_FOUND'],
    ['503 if nothing else is the matter', ['undecided'], 503, 'CACHE_NOT_SYNCED'],
  ])('refuses with %s', async (_, kinds, status, code) => {
    const clusters = new Map<string, MemoryCluster>([
      ['fine', memory('fine')],
      ['denied', guarded(() => false, 'denied')],
      ['rail', Object.assign(memory('rail'), { rail: 'at most 2' })],
      ['managed', Object.assign(memory('managed'), { forecasts: [undone] })],
      ['missing', new MemoryCluster({}, 'missing')],
      ['undecided', new UnsyncedCluster(COUNTS, 'undecided')],
    ]);
    const app = await buildTestApp([...clusters.values()]);
    const items = ['fine', ...kinds].map((cluster) => ({ cluster, ...count('cart') }));
    const answer = await post(app, { items });
    const body = answer.json();
    expect([answer.statusCode, body.code]).toEqual([status, code]);
    expect(body.items.map(({ cluster }: ReceiptItem) => cluster)).toEqual(kinds);
    for (const cluster of clusters.values()) expect(cluster.writes).toEqual([]);
  });

  it('refuses a cluster that is not there like a Deployment that is not there', async () => {
    const app = await buildTestApp(memory());
    const answer = await post(app, { items: [{ cluster: 'nope', ...count('cart') }] });
    expect([answer.statusCode, answer.json().code, answer.json().items[0].code]).toEqual([
      404,
      'CLUSTER_NOT_FOUND',
      'CLUSTER_NOT_FOUND',
    ]);
  });

  it('refuses a receipt and a restore of a caller who may set none of the items, in one line of the log', async () => {
    const lines: string[] = [];
    const logStream = logTo((line) => void lines.push(line));
    const app = await buildTestApp(
      guarded(() => false),
      { logLevel: 'info', logStream },
    );
    const items = Array.from({ length: 999 }, (_, at) => kept(`d${at}`));
    const forged = makeReceipt(BATCH, [...items, kept('cart', { cluster: 'nope' })]);
    for (const kind of ['receipt', 'restore']) {
      lines.length = 0;
      const answer = await post(app, { [kind]: forged });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'FORBIDDEN']);
      expect(answer.json().items).toHaveLength(1_000);
      expect(lines).toHaveLength(1);
    }
    const plan = await post(app, { restore: forged }, '?dryRun=true');
    expect(plan.json().counts).toEqual({ ...none, leftAlone: 1_000 });
  });

  it('with wait refuses items and a receipt whose rollouts cannot be followed; a restore says so of each item', async () => {
    const cluster = new OpaqueCluster(COUNTS, 'one');
    const app = await buildTestApp(cluster);
    const receipt = makeReceipt(BATCH, [kept('cart')]);
    for (const body of [{ items: [count('cart')] }, { receipt }]) {
      const refused = await post(app, body, '?wait=1');
      expect([refused.statusCode, refused.json().code]).toEqual([400, 'FRESHNESS_NOT_SUPPORTED']);
    }
    expect(cluster.writes).toEqual([]);
    cluster.add('shop/cart', 0);
    const { items } = (await post(app, { restore: receipt }, '?wait=1')).json();
    expect(items).toMatchObject([
      { outcome: 'set', to: 3, rollout: { ready: false, code: 'FRESHNESS_NOT_SUPPORTED' } },
    ]);
  });

  it('with wait says of each item what became of its pods', async () => {
    const cluster = new WaitedCluster(COUNTS, 'one');
    const app = await buildTestApp(cluster);
    const { items } = (await post(app, { items: [count('api', 4), count('cart', 4)] }, '?wait=1')).json();
    expect(items.map(({ rollout }: Record<string, unknown>) => rollout)).toEqual([
      { ready: true },
      { ready: false, code: 'NOT_READY_IN_TIME', message: '2 of 4 replicas are available' },
    ]);
  });
});

class UnsyncedCluster extends MemoryCluster {
  override prospect(): never {
    throw new NotSyncedError();
  }
}

/** A cluster whose resourceVersions have no order. */
class OpaqueCluster extends MemoryCluster {
  override requireWaits(): never {
    throw new FreshnessError('OPAQUE_RESOURCE_VERSIONS');
  }
  override async rollout(): Promise<never> {
    throw new FreshnessError('OPAQUE_RESOURCE_VERSIONS');
  }
}

class WaitedCluster extends MemoryCluster {
  override async rollout(...[target, limits]: Parameters<MemoryCluster['rollout']>) {
    if (target.deployment === 'cart') throw new RolloutError('LATE', target, '2 of 4 replicas are available');
    return super.rollout(target, limits);
  }
}

describe('the body of POST /scale', () => {
  const receipt = makeReceipt(BATCH, [kept('cart')]);
  const oneOf = 'send exactly one of items, select, receipt and restore';

  it.each<[string, object, string]>([
    ['nothing', {}, oneOf],
    ['two kinds', { items: [count('cart')], restore: receipt }, `${oneOf}, not items and restore`],
    ['receipt and restore', { receipt, restore: receipt }, `${oneOf}, not receipt and restore`],
    ['an array', [], 'send a JSON object with one of items, select, receipt and restore'],
    ['null', { items: null }, 'field items must be array'],
    ['no item', { items: [] }, 'field items must not have fewer than 1 items'],
    [
      'too many items',
      { items: Array.from({ length: 1001 }, (_, index) => count(`d${index}`)) },
      'field items must not have more than 1000 items',
    ],
    [
      'an item without a count',
      { items: [{ namespace: 'shop', deployment: 'cart' }] },
      'field missing: items/0/replicas',
    ],
    ['a negative count', { items: [count('cart', -1)] }, 'field items/0/replicas must be >= 0'],
    [
      'an unknown field of an item',
      { items: [{ ...count('cart'), force: true }] },
      'unknown field: items/0/force',
    ],
    [
      'a count of another type',
      { items: [{ ...count('cart'), replicas: '3' }] },
      'field items/0/replicas must be integer',
    ],
    [
      'a namespace of another type',
      { items: [{ ...count('cart'), namespace: 5 }] },
      'field items/0/namespace must be string',
    ],
    [
      'a Deployment twice, once with the default cluster by name',
      { items: [count('cart'), { cluster: 'one', ...count('cart', 3) }] },
      'items names Deployment cart in namespace shop of cluster one twice',
    ],
    [
      'select without replicas',
      { select: { namespace: 'shop' } },
      'field missing: replicas, the count for all that select hits',
    ],
    [
      'replicas beside items',
      { items: [count('cart')], replicas: 0 },
      'field replicas belongs to select: each of items has its own',
    ],
    [
      'a selector with a mistake',
      { select: { labelSelector: 'tier in (batch' }, replicas: 0 },
      'field select/labelSelector: expected "," or ")" at character 15',
    ],
    [
      'a cluster twice',
      { select: { namespace: 'shop', clusters: ['one', 'one'] }, replicas: 0 },
      'field select/clusters names a cluster twice',
    ],
  ])('is refused, with dryRun=true too, if it has %s', async (_, body, message) => {
    const cluster = memory();
    const app = await buildTestApp(cluster);
    const answer = await plan(app, body);
    expect([answer.statusCode, answer.json().code, answer.json().message]).toEqual([
      400,
      'INVALID_BODY',
      message,
    ]);
    if (!('select' in body)) expect((await post(app, body)).json().message).toBe(message);
    expect(cluster.writes).toEqual([]);
  });

  it('may have a select only in a plan', async () => {
    const cluster = memory();
    const answer = await post(await buildTestApp(cluster), { select: { namespace: 'shop' }, replicas: 0 });
    expect([answer.statusCode, answer.json().message]).toEqual([
      400,
      'select can only be planned: send it with dryRun=true, and then the receipt of the plan',
    ]);
    expect(cluster.writes).toEqual([]);
  });

  it.each([[{}], [{ labelSelector: '' }], [{ labelSelector: ' ' }], [{ clusters: ['one'] }]])(
    'must not select everything: %j',
    async (select) => {
      const answer = await plan(await buildTestApp(memory()), { select, replicas: 0 });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'SELECT_TOO_WIDE']);
    },
  );

  it('must not select more than a batch can have, in all clusters together', async () => {
    const full = (name: string, size: number) =>
      new MemoryCluster(Object.fromEntries(Array.from({ length: size }, (_, i) => [`shop/d${i}`, 1])), name);
    const app = await buildTestApp([full('one', 600), full('two', 401)]);
    const select = { namespace: 'shop', clusters: ['one', 'two'] };
    const answer = await plan(app, { select, replicas: 0 });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'TOO_MANY_ITEMS']);
    expect(answer.json().message).toContain('select hits 1001 Deployments');
  });

  it('must select in clusters that are there', async () => {
    const select = { namespace: 'shop', clusters: ['nope'] };
    const answer = await plan(await buildTestApp(memory()), { select, replicas: 0 });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'CLUSTER_NOT_FOUND']);
  });

  it.each<[string, object, string]>([
    ['an item', { items: [count('cart'), { cluster: 'one', ...count('api') }] }, 'items/1/cluster is one'],
    [
      'a select',
      { select: { namespace: 'shop', clusters: ['two', 'one'] }, replicas: 0 },
      'select/clusters/1 is one',
    ],
    ['a receipt', { receipt }, 'receipt/items/0/cluster is one'],
    ['a restore', { restore: receipt }, 'restore/items/0/cluster is one'],
  ])('must not name another cluster than the path: %s', async (_, body, where) => {
    const clusters = [memory('one'), memory('two')];
    const answer = await plan(await buildTestApp(clusters), body, '/two');
    expect([answer.statusCode, answer.json().code, answer.json().message]).toEqual([
      400,
      'INVALID_BODY',
      `field ${where}, and the path names two`,
    ]);
  });

  it('without clusters is about the cluster in the path', async () => {
    const [one, two] = [memory('one'), memory('two')];
    const app = await buildTestApp([one, two]);
    await post(app, { items: [count('cart')] }, '', '/two');
    expect([one.writes, two.writes]).toEqual([[], ['shop/cart=0 by client']]);
    const { items } = (await plan(app, { select: { namespace: 'shop' }, replicas: 0 }, '/two')).json();
    expect(items.map(({ cluster }: ReceiptItem) => cluster)).toEqual(['two', 'two']);
  });
});

describe('a receipt in the body of POST /scale', () => {
  const receipt = makeReceipt(BATCH, [kept('cart'), kept('api', { before: 2 })]);
  const [cart] = receipt.items;

  it.each<[string, object, RegExp]>([
    ['damaged', { ...receipt, checksum: '0'.repeat(32) }, /its checksum does not fit, so it is damaged$/],
    [
      'changed',
      { ...receipt, items: [{ ...cart, before: 9 }] },
      /its checksum does not fit, so it is damaged$/,
    ],
    [
      'of another version',
      { ...receipt, version: 2 },
      /it is of version 2, and this service takes version 1$/,
    ],
    [
      'of a form that later versions may have',
      { ...receipt, signature: 'x' },
      /unknown field: \w+\/signature$/,
    ],
    ['cut off', { ...receipt, checksum: undefined }, /field missing: \w+\/checksum$/],
    ['without an item', { ...receipt, items: [] }, /items must not have fewer than 1 items$/],
    ['no object', [], / must be object$/],
  ])('is refused as such if it is %s, and changes nothing', async (_, sent, message) => {
    const cluster = memory();
    const app = await buildTestApp(cluster);
    for (const kind of ['receipt', 'restore'])
      for (const query of ['', '?dryRun=true']) {
        const answer = await post(app, { [kind]: sent }, query);
        expect([answer.statusCode, answer.json().code]).toEqual([400, 'RECEIPT_INVALID']);
        expect(answer.json().message).toMatch(message);
      }
    expect(cluster.writes).toEqual([]);
  });

  it('is foreign if none of its Deployments is there', async () => {
    const cluster = memory();
    const app = await buildTestApp(cluster);
    const foreign = makeReceipt(BATCH, [kept('cart', { uid: 'another' }), kept('nope')]);
    for (const kind of ['receipt', 'restore']) {
      const answer = await post(app, { [kind]: foreign });
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'RECEIPT_FOREIGN']);
    }
    expect(cluster.writes).toEqual([]);
  });
});

describe('the query of POST /scale', () => {
  it.each([
    ['?dryRun=true&wait=5', 'query parameter wait makes no sense with dryRun=true'],
    ['?wait=0', 'query parameter wait must match pattern "^([1-9][0-9]?|[12][0-9]{2}|300)$"'],
    ['?wait=301', 'query parameter wait must match pattern "^([1-9][0-9]?|[12][0-9]{2}|300)$"'],
    ['?dryRun=1', 'query parameter dryRun must be equal to one of the allowed values'],
    ['?dryrun=true', 'unknown query parameter: dryrun'],
    [
      '?force=true&force=true',
      'query parameter force is given more than once; query parameter force must be equal to one of the allowed values',
    ],
  ])('is refused: %s', async (query, message) => {
    const cluster = memory();
    const answer = await post(await buildTestApp(cluster), { items: [count('cart')] }, query);
    expect([answer.statusCode, answer.json().code, answer.json().message]).toEqual([
      400,
      'INVALID_QUERY',
      message,
    ]);
    expect(cluster.writes).toEqual([]);
  });
});

describe('the size of the body of POST /scale', () => {
  it('may be far above that of other bodies, and has a limit of its own', async () => {
    const limits = { ...testLimits, maxBatchBodyBytes: 2_000 };
    const app = await buildTestApp(memory(), { limits });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ items: [count('cart')] });
    const send = (url: string, size: number) =>
      app.inject({ method: 'POST', url, headers, payload: body.padEnd(size) });
    expect((await send('/scale?dryRun=true', 2_000)).statusCode).toBe(200);
    expect((await send('/scale?dryRun=true', 2_001)).json().code).toBe('BODY_TOO_LARGE');
    expect((await send('/replica-count?namespace=shop&deployment=cart', 1_025)).json().code).toBe(
      'BODY_TOO_LARGE',
    );
  });
});

describe('the audit log of a batch', () => {
  async function auditedApp(cluster: MemoryCluster) {
    const lines: Record<string, unknown>[] = [];
    const logStream = logTo((line) => void lines.push(JSON.parse(line)));
    const app = await buildTestApp(cluster, { logLevel: 'info', logStream });
    return { app, audits: () => lines.filter(({ msg }) => msg === 'audit') };
  }

  it('has a line of each item that was written, and then one of the request, all with the id of the batch', async () => {
    const { app, audits } = await auditedApp(memory());
    const { batch } = (await post(app, { items: [count('cart'), count('api', 2)] }, '?force=true')).json();
    const who = { user: 'client', batch, cluster: 'one', namespace: 'shop', force: true };
    expect(audits()).toEqual([
      expect.objectContaining({ ...who, deployment: 'cart', from: 3, to: 0, outcome: 'set' }),
      expect.objectContaining({ ...who, deployment: 'api', from: 2, to: 2, outcome: 'unchanged' }),
      expect.objectContaining({
        user: 'client',
        groups: [],
        batch,
        mode: 'items',
        items: 2,
        counts: { ...none, set: 1, unchanged: 1 },
        force: true,
        statusCode: 200,
      }),
    ]);
  });

  it('names the receipt that was sent, and the code of an item that was left alone', async () => {
    const { app, audits } = await auditedApp(memory());
    await post(app, {
      restore: makeReceipt(BATCH, [kept('cart', { asked: 9, before: 1 }), kept('api', { asked: 2 })]),
    });
    const [first, second, request] = audits();
    expect([first, second]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          receipt: BATCH,
          deployment: 'cart',
          outcome: 'leftAlone',
          code: 'CHANGED_SINCE',
        }),
        expect.objectContaining({ receipt: BATCH, deployment: 'api', outcome: 'set', from: 2, to: 3 }),
      ]),
    );
    expect(request).toMatchObject({
      receipt: BATCH,
      mode: 'restore',
      counts: { ...none, set: 1, leftAlone: 1 },
    });
  });

  it('names the items that were not started in few lines, complete and with room reserved', async () => {
    const length = 1_000;
    const names = Array.from({ length }, (_, at) => `shop/d${at}`.padEnd(60, 'x'));
    const cluster = new MemoryCluster(Object.fromEntries(names.map((name) => [name, 1])), 'one');
    const lines: string[] = [];
    let filled = 0;
    // That of the request; none of an item; then those of the items that were not started.
    const rooms = [true, false];
    const logStream = {
      ...logTo((line) => void lines.push(line)),
      reserve() {
        if (rooms.shift() === false) return undefined;
        return {
          fill: async (log: () => void) => {
            filled += 1;
            log();
          },
        };
      },
    };
    const app = await buildTestApp(cluster, { logLevel: 'info', logStream });
    const items = names.map((name) => count(name.slice(5)));
    const answer = (await post(app, { items }, '?force=true')).json();
    expect(answer.counts).toEqual({ ...none, notStarted: length });
    const audits = lines.filter((line) => line.includes('"deployments"'));
    expect(filled).toBe(audits.length + 1);
    const named = audits.flatMap((line) => JSON.parse(line).deployments);
    expect(named).toEqual(names.map((name) => `one/${name}`));
    expect(audits).toHaveLength(Math.ceil(named.length / Math.floor((12 * 1024) / 67)));
    for (const line of audits) {
      expect(line.length).toBeLessThan(13 * 1024);
      const { batch } = answer;
      const common = { user: 'client', batch, outcome: 'notStarted', code: 'LOG_BLOCKED', force: true };
      expect(JSON.parse(line)).toMatchObject(common);
    }
  });

  it('has one line of all items of a restore that may not be set, and counts those that it does not name', async () => {
    const denied = guarded(({ namespace }) => namespace === 'shop');
    const { app, audits } = await auditedApp(denied);
    const others = Array.from({ length: 999 }, (_, at) =>
      kept(`d${at}`.padEnd(60, 'x'), { namespace: 'web' }),
    );
    const restore = makeReceipt(BATCH, [kept('cart', { asked: 3 }), ...others]);
    expect((await post(app, { restore })).json().counts).toEqual({ ...none, unchanged: 1, leftAlone: 999 });
    const [tried, left, request, ...more] = audits();
    expect([tried, request, more]).toMatchObject([{ deployment: 'cart' }, { mode: 'restore' }, []]);
    expect(left).toMatchObject({ receipt: BATCH, outcome: 'leftAlone', code: 'FORBIDDEN' });
    const named = Math.floor((12 * 1024) / 71);
    expect(left?.deployments).toEqual(
      others.slice(0, named).map(({ deployment }) => `one/web/${deployment}`),
    );
    expect(left?.more).toBe(999 - named);
    expect(JSON.stringify(left).length).toBeLessThan(13 * 1024);
  });

  it('has at most 50 lines in 10 s of what a client may not set', async () => {
    const { app, audits } = await auditedApp(guarded(({ namespace }) => namespace === 'shop'));
    const restore = makeReceipt(BATCH, [kept('cart', { asked: 3 }), kept('front', { namespace: 'web' })]);
    for (let round = 0; round < 60; round += 1) await post(app, { restore });
    expect(audits().filter(({ deployments }) => deployments !== undefined)).toHaveLength(50);
    expect(audits().filter(({ mode }) => mode !== undefined)).toHaveLength(60);
  });

  it.each([
    ['a plan', '?dryRun=true', 'cart', { dryRun: true, counts: { ...none, set: 1 }, statusCode: 200 }],
    [
      'a refused batch',
      '',
      'nope',
      { counts: { ...none, refused: 1 }, statusCode: 404, code: 'DEPLOYMENT_NOT_FOUND' },
    ],
  ])('has one line of %s', async (_, query, deployment, expected) => {
    const { app, audits } = await auditedApp(memory());
    await post(app, { items: [count(deployment)] }, query);
    expect(audits()).toEqual([expect.objectContaining({ mode: 'items', items: 1, ...expected })]);
  });

  it('must have room for the line of the request, or nothing is written', async () => {
    const cluster = memory();
    const logStream = { write: () => {}, reserve: () => undefined };
    const app = await buildTestApp(cluster, { logLevel: 'info', logStream });
    const answer = await post(app, { items: [count('cart')] });
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'LOG_BLOCKED']);
    expect(cluster.writes).toEqual([]);
  });

  it('must have room for the line of an item, or the items that are left are not started', async () => {
    // That of the request.
    let room = 1;
    const cluster = memory();
    const logStream = {
      write: () => {},
      reserve: () => (room-- > 0 ? { fill: async (log: () => void) => log() } : undefined),
    };
    const app = await buildTestApp(cluster, { logLevel: 'info', logStream });
    const { counts, items, receipt } = (await post(app, { items: [count('cart'), count('api')] })).json();
    expect(counts).toEqual({ ...none, notStarted: 2 });
    expect(items[1]).toMatchObject({ outcome: 'notStarted', code: 'LOG_BLOCKED', from: 2 });
    expect(cluster.writes).toEqual([]);
    // It finishes what was not started.
    expect(receipt.items).toEqual([kept('cart'), kept('api', { before: 2 })]);
  });
});
