import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** The age of answers, requests for fresher answers, and writes that depend on the state that was read. */
let demo: FakeApiServer;
let service: TestService;

beforeEach(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 500 });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

const COUNT = '/replica-count?namespace=default&deployment=my-deployment';
const LIST = '/deployments?namespace=default';

/** Makes the watch silent, so that the cache gets older. */
function silence(): void {
  demo.faults.add({ on: 'watch', fault: { type: 'status', code: 503 } });
  demo.dropConnections();
}

/** Waits until answers from the cache are older than a second. */
async function grownOld(): Promise<void> {
  await until(async () => Number((await service.get(COUNT)).headers.age) > 1);
}

const count = ({ body }: Answer): unknown => body;

describe('an answer from the cache', () => {
  it('gives its age, rounded up, and the resourceVersion up to which it is complete', async () => {
    /** Makes a change, and reads it from the cache. Also returns how old the answer may be at most. */
    const change = async (replicas: number) => {
      const before = performance.now();
      const record = demo.deployments.scale('default', 'my-deployment', replicas);
      const version = String(record.resourceVersion);
      await until(async () => (await service.get(COUNT)).headers['x-resource-version'] === version);
      const read = await service.get(COUNT);
      return { ...record, read, mostSeconds: Math.ceil((performance.now() - before) / 1000) };
    };
    const ageOf = ({ headers }: Answer) => Number(headers.age);
    let replicas = 4;
    let changed = await change(replicas);
    // Before its first bookmark a watch may be behind by the time that it took to open it.
    await until(async () => {
      replicas += 1;
      changed = await change(replicas);
      return ageOf(changed.read) <= changed.mostSeconds;
    });
    const { resourceVersion, uid, generation, read } = changed;
    expect(ageOf(read)).toBeGreaterThanOrEqual(1);
    expect(read.headers.etag).toBe(`"${uid}.${generation}"`);
    const list = await service.get(LIST);
    expect(list.headers.age).toMatch(/^\d+$/);
    expect(list.headers['x-resource-version']).toBe(String(resourceVersion));
  });

  it('gets older while the API server is silent, and fresh again at the next event', async () => {
    await demo.refuseConnections();
    demo.dropConnections();
    await until(async () => Number((await service.get(COUNT)).headers.age) > 3);
    await demo.acceptConnections();
    demo.deployments.scale('default', 'my-deployment', 9);
    await until(async () => JSON.stringify(count(await service.get(COUNT))) === '{"replicaCount":9}');
    // Before its first bookmark a watch may be behind by the time that it took to open it.
    await until(async () => {
      demo.deployments.touch('default', 'my-deployment');
      return Number((await service.get(COUNT)).headers.age) <= 2;
    });
  });

  it('gives the resourceVersion of the last change that was seen, even if that is a deletion', async () => {
    demo.deployments.delete('shop', 'cart');
    await until(async () => (await service.count('shop', 'cart')).status === 404);
    const version = (await service.get(COUNT)).headers['x-resource-version'];
    expect(version).toBe(String(demo.resourceVersion));
  });
});

