import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { arrayAt, at, KubeRequests, textAt } from '../../support/kube-requests.ts';
import { until } from '../../support/until.ts';

const LIST = '/apis/apps/v1/deployments';
const SCALE = '/apis/apps/v1/namespaces/default/deployments/my-deployment/scale';

let cluster: FakeApiServer;
let kube: KubeRequests;
let agent: Agent;

beforeEach(async () => {
  cluster = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  const { cert, key } = cluster.clientCertificate;
  kube = new KubeRequests({ url: cluster.url, ca: cluster.ca, cert, key });
  agent = new Agent({ connect: { ca: cluster.ca, cert, key } });
});

afterEach(async () => {
  await kube.close();
  await agent.destroy();
  await cluster.stop();
});

const patch = (replicas: number) => kube.patch(SCALE, { spec: { replicas } });
const count = () => cluster.deployments.get('default', 'my-deployment')?.replicas;

/** Reads the stream until it ends. Returns the text, and the error if it ended with one. */
async function read(path: string, signal?: AbortSignal): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    const options = signal === undefined ? {} : { signal };
    const { body } = await request(cluster.url + path, { dispatcher: agent, ...options });
    for await (const chunk of body) text += String(chunk);
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

/** A watch from now on, during which `my-deployment` is touched this number of times. */
function watch(touches: number, more = '&timeoutSeconds=1') {
  const path = `${LIST}?watch=1&resourceVersion=${cluster.resourceVersion}${more}`;
  for (let i = 0; i < touches; i += 1) cluster.deployments.touch('default', 'my-deployment');
  return read(path);
}

const versions = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.includes('MODIFIED'))
    .map((line) => Number(textAt(JSON.parse(line), 'object.metadata.resourceVersion')));

describe('rules for faults of the fake API server', () => {
  it('apply to one kind of request, after a number of requests and for a number of requests', async () => {
    const fault = cluster.faults.add({ on: 'list', fault: { type: 'status', code: 500 }, skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await kube.get(LIST)).status);
    expect(statuses).toEqual([200, 500, 500, 200, 200]);
    expect((await kube.get(SCALE)).status).toBe(200);
    expect(fault.hits).toBe(2);
  });

  it('apply until they are removed or cleared', async () => {
    const first = cluster.faults.add({ on: 'any', fault: { type: 'status', code: 503 } });
    cluster.faults.add({ on: 'any', fault: { type: 'status', code: 429 } });
    expect((await kube.get('/version')).status).toBe(503);
    first.remove();
    expect((await kube.get('/version')).status).toBe(429);
    cluster.faults.clear();
    expect((await kube.get('/version')).status).toBe(200);
  });

  it('can run an action before the request is handled', async () => {
    const old = cluster.deployments.get('default', 'my-deployment')?.uid;
    cluster.faults.add({
      on: 'watch',
      fault: { type: 'call', action: () => void cluster.deployments.recreate('default', 'my-deployment') },
    });
    const { text } = await watch(0);
    const events = text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events.map((event) => at(event, 'type'))).toEqual(['DELETED', 'ADDED']);
    expect(at(events[0], 'object.metadata.uid')).toBe(old);
    expect(at(events[1], 'object.metadata.uid')).not.toBe(old);
  });
});

describe('refusals of the fake API server', () => {
  it.each([401, 403, 404, 409, 410, 429, 500, 503, 504] as const)(
    'with status %d have a Status as their body',
    async (code) => {
      cluster.faults.add({ on: 'any', fault: { type: 'status', code, retryAfterSeconds: 3 } });
      const { status, headers, body } = await kube.get(LIST);
      expect(status).toBe(code);
      expect(headers['retry-after']).toBe('3');
      expect(body).toMatchObject({
        kind: 'Status',
        status: 'Failure',
        code,
        details: { retryAfterSeconds: 3 },
      });
    },
  );

  it('of a list can report a version that is too large or an expired continue token', async () => {
    cluster.faults.add({ on: 'list', fault: { type: 'tooLargeResourceVersion' }, times: 1 });
    cluster.faults.add({ on: 'list', fault: { type: 'expiredContinue' }, times: 1 });
    expect(at((await kube.get(LIST)).body, 'message')).toContain('Too large resource version');
    expect(await kube.get(LIST)).toMatchObject({ status: 410, body: { reason: 'Expired' } });
  });

  it('by admission have the texts of kube-apiserver', async () => {
    for (const by of ['webhook', 'webhook403', 'policy'] as const) {
      cluster.faults.add({ on: 'patchScale', fault: { type: 'deny', by, message: 'at most 50' }, times: 1 });
    }
    const webhook = 'admission webhook "replicas.demo.example.com" denied the request: at most 50';
    expect(await patch(99)).toMatchObject({ status: 400, body: { message: webhook } });
    expect(await patch(99)).toMatchObject({ status: 403, body: { message: webhook } });
    const policy = "ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 50";
    expect(await patch(99)).toMatchObject({
      status: 422,
      body: { reason: 'Invalid', message: `deployments.apps "my-deployment" is forbidden: ${policy}` },
    });
    expect(count()).toBe(3);
  });
});

