import { describe, expect, it } from 'vitest';
import { DeploymentError, FreshnessError } from '../../../src/cluster/cluster-errors.ts';
import {
  KubeBusyError,
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../src/kube/kube-errors.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { logTo } from '../../support/log-to.ts';

const URL = '/replica-count?namespace=default&deployment=my-deployment';

describe('a URL that cannot be decoded', () => {
  it('is answered 400 in the error shape', async () => {
    const response = await (await buildTestApp()).inject('/%zz');
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_URL', error: 'Bad Request' });
  });

  it('has one log line, although Fastify runs no hook for it', async () => {
    const lines: Record<string, unknown>[] = [];
    const logStream = logTo((line) => void lines.push(JSON.parse(line)));
    const app = await buildTestApp(undefined, { logLevel: 'info', logStream });
    await app.inject('/%zz');
    expect(lines).toHaveLength(1);
    expect(lines).toMatchObject([{ user: 'client', url: '/%zz', statusCode: 400, code: 'INVALID_URL' }]);
  });
});

describe('a freshness that cannot be reached', () => {
  it.each([
    [504, 'FRESHNESS_NOT_REACHED', 'NOT_REACHED'],
    [400, 'FRESHNESS_NOT_SUPPORTED', 'OPAQUE_RESOURCE_VERSIONS'],
    [400, 'INVALID_QUERY', 'NAMESPACE_NEEDED'],
  ] as const)('becomes %i %s', async (statusCode, code, reason) => {
    const cluster = new MemoryCluster();
    cluster.freshDeployment = () => Promise.reject(new FreshnessError(reason));
    const app = await buildTestApp(cluster);
    const response = await app.inject(`${URL}&minResourceVersion=5`);
    expect(response.statusCode).toBe(statusCode);
    expect(response.json()).toMatchObject({ statusCode, code });
  });

  it('becomes 429 TOO_MANY_WAITERS with Retry-After if too many reads wait', async () => {
    const cluster = new MemoryCluster();
    cluster.freshDeployment = () => Promise.reject(new FreshnessError('TOO_MANY_WAITERS'));
    const response = await (await buildTestApp(cluster)).inject(`${URL}&minResourceVersion=5`);
    expect(response.json()).toMatchObject({ statusCode: 429, code: 'TOO_MANY_WAITERS' });
    expect(response.headers['retry-after']).toBe('1');
  });
});

describe('failures of the cluster on a write', () => {
  const secret = 'User "system:serviceaccount:ops:scaler" cannot patch; etcd at 10.0.0.7';
  it.each([
    [404, 'DEPLOYMENT_NOT_FOUND', new DeploymentError('NOT_FOUND', 'default', 'my-deployment')],
    [409, 'CONFLICT', new DeploymentError('CONFLICT', 'default', 'my-deployment')],
    [403, 'SERVICE_FORBIDDEN', new DeploymentError('FORBIDDEN', 'default', 'my-deployment')],
    [504, 'OUTCOME_UNKNOWN', new DeploymentError('OUTCOME_UNKNOWN', 'default', 'my-deployment')],
    [429, 'KUBERNETES_RATE_LIMITED', new KubeStatusError(429, 'TooManyRequests', secret, 7)],
    [503, 'KUBERNETES_UNAVAILABLE', new KubeStatusError(503, 'ServiceUnavailable', secret)],
    [503, 'KUBERNETES_UNAVAILABLE', new KubeStatusError(401, 'Unauthorized', secret)],
    [503, 'KUBERNETES_UNAVAILABLE', new KubeCredentialsError(secret)],
    [503, 'KUBERNETES_UNAVAILABLE', new KubeMalformedError(secret)],
    [503, 'KUBERNETES_UNREACHABLE', new KubeUnreachableError(false, secret)],
    [503, 'KUBERNETES_UNREACHABLE', new KubeCircuitOpenError(1)],
    [503, 'CLUSTER_BUSY', new KubeBusyError()],
    [504, 'KUBERNETES_TIMEOUT', new KubeTimeoutError(false, 5000)],
    [500, 'INTERNAL_ERROR', new Error(secret)],
  ])('become %i %s and reveal nothing', async (statusCode, code, error) => {
    const cluster = new MemoryCluster();
    cluster.scale = () => Promise.reject(error);
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL, payload: { replicas: 1 } });
    expect(response.statusCode).toBe(statusCode);
    expect(Object.keys(response.json())).toEqual(['statusCode', 'code', 'error', 'message']);
    expect(response.json()).toMatchObject({ statusCode, code });
    expect(response.body).not.toContain('serviceaccount');
    expect(response.body).not.toContain('10.0.0.7');
  });

  it('pass on the reason of an admission refusal', async () => {
    const cluster = new MemoryCluster();
    const error = new DeploymentError('ADMISSION_REFUSED', 'default', 'my-deployment', 'at most 10 replicas');
    cluster.scale = () => Promise.reject(error);
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL, payload: { replicas: 11 } });
    expect(response.json()).toMatchObject({
      statusCode: 422,
      code: 'ADMISSION_REFUSED',
      message: 'The cluster refused the change: at most 10 replicas',
    });
  });

  it('pass on the Retry-After of the API server', async () => {
    const cluster = new MemoryCluster();
    cluster.scale = () => Promise.reject(new KubeStatusError(429, 'TooManyRequests', '', 7));
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL, payload: { replicas: 1 } });
    expect(response.headers['retry-after']).toBe('7');
  });
});