describe('maxAge', () => {
  it('is answered from the cache if the cache is fresh enough', async () => {
    demo.requests.clear();
    for (const url of [`${COUNT}&maxAge=60`, `${LIST}&maxAge=60`])
      expect((await service.get(url)).status).toBe(200);
    expect(demo.requests.count('get') + demo.requests.count('list')).toBe(0);
  });

  it('is answered by the API server if the cache is older', async () => {
    silence();
    const { resourceVersion } = demo.deployments.scale('default', 'my-deployment', 8);
    demo.deployments.create({ namespace: 'default', name: 'brand-new', replicas: 1 });
    await grownOld();
    expect(count(await service.get(COUNT))).toEqual({ replicaCount: 3 });
    const before = performance.now();
    const read = await service.get(`${COUNT}&maxAge=1`);
    expect(count(read)).toEqual({ replicaCount: 8 });
    const age = Number(read.headers.age);
    expect(age).toBeGreaterThanOrEqual(1);
    expect(age).toBeLessThanOrEqual(Math.ceil((performance.now() - before) / 1000));
    expect(read.headers['x-resource-version']).toBe(String(resourceVersion));
    const list = await service.get(`${LIST}&maxAge=1`);
    expect(list.body).toEqual({ deployments: ['default/brand-new', 'default/my-deployment'] });
    expect((await service.get('/deployments?maxAge=1')).body).toEqual({
      deployments: demo.deployments
        .list()
        .map(({ namespace, name }) => `${namespace}/${name}`)
        .sort(),
    });
  });

  it('makes the API server select by labels', async () => {
    silence();
    demo.deployments.create({ namespace: 'default', name: 'brand-new', replicas: 1 });
    const selector = 'labelSelector=team in (team-default),app.kubernetes.io/name!=my-deployment';
    demo.requests.clear();
    const list = await service.get(`/deployments?maxAge=0&${encodeURI(selector)}`);
    expect(list).toMatchObject({ status: 200, body: { deployments: ['default/brand-new'] } });
    // While the watch is silent, the service also lists a single object, to learn the current resourceVersion.
    const lists = demo.requests.recent('list').filter(({ query }) => query.get('limit') !== '1');
    expect(lists.map(({ query }) => query.get('labelSelector'))).toEqual([
      'team in (team-default),app.kubernetes.io/name!=my-deployment',
    ]);
  });

  it('does not change the cache', async () => {
    silence();
    demo.deployments.scale('default', 'my-deployment', 8);
    expect(count(await service.get(`${COUNT}&maxAge=0`))).toEqual({ replicaCount: 8 });
    expect(count(await service.get(COUNT))).toEqual({ replicaCount: 3 });
  });

  it('answers 404 for a Deployment that does not exist in the API server', async () => {
    const answer = await service.get('/replica-count?namespace=default&deployment=nope&maxAge=0');
    expect(answer).toMatchObject({ status: 404, body: { code: 'DEPLOYMENT_NOT_FOUND' } });
  });

  it.each(['refused', 'in trouble'])('answers 504 if the API server is %s', async (trouble) => {
    if (trouble === 'refused') await demo.refuseConnections();
    else demo.faults.add({ on: 'any', fault: { type: 'status', code: 500 } });
    demo.dropConnections();
    const expected = { status: 504, body: { code: 'FRESHNESS_NOT_REACHED' } };
    expect(await service.get(`${COUNT}&maxAge=0`)).toMatchObject(expected);
    expect(await service.get(`${LIST}&maxAge=0`)).toMatchObject(expected);
    if (trouble === 'refused') await demo.acceptConnections();
  });

  it('answers 504 in time if the API server does not answer', async () => {
    demo.faults.add({ on: 'get', fault: { type: 'cut', how: 'silence' } });
    expect(await service.get(`${COUNT}&maxAge=0`)).toMatchObject({
      status: 504,
      body: { code: 'FRESHNESS_NOT_REACHED' },
    });
  });

  it.each(['', '-1', '1.5', '1e3', ' 1', '01', 'x', '1&maxAge=2'])('refuses maxAge=%s', async (value) => {
    const answer = await service.get(`${COUNT}&maxAge=${encodeURI(value)}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_QUERY' } });
  });
});

describe('minResourceVersion', () => {
  /** Opens the connections of 105 simultaneous reads. Their handshakes would use up the time that a read may wait. */
  const openConnections = () => Promise.all(Array.from({ length: 105 }, () => service.get(COUNT)));

  it('is answered at once if the cache has reached it', async () => {
    const { headers } = await service.get(COUNT);
    const answer = await service.get(`${COUNT}&minResourceVersion=${headers['x-resource-version']}`);
    expect(answer.status).toBe(200);
    expect((await service.get(`${LIST}&minResourceVersion=1`)).status).toBe(200);
  });

  it('makes a list by labels wait for the change of a label', async () => {
    const { namespace, name, replicas } = demo.deployments.list()[0] ?? expect.fail('there are samples');
    // The list that is kept from here on is another one after the change.
    const moved = '/deployments?labelSelector=team=moved';
    expect((await service.get(moved)).body).toEqual({ deployments: [] });
    const source = { labels: { team: 'moved' }, annotations: undefined, spec: {} };
    const { resourceVersion } = demo.deployments.replaceSource(namespace, name, replicas, source, {
      manager: 'kubectl-edit',
    });
    const answer = await service.get(`${moved}&minResourceVersion=${resourceVersion}`);
    expect(answer.body).toEqual({ deployments: [`${namespace}/${name}`] });
  });

  it('waits until the cache reaches it, so that a write through one replica is visible through another', async () => {
    const other = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
    const seen: unknown[] = [];
    for (let replicas = 10; replicas < 30; replicas += 1) {
      const written = await service.scale('default', 'my-deployment', replicas);
      const version = written.headers['x-resource-version'];
      seen.push(count(await other.get(`${COUNT}&minResourceVersion=${version}`)));
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => ({ replicaCount: index + 10 })));
    await other.stop();
  });

  it('lets a hundred reads of a client wait, and answers all of them after the change', async () => {
    await openConnections();
    const next = demo.resourceVersion + 1;
    const waiting = Array.from({ length: 100 }, () => service.get(`${COUNT}&minResourceVersion=${next}`));
    // Answered after the requests before it have arrived.
    await service.get(COUNT);
    expect(demo.deployments.scale('default', 'my-deployment', 8).resourceVersion).toBe(next);
    for (const answer of await Promise.all(waiting)) expect(count(answer)).toEqual({ replicaCount: 8 });
  });

  it('answers the 101st read of a client with 429 while the others wait, and lets another client wait', async () => {
    await openConnections();
    const other = await service.clientOf('other');
    await other.get(COUNT);
    const next = demo.resourceVersion + 1;
    const url = `${COUNT}&minResourceVersion=${next}`;
    const answers: Answer[] = [];
    const reads = Array.from({ length: 105 }, async () => void answers.push(await service.get(url)));
    await until(() => answers.length >= 5);
    for (const { status, headers, body } of answers.slice(0, 5)) {
      expect({ status, body }).toMatchObject({ status: 429, body: { code: 'TOO_MANY_WAITERS' } });
      expect(headers['retry-after']).toBe('1');
    }
    const answer = other.get(url);
    // A resourceVersion that the cache has already reached needs no wait.
    expect((await service.get(`${COUNT}&minResourceVersion=1`)).status).toBe(200);
    expect(demo.deployments.scale('default', 'my-deployment', 8).resourceVersion).toBe(next);
    expect(count(await answer)).toEqual({ replicaCount: 8 });
    await Promise.all(reads);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
  });

  it('answers 504 after 5 s if the cache does not reach it', async () => {
    const version = demo.resourceVersion + 1_000_000;
    const startedAt = performance.now();
    expect(await service.get(`${LIST}&minResourceVersion=${version}`)).toMatchObject({
      status: 504,
      body: { code: 'FRESHNESS_NOT_REACHED' },
    });
    expect(performance.now() - startedAt).toBeGreaterThan(4_900);
  });

  it('accepts versions of any length', async () => {
    expect((await service.get(`${COUNT}&minResourceVersion=${10n ** 40n}`)).status).toBe(504);
  });

  it.each(['', '0', 'abc', '-1', '1.5', '007'])('refuses minResourceVersion=%s', async (value) => {
    const answer = await service.get(`${LIST}&minResourceVersion=${value}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_QUERY' } });
  });

  it('requires a namespace if each namespace has its own watch', async () => {
    const namespaces = ['default', 'shop'];
    const narrow = await (await TestService.start({ kubeconfig: demo.kubeconfig, namespaces })).synced();
    expect(await narrow.get('/deployments?minResourceVersion=1')).toMatchObject({
      status: 400,
      body: { code: 'INVALID_QUERY' },
    });
    expect((await narrow.get('/deployments?namespace=shop&minResourceVersion=1')).status).toBe(200);
    await narrow.stop();
  });
});

describe('If-Match', () => {
  const truth = () => demo.deployments.get('default', 'my-deployment')?.replicas;
  const scale = (replicas: number, ifMatch: string) =>
    service.scale('default', 'my-deployment', replicas, { 'if-match': ifMatch });

  it('allows a write if the Deployment is unchanged, and the answer has the new tag', async () => {
    const first = await service.get(COUNT);
    const written = await scale(5, String(first.headers.etag));
    expect(written).toMatchObject({ status: 200, body: { replicaCount: 5 } });
    expect(written.headers.etag).toBe((await service.get(COUNT)).headers.etag);
    expect(await scale(6, String(written.headers.etag))).toMatchObject({ status: 200 });
  });

  it('refuses with 412 once another writer has changed the spec, even if the cache has not seen the change', async () => {
    const { headers } = await service.get(COUNT);
    silence();
    demo.deployments.scale('default', 'my-deployment', 4);
    expect(await scale(5, String(headers.etag))).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION_FAILED' },
    });
    expect(truth()).toBe(4);
  });

  it('still matches after updates of the status', async () => {
    const { headers } = await service.get(COUNT);
    demo.deployments.touch('default', 'my-deployment');
    expect(await scale(5, String(headers.etag))).toMatchObject({ status: 200 });
  });

  it('refuses with 412 if the Deployment was deleted and created again', async () => {
    const { headers } = await service.get(COUNT);
    demo.deployments.recreate('default', 'my-deployment', 3);
    expect(await scale(5, String(headers.etag))).toMatchObject({ status: 412 });
    expect(truth()).toBe(3);
  });

  it('allows exactly one of many writers that have read the same state', async () => {
    const { headers } = await service.get(COUNT);
    // As many as may write at once: further ones would wait for their turn, and give up on a slow machine.
    const values = Array.from({ length: 8 }, (_, index) => index + 50);
    const answers = await Promise.all(values.map((value) => scale(value, String(headers.etag))));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners.map(count)).toEqual([{ replicaCount: truth() }]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]));
  });

  it('accepts * and a list that contains the right tag', async () => {
    const { headers } = await service.get(COUNT);
    expect((await scale(5, '*')).status).toBe(200);
    const { headers: now } = await service.get(COUNT);
    expect((await scale(6, `${headers.etag}, ${now.etag}`)).status).toBe(200);
  });

  it('never matches a weak tag', async () => {
    const { headers } = await service.get(COUNT);
    expect((await scale(5, `W/${headers.etag}`)).status).toBe(412);
  });

  it.each(['abc', '"unclosed', '"a" "b"', '"a",,"b"', ''])(
    'refuses the header %s with 400',
    async (header) => {
      expect(await scale(5, header)).toMatchObject({ status: 400, body: { code: 'INVALID_HEADER' } });
      expect(truth()).toBe(3);
    },
  );

  it('is answered with 404 if the Deployment does not exist', async () => {
    const answer = await service.scale('default', 'nope', 1, { 'if-match': '"a.1"' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'DEPLOYMENT_NOT_FOUND' } });
  });
});

