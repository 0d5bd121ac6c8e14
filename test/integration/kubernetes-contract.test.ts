import { describe, expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { failure, forbidden } from '../support/integration/contract-bodies.ts';
import { arrayAt, at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { until } from '../support/until.ts';

const names = (body: unknown) => arrayAt(body, 'items').map((item) => textAt(item, 'metadata.name'));

onEachServer('the contract', (bench) => {
  describe('the API server outside of any resource', () => {
    it('returns its version', async () => {
      const { status, body } = await bench.kube.get('/version');
      expect(status).toBe(200);
      expect(body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
    });

    it.each(['/livez', '/readyz', '/healthz'])('answers %s with ok', async (health) => {
      const answer = await bench.kube.get(health);
      expect(answer).toMatchObject({ status: 200, body: 'ok' });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    });

    it.each(['/nope', '/apis/nope.example.com/v1/things'])(
      'has plain text for the unknown path %s',
      async (unknown) => {
        expect(await bench.kube.get(unknown)).toMatchObject({ status: 404, body: '404 page not found\n' });
      },
    );

    it.each(['/apis/apps/v1/nopes', '/apis/apps/v1/namespaces/default/deployments/a/nope', '/api/v1/nopes'])(
      'has a Status for the unknown resource %s',
      async (unknown) => {
        const { status, body } = await bench.kube.get(unknown);
        expect(status).toBe(404);
        expect(body).toEqual(
          failure(404, 'NotFound', 'the server could not find the requested resource', {}),
        );
      },
    );

    it('has a Status for a method that a resource does not support', async () => {
      const answers = [
        await bench.kube.post('/apis/apps/v1/deployments', {}),
        await bench.kube.post(`${bench.path}/a/scale`, {}),
      ];
      const message = 'the server does not allow this method on the requested resource';
      for (const { status, body } of answers) {
        expect(status).toBe(405);
        expect(body).toEqual(failure(405, 'MethodNotAllowed', message, {}));
      }
    });
  });

  describe('the API server without known credentials', () => {
    it('refuses an unknown bearer token with 401, even for paths that everyone may read', async () => {
      const anonymous = new KubeRequests({ url: bench.target.endpoint.url, ca: bench.target.endpoint.ca });
      for (const asked of ['/version', bench.path]) {
        const { status, body } = await anonymous.get(asked, { authorization: 'Bearer nobody' });
        expect(status).toBe(401);
        expect(body).toEqual(failure(401, 'Unauthorized', 'Unauthorized'));
      }
      await anonymous.close();
    });

    it('treats a request without credentials as system:anonymous', async () => {
      const anonymous = new KubeRequests({ url: bench.target.endpoint.url, ca: bench.target.endpoint.ca });
      expect((await anonymous.get('/version')).status).toBe(200);
      expect((await anonymous.get('/livez')).status).toBe(200);
      const list = await anonymous.get('/apis/apps/v1/deployments');
      expect(list.status).toBe(403);
      expect(list.body).toEqual(forbidden('list', 'deployments', 'at the cluster scope'));
      const scale = await anonymous.patch(`${bench.path}/a/scale`, { spec: { replicas: 1 } });
      expect(scale.status).toBe(403);
      expect(scale.body).toEqual(
        forbidden('patch', 'deployments/scale', `in the namespace "${bench.namespace}"`, 'a'),
      );
      expect(await anonymous.get('/nope')).toMatchObject({
        status: 403,
        body: failure(403, 'Forbidden', 'forbidden: User "system:anonymous" cannot get path "/nope"', {}),
      });
      await anonymous.close();
    });
  });

  describe('namespaces', () => {
    it('are listed by name', async () => {
      const { status, body } = await bench.kube.get('/api/v1/namespaces');
      expect(status).toBe(200);
      expect(body).toMatchObject({ kind: 'NamespaceList', apiVersion: 'v1' });
      expect(names(body)).toEqual(expect.arrayContaining(['default', 'kube-system', bench.namespace]));
      expect(names(body)).toEqual(names(body).toSorted());
    });

    it('are read individually', async () => {
      const { status, body } = await bench.kube.get(`/api/v1/namespaces/${bench.namespace}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        kind: 'Namespace',
        metadata: { name: bench.namespace },
        status: { phase: 'Active' },
      });
    });

    it('are answered with 404 if they do not exist', async () => {
      const { status, body } = await bench.kube.get('/api/v1/namespaces/nope');
      expect(status).toBe(404);
      expect(body).toEqual(
        failure(404, 'NotFound', 'namespaces "nope" not found', { name: 'nope', kind: 'namespaces' }),
      );
    });
  });

  describe('access reviews', () => {
    const url = '/apis/authorization.k8s.io/v1';
    const attributes = (where?: string) => ({
      verb: 'list',
      group: 'apps',
      resource: 'deployments',
      namespace: where,
    });

    it('allow the administrator everything', async () => {
      const { status, body } = await bench.kube.post(`${url}/selfsubjectaccessreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
        },
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed: true } });
    });

    it('report what another user may do, and where', async () => {
      await bench.target.allowListing('bob', bench.namespace);
      const review = async (user: string, where?: string) => {
        const spec = { user, groups: ['system:authenticated'], resourceAttributes: attributes(where) };
        const answer = await bench.kube.post(`${url}/subjectaccessreviews`, {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec,
        });
        expect(answer.status).toBe(201);
        return at(answer.body, 'status');
      };
      await until(async () => at(await review('bob', bench.namespace), 'allowed') === true);
      const reason = expect.stringContaining('RBAC: allowed by');
      expect(await review('bob', bench.namespace)).toEqual({ allowed: true, reason });
      expect(await review('bob', 'default')).toEqual({ allowed: false });
      expect(await review('bob')).toEqual({ allowed: false });
      expect(await review('eve', bench.namespace)).toEqual({ allowed: false });
    });

    it('must name a user and an action', async () => {
      const kind = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' };
      const nobody = await bench.kube.post(`${url}/subjectaccessreviews`, {
        ...kind,
        spec: { resourceAttributes: attributes() },
      });
      expect(nobody.status).toBe(422);
      const message = 'Invalid value: "": at least one of user or group must be specified';
      expect(nobody.body).toEqual(
        failure(422, 'Invalid', `.authorization.k8s.io "" is invalid: spec.user: ${message}`, {
          group: 'authorization.k8s.io',
          causes: [{ reason: 'FieldValueInvalid', message, field: 'spec.user' }],
        }),
      );
      const nothing = await bench.kube.post(`${url}/subjectaccessreviews`, {
        ...kind,
        spec: { user: 'bob' },
      });
      expect(nothing).toMatchObject({
        status: 422,
        body: { reason: 'Invalid', details: { causes: [{ field: 'spec' }] } },
      });
    });
  });

  it('the API server refuses an event whose name is taken in its namespace', async () => {
    const path = `/api/v1/namespaces/${bench.namespace}/events`;
    const involvedObject = { kind: 'Deployment', namespace: bench.namespace, name: 'a' };
    const event = { metadata: { name: 'taken' }, involvedObject, reason: 'ReplicasOverridden' };
    expect(await bench.kube.post(path, event)).toMatchObject({ status: 201 });
    expect(await bench.kube.post(path, event)).toMatchObject({
      status: 409,
      body: failure(409, 'AlreadyExists', 'events "taken" already exists', { name: 'taken', kind: 'events' }),
    });
  });

  it('the API server accepts events of both kinds', async () => {
    const old = await bench.kube.post(`/api/v1/namespaces/${bench.namespace}/events`, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'old.1', namespace: bench.namespace },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', namespace: bench.namespace },
      reason: 'Scaled',
      message: 'scaled',
      type: 'Normal',
    });
    expect(old).toMatchObject({
      status: 201,
      body: { kind: 'Event', reason: 'Scaled', metadata: { name: 'old.1' } },
    });
    const modern = await bench.kube.post(`/apis/events.k8s.io/v1/namespaces/${bench.namespace}/events`, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'modern.1', namespace: bench.namespace },
      regarding: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', namespace: bench.namespace },
      reason: 'Scaled',
      note: 'scaled',
      type: 'Normal',
      action: 'Scale',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/test',
      reportingInstance: 'test-1',
    });
    expect(modern).toMatchObject({
      status: 201,
      body: { kind: 'Event', note: 'scaled', regarding: { name: 'a' } },
    });
  });
});