describe('the connection to the fake API server', () => {
  it('can break before a write or after it', async () => {
    cluster.faults.add({ on: 'patchScale', fault: { type: 'drop', when: 'before' }, times: 1 });
    await expect(patch(7)).rejects.toThrow();
    expect(count()).toBe(3);
    cluster.faults.add({ on: 'patchScale', fault: { type: 'drop', when: 'after' }, times: 1 });
    await expect(patch(7)).rejects.toThrow();
    expect(count()).toBe(7);
  });

  it.each(['close', 'reset'] as const)('can break at once or after some bytes: %s', async (how) => {
    cluster.faults.add({ on: 'list', fault: { type: 'cut', how }, times: 1 });
    expect(await read(LIST)).toMatchObject({ text: '', error: expect.any(Error) });
    cluster.faults.add({ on: 'list', fault: { type: 'cut', how, afterBytes: 1_000 }, times: 1 });
    const { text, error } = await read(LIST);
    expect(text).toHaveLength(1_000);
    expect(error).toBeInstanceOf(Error);
  });

  it.each([undefined, 1_000])('can stay open as a black hole, after %s bytes', async (afterBytes) => {
    const bytes = afterBytes === undefined ? {} : { afterBytes };
    cluster.faults.add({ on: 'list', fault: { type: 'cut', how: 'silence', ...bytes } });
    // Long enough for the handshake and the bytes on a busy machine.
    const { text, error } = await read(LIST, AbortSignal.timeout(3_000));
    expect(text).toHaveLength(afterBytes ?? 0);
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });

  it('can affect all clients: dropped, refused, frozen', async () => {
    const dropped = read(`${LIST}?watch=1`);
    await until(() => cluster.openWatches === 1);
    cluster.dropConnections('reset');
    expect((await dropped).error).toMatchObject({ code: 'ECONNRESET' });

    await cluster.refuseConnections();
    expect((await read(LIST)).error).toMatchObject({ code: 'ECONNREFUSED' });
    await cluster.acceptConnections();
    expect((await read(LIST)).error).toBeUndefined();

    cluster.freeze();
    expect((await read(LIST, AbortSignal.timeout(200))).error).toMatchObject({ name: 'TimeoutError' });
    cluster.thaw();
    await until(async () => (await read(LIST)).error === undefined);
  });

  it('can be slow instead of lost: an answer arrives in pieces or late', async () => {
    cluster.faults.add({ on: 'getScale', fault: { type: 'drip', bytes: 50, everyMs: 1 } });
    expect(await kube.get(SCALE)).toMatchObject({ status: 200, body: { kind: 'Scale' } });
    cluster.faults.clear();
    cluster.faults.add({ on: 'getScale', fault: { type: 'call', action: () => {} }, delayMs: 100 });
    expect((await read(SCALE, AbortSignal.timeout(20))).error).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a faulty watch of the fake API server', () => {
  it.each([410, 500, 504] as const)(
    'gets an ERROR event with %d after some events, and then ends',
    async (code) => {
      cluster.faults.add({ on: 'watch', fault: { type: 'errorEvent', code, afterEvents: 1 } });
      const { text, error } = await watch(3);
      const events = text
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(events).toMatchObject([
        { type: 'MODIFIED' },
        { type: 'ERROR', object: { kind: 'Status', code } },
      ]);
      expect(error).toBeUndefined();
    },
  );

  it('can end after its headers, close, or break in the middle of a line', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'cut', how: 'end', afterEvents: 0 }, times: 1 });
    expect(await watch(1)).toEqual({ text: '', error: undefined });
    cluster.faults.add({ on: 'watch', fault: { type: 'cut', how: 'reset', afterEvents: 1 }, times: 1 });
    const reset = await watch(2);
    expect(versions(reset.text)).toHaveLength(1);
    expect(reset.error).toBeInstanceOf(Error);
    for (const how of ['end', 'reset'] as const) {
      cluster.faults.add({
        on: 'watch',
        fault: { type: 'cut', how, afterEvents: 1, midLine: true },
        times: 1,
      });
      const { text, error } = await watch(2);
      const [whole, half] = text.split('\n');
      expect(() => JSON.parse(whole ?? '')).not.toThrow();
      expect(half).toMatch(/^\{"type":"MODIFIED"/);
      expect(() => JSON.parse(half ?? '')).toThrow();
      expect(error === undefined).toBe(how === 'end');
    }
  });

  it('gets a line of garbage', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'line', text: 'not JSON', afterEvents: 1 } });
    const lines = (await watch(2)).text.trim().split('\n');
    expect(lines[1]).toBe('not JSON');
    expect(lines).toHaveLength(3);
  });

  it('gets events twice', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'duplicateEvents' } });
    const first = cluster.resourceVersion + 1;
    expect(versions((await watch(2)).text)).toEqual([first, first, first + 1, first + 1]);
  });

  it('gets events in the wrong order', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'swapEvents' } });
    const first = cluster.resourceVersion + 1;
    expect(versions((await watch(4)).text)).toEqual([first + 1, first, first + 3, first + 2]);
  });

  it('gets bookmarks, but not the events before them', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    const { text } = await watch(2, '&timeoutSeconds=3&allowWatchBookmarks=true');
    expect(versions(text)).toEqual([]);
    expect(textAt(JSON.parse(text.split('\n')[0] ?? ''), 'object.metadata.resourceVersion')).toBe(
      String(cluster.resourceVersion),
    );
  });

  it('gets all initial events also if it gets no events after them', async () => {
    cluster.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    const { text } = await read(
      `${LIST}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`,
    );
    expect(text.split('\n').filter((line) => line.includes('"ADDED"'))).toHaveLength(
      cluster.deployments.size,
    );
  });

  it('gets bookmarks at the requested interval', async () => {
    const path = `${LIST}?watch=1&allowWatchBookmarks=true&timeoutSeconds=6&resourceVersion=${cluster.resourceVersion}`;
    const { text } = await read(path);
    const lines = text.trim().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(arrayAt({ lines }, 'lines').every((line) => String(line).includes('"BOOKMARK"'))).toBe(true);
  });
});
