import { describe, expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { deployment, failure } from '../support/integration/contract-bodies.ts';
import { arrayAt, at, type KubeAnswer, textAt } from '../support/kube-requests.ts';
import { until } from '../support/until.ts';

const names = (body: unknown) => arrayAt(body, 'items').map((item) => textAt(item, 'metadata.name'));
const versionOf = ({ body }: KubeAnswer) => textAt(body, 'metadata.resourceVersion');

onEachServer('the contract of lists', (bench) => {
  describe('lists of Deployments', () => {
    it('are empty for a namespace without Deployments, whether it exists or not', async () => {
      for (const where of [bench.namespace, 'no-such-namespace']) {
        const { status, body } = await bench.kube.get(`/apis/apps/v1/namespaces/${where}/deployments`);
        expect(status).toBe(200);
        expect(body).toEqual({
          kind: 'DeploymentList',
          apiVersion: 'apps/v1',
          metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
          items: [],
        });
      }
    });

    it('have items without kind and apiVersion, sorted by name', async () => {
      for (const name of ['b', 'a-b', 'a']) await bench.create(name);
      const { body } = await bench.kube.get(bench.path);
      expect(names(body)).toEqual(['a', 'a-b', 'b']);
      expect(Object.keys(Object(at(body, 'items.0')))).toEqual(['metadata', 'spec', 'status']);
    });

    it('contain only metadata for a client that accepts nothing more', async () => {
      for (const name of ['a', 'b']) await bench.create(name);
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      let whole: KubeAnswer;
      let sparse: KubeAnswer;
      // Writes to other collections also raise the version, and one may happen between the two lists.
      do {
        whole = await bench.kube.get(bench.path);
        sparse = await bench.kube.get(bench.path, { accept });
      } while (versionOf(whole) !== versionOf(sparse));
      const { status, headers, body } = sparse;
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('application/json');
      expect(body).toEqual({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata: at(whole.body, 'metadata'),
        items: arrayAt(whole.body, 'items').map((item) => ({
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata: at(item, 'metadata'),
        })),
      });
    });

    it('come in pages of one snapshot, even if writes happen between the pages', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.create(name);
      const first = await bench.kube.get(`${bench.path}?limit=2`);
      expect(names(first.body)).toEqual(['a', 'b']);
      expect(at(first.body, 'metadata.remainingItemCount')).toBe(3);
      const token = textAt(first.body, 'metadata.continue');
      expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toEqual({
        v: 'meta.k8s.io/v1',
        rv: Number(at(first.body, 'metadata.resourceVersion')),
        start: '/b\0',
      });

      await bench.kube.patch(`${bench.path}/c/scale`, { spec: { replicas: 9 } });
      await bench.kube.delete(`${bench.path}/d`);
      await bench.create('bb');
      const second = await bench.kube.get(`${bench.path}?limit=2&continue=${token}`);
      expect(names(second.body)).toEqual(['c', 'd']);
      expect(at(second.body, 'items.0.spec.replicas')).toBe(3);
      expect(at(second.body, 'metadata.resourceVersion')).toBe(at(first.body, 'metadata.resourceVersion'));
      const third = await bench.kube.get(
        `${bench.path}?limit=2&continue=${textAt(second.body, 'metadata.continue')}`,
      );
      expect(names(third.body)).toEqual(['e']);
      expect(at(third.body, 'metadata.continue')).toBeUndefined();
    });

    it('are compressed for a client that accepts gzip if they are longer than 128 KiB', async () => {
      const accept = { 'accept-encoding': 'gzip' };
      await bench.create('small');
      expect((await bench.kube.get(bench.path, accept)).headers).not.toHaveProperty('content-encoding');
      const long = deployment('long', 1);
      const annotations = { long: 'x'.repeat(200_000) };
      await bench.kube.post(bench.path, { ...long, metadata: { ...long.metadata, annotations } });
      const { headers, body } = await bench.kube.get(bench.path, accept);
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
      expect(names(body)).toEqual(['long', 'small']);
      expect((await bench.kube.get(bench.path)).headers).not.toHaveProperty('content-encoding');
    });

    it('ignore the limit with resourceVersion=0', async () => {
      for (const name of ['a', 'b', 'c']) await bench.create(name);
      const list = () => bench.kube.get(`${bench.path}?limit=1&resourceVersion=0`);
      await until(async () => arrayAt((await list()).body, 'items').length === 3);
      const { body } = await list();
      expect(names(body)).toEqual(['a', 'b', 'c']);
      expect(at(body, 'metadata.continue')).toBeUndefined();
    });

    it('select by name with a field selector', async () => {
      for (const name of ['a', 'b', 'c']) await bench.create(name);
      const { body } = await bench.kube.get(`${bench.path}?fieldSelector=metadata.name%3Db`);
      expect(names(body)).toEqual(['b']);
    });

    it('select by labels, and leave out the count of the remaining items', async () => {
      const create = async (name: string, labels: Readonly<Record<string, string>>) => {
        const object = deployment(name, 1);
        const body = { ...object, metadata: { ...object.metadata, labels } };
        expect((await bench.kube.post(bench.path, body)).status).toBe(201);
      };
      await create('a', { app: 'cart', tier: 'web' });
      await create('b', { app: 'api', 'example.com/tier': 'web' });
      await create('c', { app: '' });
      await create('d', {});
      const list = (selector: string, query = '') =>
        bench.kube.get(`${bench.path}?labelSelector=${encodeURIComponent(selector)}${query}`);
      for (const [selector, expected] of [
        ['app', ['a', 'b', 'c']],
        ['!app', ['d']],
        ['app=cart', ['a']],
        ['app==api,example.com/tier=web', ['b']],
        ['app!=cart', ['b', 'c', 'd']],
        ['app in (cart, api)', ['a', 'b']],
        ['app notin (cart,)', ['b', 'd']],
        ['app=', ['c']],
      ] as const)
        expect(names((await list(selector)).body)).toEqual(expected);
      const page = (await list('app', '&limit=1')).body;
      expect(names(page)).toEqual(['a']);
      expect(at(page, 'metadata.continue')).toBeDefined();
      expect(at(page, 'metadata.remainingItemCount')).toBeUndefined();
      for (const selector of ['app in (cart', 'app=cart=api', ',app'])
        expect(await list(selector)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    it('refuse a version in the future with 504', async () => {
      const { status, body, headers } = await bench.kube.get(`${bench.path}?resourceVersion=999999999`);
      expect(status).toBe(504);
      expect(headers['retry-after']).toBe('1');
      expect(body).toEqual(
        failure(
          504,
          'Timeout',
          expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/),
          {
            causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
            retryAfterSeconds: 1,
          },
        ),
      );
    });

    it('refuse what they cannot parse with 400', async () => {
      for (const query of ['limit=x', 'resourceVersion=x', 'continue=abc', 'fieldSelector=a%3Db']) {
        const { status, body } = await bench.kube.get(`${bench.path}?${query}`);
        expect(status).toBe(400);
        expect(body).toEqual(failure(400, 'BadRequest', expect.any(String)));
      }
    });

    it('refuse a resourceVersion together with a continue token with 400', async () => {
      for (const name of ['a', 'b']) await bench.create(name);
      const token = textAt((await bench.kube.get(`${bench.path}?limit=1`)).body, 'metadata.continue');
      const { status, body } = await bench.kube.get(
        `${bench.path}?limit=1&continue=${token}&resourceVersion=5`,
      );
      expect(status).toBe(400);
      const message = 'specifying resource version is not allowed when using continue';
      expect(body).toEqual(failure(400, 'BadRequest', message));
    });
  });
});
