import { describe, expect, it } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

describe('the cluster of a request', () => {
  it('is the one in the path, or the default cluster', async () => {
    const app = await buildTestApp([
      new MemoryCluster({ 'default/a': 1 }, 'first'),
      new MemoryCluster({ 'default/b': 2 }, 'second'),
    ]);
    const list = async (path: string) => (await app.inject(path)).json().deployments;
    expect(await list('/deployments')).toEqual(['default/a']);
    expect(await list('/first/deployments')).toEqual(['default/a']);
    expect(await list('/second/deployments')).toEqual(['default/b']);
    expect((await app.inject('/third/deployments')).json().code).toBe('CLUSTER_NOT_FOUND');
  });

  it('is limited to the rights of the user in the client certificate', async () => {
    const seen: string[] = [];
    const cluster = new MemoryCluster();
    const as = cluster.as.bind(cluster);
    cluster.as = (caller) => {
      seen.push(caller.user);
      return as(caller);
    };
    const app = await buildTestApp(cluster, {
      identify: () => ({ kind: 'client', user: 'alice', groups: [] }),
    });
    await app.inject('/deployments');
    expect(seen).toEqual(['alice']);
  });
});

describe('a route that declares no rights', () => {
  it('prevents the app from starting', async () => {
    const app = await buildTestApp();
    app.register(async (scope) => void scope.get('/clusters/open-door', () => 'come in'));
    await expect(app.ready()).rejects.toThrow('routes declare no rights: GET /clusters/open-door');
  });
});
