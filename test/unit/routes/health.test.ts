import { describe, expect, it } from 'vitest';
import { NotReadyError, NotSyncedError } from '../../../src/cluster/cluster-errors.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

describe('GET /healthz', () => {
  it('answers OK if contact with the API server is verified', async () => {
    const response = await (await buildTestApp()).inject('/healthz');
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('{"status":"OK"}');
  });

  it.each([
    ['UNHEALTHY', 'is unreachable', new NotReadyError('UNREACHABLE')],
    ['CLUSTER_BLOCKED', 'is blocked', new NotReadyError('BLOCKED')],
    ['CACHE_NOT_SYNCED', 'is syncing', new NotSyncedError()],
  ])('answers 503 %s if the cluster %s', async (code, _, error) => {
    const cluster = new MemoryCluster();
    cluster.checkHealth = () => Promise.reject(error);
    const response = await (await buildTestApp(cluster)).inject('/healthz');
    expect(response.json()).toMatchObject({ statusCode: 503, code });
    expect(response.headers['retry-after']).toBe('1');
  });
});
