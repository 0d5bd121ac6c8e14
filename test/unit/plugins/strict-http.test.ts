import { describe, expect, it } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

/** Requests that `inject` can send. test/service/security sends fragments, other HTTP versions and no Host. */
const WRITE = {
  method: 'POST',
  url: '/replica-count?namespace=default&deployment=my-deployment',
  payload: '{"replicas":1}',
} as const;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('strict HTTP', () => {
  it.each([
    ['two hosts', { Host: ['a', 'b'] }],
    ['two hosts that are the same', { Host: ['a', 'a'] }],
    ['an unknown transfer coding', { 'transfer-encoding': 'gzip' }],
    ['a transfer coding before chunked', { 'transfer-encoding': 'gzip, chunked' }],
    ['chunked twice', { 'transfer-encoding': 'chunked, chunked' }],
    ['an identity coding', { 'transfer-encoding': 'identity' }],
    ['an empty transfer coding', { 'transfer-encoding': '' }],
  ])('refuses %s and closes the connection, and nothing is written', async (_title, headers) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const response = await app.inject({ ...WRITE, headers: { ...JSON_TYPE, ...headers } });
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'MALFORMED_REQUEST' });
    expect(response.headers.connection).toBe('close');
    expect(cluster.writes).toEqual([]);
  });

  it.each([
    ['no transfer coding', {}],
    ['one host', { host: 'a' }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
    ['chunked in capitals', { 'transfer-encoding': 'CHUNKED' }],
  ])('accepts %s and keeps the connection', async (_title, headers) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const response = await app.inject({ ...WRITE, headers: { ...JSON_TYPE, ...headers } });
    expect(response.statusCode).toBe(200);
    expect(response.headers.connection).not.toBe('close');
    expect(cluster.writes).toHaveLength(1);
  });

  it('refuses a malformed request before it identifies the client', async () => {
    const app = await buildTestApp(undefined, { identify: () => ({ kind: 'refused', reason: 'unusable' }) });
    const response = await app.inject({ url: '/healthz', headers: { Host: ['a', 'b'] } });
    expect(response.json()).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });
});
