import { expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { arrayAt, at } from '../support/kube-requests.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

onEachServer('the contract of managedFields', (bench) => {
  const scale = (replicas: number, manager: string, query = '') =>
    bench.kube.patch(`${bench.path}/a/scale?fieldManager=${manager}${query}`, { spec: { replicas } });
  const read = async () => (await bench.kube.get(`${bench.path}/a`)).body;

  /** The entries, reduced to what tells who owns what. */
  const managers = async () =>
    arrayAt(await read(), 'metadata.managedFields').map((entry) => {
      const fields = Object(at(entry, 'fieldsV1'));
      return {
        manager: at(entry, 'manager'),
        operation: at(entry, 'operation'),
        subresource: at(entry, 'subresource'),
        timed: TIME.test(String(at(entry, 'time'))),
        ownsCount: at(fields, 'f:spec.f:replicas') !== undefined,
        ownsOthers: at(fields, 'f:spec.f:template') !== undefined,
      };
    });
  const versions = async () => {
    const { resourceVersion, generation } = Object(at(await read(), 'metadata'));
    return { resourceVersion, generation };
  };

  const creator = {
    manager: 'creator',
    operation: 'Update',
    subresource: undefined,
    timed: true,
    ownsOthers: true,
  };
  const scaler = (manager: string) => ({
    manager,
    operation: 'Update',
    subresource: 'scale',
    timed: false,
    ownsCount: true,
    ownsOthers: false,
  });

  async function create(replicas = 3): Promise<void> {
    const made = await bench.kube.post(`${bench.path}?fieldManager=creator`, deployment('a', replicas));
    expect(made.status).toBe(201);
  }

  it('gives the count to the one that created the Deployment', async () => {
    await create();
    expect(await managers()).toEqual([{ ...creator, ownsCount: true }]);
  });

  it('gives the count to the one that has changed it through scale last, without a time', async () => {
    await create();
    await scale(4, 'first');
    expect(await managers()).toEqual([scaler('first'), { ...creator, ownsCount: false }]);
    await scale(5, 'second');
    expect(await managers()).toEqual([scaler('second'), { ...creator, ownsCount: false }]);
  });

  it('gives a count of 0 that is written through scale to nobody, because a Scale leaves it out', async () => {
    await create();
    await scale(4, 'first');
    await scale(0, 'first');
    expect(await managers()).toEqual([{ ...creator, ownsCount: false }]);
    await scale(5, 'first');
    expect(await managers()).toEqual([{ ...creator, ownsCount: false }]);
  });

  it('gives the count to the one that raises it from a 0 that has an owner', async () => {
    await create(0);
    expect(await managers()).toEqual([{ ...creator, ownsCount: true }]);
    await scale(2, 'first');
    expect(await managers()).toEqual([scaler('first'), { ...creator, ownsCount: false }]);
  });

  it('tears a count of 0 from the fields of its creator like any other', async () => {
    await create(0);
    await scale(0, 'first');
    const torn = { ...creator, timed: false, ownsCount: true, ownsOthers: false };
    expect(await managers()).toEqual([torn, { ...creator, ownsCount: false }]);
  });

  it('gives the count to the one that changes it in the whole object, with a time', async () => {
    await create();
    await scale(4, 'first');
    await bench.kube.patch(`${bench.path}/a?fieldManager=editor`, { spec: { replicas: 5 } });
    const editor = { ...scaler('editor'), subresource: undefined, timed: true };
    const entries = await managers();
    expect(entries).toHaveLength(2);
    expect(entries).toEqual(expect.arrayContaining([editor, { ...creator, ownsCount: false }]));
  });

  it('changes nothing when the present count is written through scale and was set through scale', async () => {
    await create();
    await scale(4, 'first');
    const before = { ...(await versions()), managers: await managers() };
    for (const manager of ['first', 'second']) {
      expect(at((await scale(4, manager)).body, 'metadata.resourceVersion')).toBe(before.resourceVersion);
    }
    expect({ ...(await versions()), managers: await managers() }).toEqual(before);
  });

  it('tears the count from the fields of its creator when the present count is written, and loses it', async () => {
    await create();
    const before = await versions();
    await scale(3, 'first');
    const torn = { ...creator, timed: false, ownsCount: true, ownsOthers: false };
    expect(await managers()).toEqual([torn, { ...creator, ownsCount: false }]);
    const once = await versions();
    expect(once.generation).toBe(before.generation);
    expect(Number(once.resourceVersion)).toBeGreaterThan(Number(before.resourceVersion));
    await scale(3, 'first');
    expect(await managers()).toEqual([{ ...creator, ownsCount: false }]);
    expect(Number((await versions()).resourceVersion)).toBeGreaterThan(Number(once.resourceVersion));
  });

  it('records no write through scale once nobody owns the count', async () => {
    await create();
    await scale(3, 'first');
    await scale(5, 'first');
    await scale(6, 'second');
    expect(at(await read(), 'spec.replicas')).toBe(6);
    expect(await managers()).toEqual([{ ...creator, ownsCount: false }]);
    await bench.kube.patch(`${bench.path}/a?fieldManager=editor`, { spec: { replicas: 7 } });
    await scale(8, 'second');
    expect(await managers()).toEqual([scaler('second'), { ...creator, ownsCount: false }]);
  });

  it('keeps the owner and the versions in a dry run, which answers with the new count', async () => {
    await create();
    await scale(4, 'first');
    const before = { ...(await versions()), managers: await managers() };
    for (const replicas of [9, 4]) {
      const { status, body } = await scale(replicas, 'second', '&dryRun=All');
      expect(status).toBe(200);
      expect(at(body, 'spec.replicas')).toBe(replicas);
      expect(at(body, 'metadata.resourceVersion')).toBe(before.resourceVersion);
    }
    expect({ ...(await versions()), managers: await managers() }).toEqual(before);
    expect(at(await read(), 'spec.replicas')).toBe(4);
  });

  it('checks the preconditions of a dry run too', async () => {
    await create();
    const { resourceVersion } = await versions();
    await scale(4, 'first');
    const patch = { metadata: { resourceVersion }, spec: { replicas: 9 } };
    expect((await bench.kube.patch(`${bench.path}/a/scale?dryRun=All`, patch)).status).toBe(409);
  });

  it('names the program in the User-Agent if no field manager is given', async () => {
    await create();
    const type = { 'content-type': 'application/merge-patch+json', 'user-agent': 'kubectl/v1.37.2 (linux)' };
    await bench.kube.send('PATCH', `${bench.path}/a/scale`, { spec: { replicas: 4 } }, type);
    expect(await managers()).toEqual([scaler('kubectl'), { ...creator, ownsCount: false }]);
  });
});
