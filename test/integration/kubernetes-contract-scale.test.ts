import { describe, expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { failure } from '../support/integration/contract-bodies.ts';
import { at, textAt } from '../support/kube-requests.ts';

const STRANGER = '00000000-0000-0000-0000-000000000000';

onEachServer('the contract of deployments/scale', (bench) => {
  const patch = (body: unknown, query = '') => bench.kube.patch(`${bench.path}/a/scale${query}`, body);
  const conflict = (why: string, kind = 'deployments') =>
    failure(409, 'Conflict', `Operation cannot be fulfilled on ${kind}.apps "a": ${why}`, {
      name: 'a',
      group: 'apps',
      kind,
    });
  const modified = conflict(
    'the object has been modified; please apply your changes to the latest version and try again',
  );
  const generation = async () => at((await bench.kube.get(`${bench.path}/a`)).body, 'metadata.generation');

  it('reads a Scale with the identity of the Deployment', async () => {
    const { metadata } = Object(await bench.create('a', 3));
    const { status, body } = await bench.kube.get(`${bench.path}/a/scale`);
    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        name: 'a',
        namespace: bench.namespace,
        uid: at(metadata, 'uid'),
        resourceVersion: at(metadata, 'resourceVersion'),
        creationTimestamp: at(metadata, 'creationTimestamp'),
      },
      spec: { replicas: 3 },
      status: { replicas: 0, selector: 'app=contract' },
    });
  });

  it('sets the count: generation and resourceVersion rise', async () => {
    const before = await bench.create('a', 3);
    const { status, body } = await patch({ spec: { replicas: 5 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    const version = Number(at(body, 'metadata.resourceVersion'));
    expect(version).toBeGreaterThan(Number(at(before, 'metadata.resourceVersion')));
    const { body: after } = await bench.kube.get(`${bench.path}/a`);
    expect(after).toMatchObject({
      metadata: { generation: 2, resourceVersion: String(version) },
      spec: { replicas: 5 },
    });
  });

  it('changes nothing if the count is the same', async () => {
    await bench.create('a', 3);
    // The first write through scale makes its writer the owner of the count in managedFields. The real server then
    // assigns a new resourceVersion even if the count stays the same.
    const { body: before } = await patch({ spec: { replicas: 4 } });
    const { body } = await patch({ spec: { replicas: 4 } });
    expect(at(body, 'metadata.resourceVersion')).toBe(at(before, 'metadata.resourceVersion'));
    expect(await generation()).toBe(2);
  });

  it('answers with an empty spec after scaling to 0', async () => {
    await bench.create('a', 3);
    expect(at((await patch({ spec: { replicas: 0 } })).body, 'spec')).toEqual({});
    expect(at((await bench.kube.get(`${bench.path}/a/scale`)).body, 'spec')).toEqual({});
    expect(at((await bench.kube.get(`${bench.path}/a`)).body, 'spec.replicas')).toBe(0);
  });

  it('treats null as 0', async () => {
    await bench.create('a', 3);
    expect(await patch({ spec: { replicas: null } })).toMatchObject({ status: 200, body: { spec: {} } });
  });

  it('accepts a write with dryRun=All and a field manager without changing anything', async () => {
    const before = await bench.create('a', 3);
    const { body } = await patch(
      { spec: { replicas: 9 } },
      '?dryRun=All&fieldManager=test&fieldValidation=Strict',
    );
    expect(at(body, 'spec.replicas')).toBe(9);
    expect(at(body, 'metadata.resourceVersion')).toBe(at(before, 'metadata.resourceVersion'));
    expect(at((await bench.kube.get(`${bench.path}/a`)).body, 'spec.replicas')).toBe(3);
    expect(await patch({ spec: { replicas: 9 } }, '?dryRun=Some')).toMatchObject({
      status: 422,
      body: { reason: 'Invalid', details: { kind: 'PatchOptions', causes: [{ field: 'dryRun' }] } },
    });
  });

  describe('with preconditions', () => {
    it('succeeds if uid and resourceVersion match', async () => {
      const before = await bench.create('a', 3);
      const uid = textAt(before, 'metadata.uid');
      const resourceVersion = textAt(before, 'metadata.resourceVersion');
      const answer = await patch({ metadata: { uid, resourceVersion }, spec: { replicas: 4 } });
      expect(answer).toMatchObject({ status: 200, body: { spec: { replicas: 4 } } });
    });

    it('conflicts with another resourceVersion', async () => {
      const old = textAt(await bench.create('a', 3), 'metadata.resourceVersion');
      await patch({ spec: { replicas: 4 } });
      const { status, body } = await patch({ metadata: { resourceVersion: old }, spec: { replicas: 5 } });
      expect(status).toBe(409);
      expect(body).toEqual(modified);
      expect(await generation()).toBe(2);
    });

    it('conflicts with another uid, whatever the resourceVersion', async () => {
      const uid = textAt(await bench.create('a', 3), 'metadata.uid');
      const why = `Precondition failed: UID in precondition: ${STRANGER}, UID in object meta: ${uid}`;
      for (const metadata of [{ uid: STRANGER }, { uid: STRANGER, resourceVersion: '1' }]) {
        const { status, body } = await patch({ metadata, spec: { replicas: 5 } });
        expect(status).toBe(409);
        expect(body).toEqual(conflict(why, 'deployments/scale'));
      }
      expect(await generation()).toBe(1);
    });

    it('refuses another name with 400', async () => {
      await bench.create('a', 3);
      const message = 'the name of the object (b) does not match the name on the URL (a)';
      const expected = failure(400, 'BadRequest', message);
      const patched = await patch({ metadata: { name: 'b' }, spec: { replicas: 5 } });
      expect(patched).toMatchObject({ status: 400, body: expected });
    });

    it('fails with 500 on a resourceVersion that is not a number', async () => {
      await bench.create('a', 3);
      const { status, body } = await patch({ metadata: { resourceVersion: 'x' }, spec: { replicas: 5 } });
      expect(status).toBe(500);
      expect(body).toEqual(failure(500, undefined, 'strconv.ParseUint: parsing "x": invalid syntax'));
    });
  });

  it('refuses a negative count with 422', async () => {
    await bench.create('a', 3);
    const why = 'Invalid value: -1: must be greater than or equal to 0';
    const expected = failure(422, 'Invalid', `Scale.autoscaling "a" is invalid: spec.replicas: ${why}`, {
      name: 'a',
      group: 'autoscaling',
      kind: 'Scale',
      causes: [{ reason: 'FieldValueInvalid', message: why, field: 'spec.replicas' }],
    });
    const answer = await patch({ spec: { replicas: -1 } });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual(expected);
  });

  it.each([
    ['"3"', 'string'],
    ['1.5', 'number 1.5'],
    ['3000000000', 'number 3000000000'],
    ['true', 'bool'],
    ['{}', 'object'],
  ])('refuses %s for a count with 422', async (json, found) => {
    await bench.create('a', 3);
    const { status, body } = await patch(`{"spec":{"replicas":${json}}}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'patch' }] } });
    expect(at(body, 'message')).toContain(`json: cannot unmarshal ${found} into Go struct field`);
    expect(await generation()).toBe(1);
  });

  it.each(['{', ''])('refuses the patch "%s" with 400', async (text) => {
    await bench.create('a', 3);
    const { status, body } = await patch(text);
    expect(status).toBe(400);
    expect(body).toEqual(failure(400, 'BadRequest', 'invalid JSON patch'));
  });

  it.each(['application/json', 'text/plain'])('refuses a patch of type %s with 415', async (type) => {
    await bench.create('a', 3);
    const { status, body } = await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 1 } }, type);
    expect(status).toBe(415);
    expect(body).toEqual(failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {}));
  });
});
