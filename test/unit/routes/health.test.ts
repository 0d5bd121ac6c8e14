import { describe, expect, it } from 'vitest';
import {
  KubeCredentialsError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../src/kube/kube-errors.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

describe('GET /healthz', () => {
  it('answers OK if contact with the API server is verified', async () => {
    const response = await (await buildTestApp()).inject('/healthz');
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('{"status":"OK"}');
  });

  it.each([
    new KubeUnreachableError(false, 'refused by 10.0.0.1'),
    new KubeStatusError(500, 'InternalError', 'etcd is down'),
    new KubeStatusError(403, 'Forbidden', 'system:serviceaccount:x may not'),
    new KubeCredentialsError('no such file'),
    new KubeTimeoutError(true, 2000),
  ])('answers 503 without the details of $name', async (error) => {
    const cluster = new MemoryCluster();
    cluster.checkHealth = () => Promise.reject(error);
    const response = await (await buildTestApp(cluster)).inject('/healthz');
    expect(response.json()).toMatchObject({ statusCode: 503, code: 'UNHEALTHY' });
    expect(response.headers['retry-after']).toBe('1');
    expect(response.body).not.toContain(error.message);
  });
});