describe('the fresh list of a caller who may not list everywhere', () => {
  it('contains Deployments in namespaces that are new to the cache', async () => {
    const strict = { kubeconfig: demo.kubeconfig, authorization: 'SubjectAccessReview' } as const;
    const guarded = await (await TestService.start(strict)).synced();
    const namespaces = ['default', 'by-age', 'by-version'];
    demo.roles.allow({ users: ['client'], verbs: ['list'], resources: ['deployments'], namespaces });
    const inDefault = demo.deployments.list().filter(({ namespace }) => namespace === 'default');
    const known = inDefault.map(({ name }) => `default/${name}`).sort();
    expect((await guarded.get('/deployments')).body).toEqual({ deployments: known });

    const held = demo.faults.add({ on: 'watch', fault: { type: 'status', code: 503 } });
    demo.dropConnections();
    demo.deployments.create({ namespace: 'by-age', name: 'new', replicas: 1 });
    demo.deployments.create({ namespace: 'not-mine', name: 'new', replicas: 1 });
    const direct = await guarded.get('/deployments?maxAge=0');
    expect(direct.body).toEqual({ deployments: ['by-age/new', ...known] });

    held.remove();
    await until(() => guarded.cluster.namespaces.includes('not-mine'));
    const next = demo.resourceVersion + 1;
    const waiting = guarded.get(`/deployments?minResourceVersion=${next}`);
    // Answered after the request before it has arrived.
    await guarded.get('/deployments?namespace=default');
    const created = demo.deployments.create({ namespace: 'by-version', name: 'new', replicas: 1 });
    expect(created.resourceVersion).toBe(next);
    expect((await waiting).body).toEqual({ deployments: ['by-age/new', 'by-version/new', ...known] });
    await guarded.stop();
  });
});
