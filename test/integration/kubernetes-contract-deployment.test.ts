import { AppsV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { deployment, failure, notFound } from '../support/integration/contract-bodies.ts';
import { at } from '../support/kube-requests.ts';

const MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

onEachServer('the contract of Deployments', (bench) => {
  describe('a single Deployment', () => {
    it('is created with generation 1 and default values', async () => {
      expect(await bench.create('a', 2)).toMatchObject({
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: {
          name: 'a',
          namespace: bench.namespace,
          generation: 1,
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
        spec: { replicas: 2, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate' } },
        status: {},
      });
    });

    it('has one replica if no count is given', async () => {
      const { spec, ...rest } = deployment('a', 1);
      const { replicas: _, ...silent } = spec;
      const { body } = await bench.kube.post(bench.path, { ...rest, spec: silent });
      expect(at(body, 'spec.replicas')).toBe(1);
    });

    it('is answered with 404 if it does not exist', async () => {
      for (const answer of [
        await bench.kube.get(`${bench.path}/nope`),
        await bench.kube.get(`${bench.path}/nope/scale`),
        await bench.kube.patch(`${bench.path}/nope/scale`, { spec: { replicas: 1 } }),
        await bench.kube.delete(`${bench.path}/nope`),
      ]) {
        expect(answer.status).toBe(404);
        expect(answer.body).toEqual(notFound('nope'));
      }
    });

    it('cannot be created twice, with an invalid name or in a missing namespace', async () => {
      await bench.create('a');
      const twice = await bench.kube.post(bench.path, deployment('a', 1));
      expect(twice.status).toBe(409);
      const details = { name: 'a', group: 'apps', kind: 'deployments' };
      expect(twice.body).toEqual(
        failure(409, 'AlreadyExists', 'deployments.apps "a" already exists', details),
      );

      const ill = await bench.kube.post(bench.path, deployment('A_', 1));
      expect(ill.status).toBe(422);
      expect(at(ill.body, 'details')).toMatchObject({
        name: 'A_',
        kind: 'Deployment',
        causes: [{ field: 'metadata.name' }],
      });

      const nowhere = await bench.kube.post('/apis/apps/v1/namespaces/nope/deployments', deployment('a', 1));
      expect(nowhere).toMatchObject({ status: 404, body: { message: 'namespaces "nope" not found' } });
    });

    it('is deleted with a Success that names its uid', async () => {
      const uid = at(await bench.create('a'), 'metadata.uid');
      const { status, body } = await bench.kube.delete(`${bench.path}/a`);
      expect(status).toBe(200);
      expect(body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'a', group: 'apps', kind: 'deployments', uid },
      });
    });

    it('keeps its generation when only its labels change', async () => {
      const before = await bench.create('a');
      const labelled = await bench.kube.patch(`${bench.path}/a`, {
        metadata: { labels: { app: 'a', tier: 'web' } },
      });
      expect(labelled).toMatchObject({
        status: 200,
        body: { metadata: { generation: 1, labels: { tier: 'web' } } },
      });
      expect(at(labelled.body, 'metadata.resourceVersion')).not.toBe(at(before, 'metadata.resourceVersion'));
      const again = await bench.kube.patch(`${bench.path}/a`, { metadata: { labels: { tier: 'web' } } });
      expect(at(again.body, 'metadata.resourceVersion')).toBe(at(labelled.body, 'metadata.resourceVersion'));
      const scaled = await bench.kube.patch(`${bench.path}/a`, { spec: { replicas: 8 } });
      expect(scaled.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 8 } });
    });

    it('can be created, read, scaled and deleted with the official client', async () => {
      const config = new KubeConfig();
      config.loadFromString(bench.target.kubeconfig);
      const api = config.makeApiClient(AppsV1Api);
      await api.createNamespacedDeployment({ namespace: bench.namespace, body: deployment('a', 3) });
      const scale = await api.readNamespacedDeploymentScale({ namespace: bench.namespace, name: 'a' });
      expect(scale.spec?.replicas).toBe(3);
      const patched = await api.patchNamespacedDeploymentScale(
        { namespace: bench.namespace, name: 'a', body: { spec: { replicas: 4 } } },
        MERGE_PATCH,
      );
      expect(patched.spec?.replicas).toBe(4);
      const list = await api.listNamespacedDeployment({ namespace: bench.namespace });
      expect(list.items.map((item) => [item.metadata?.name, item.spec?.replicas])).toEqual([['a', 4]]);
      const deleted = await api.deleteNamespacedDeployment({ namespace: bench.namespace, name: 'a' });
      expect(deleted.status).toBe('Success');
    });
  });
});
