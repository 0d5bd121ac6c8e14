import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { summary } from '../../support/security/answers.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** Rate limits per client, and the age limit of connections. */
let scene: Scene;

afterEach(() => scene.stop());

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const times = <T>(count: number, action: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => action(index)));

function expectLimited(answers: readonly Answer[]): void {
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, body } of refused) {
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ statusCode: 429, code: 'RATE_LIMITED', error: 'Too Many Requests' });
    expect(Object.keys(headers).filter((name) => /ratelimit/.test(name))).toEqual([]);
  }
}

describe('rate limits: writes', () => {
  beforeEach(async () => {
    scene = await Scene.start({ writesPerSecond: 5 });
  });

  it('beyond the limit per second are refused, write nothing, and pass again later', async () => {
    // Never the present count, which is read and not written.
    const answers = await times(20, (index) => scene.service.scale('default', 'my-deployment', 10 + index));
    expectLimited(answers);
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length).toBeGreaterThanOrEqual(5);
    expect(done.length).toBeLessThanOrEqual(10); // if a new second began in between
    expect(scene.demo.requests.count('patchScale')).toBe(done.length);
    await until(async () => (await scene.service.scale('default', 'my-deployment', 9)).status === 200);
  });

  it('are counted apart from those of other clients and from reads', async () => {
    const own = times(20, (index) => scene.service.scale('default', 'my-deployment', index));
    expect((await scene.bystander.scale('shop', 'cart', 6)).status).toBe(200);
    expectLimited(await own);
    expect(new Set(statuses(await times(50, () => scene.service.count('shop', 'cart'))))).toEqual(
      new Set([200]),
    );
  });

  it('are counted per client name, whichever certificate and connection the client uses', async () => {
    const clients = await times(10, () => scene.service.clientOf('many-certificates'));
    // Opens the connections, so that the writes follow each other at once.
    for (const client of clients) await client.count('shop', 'cart');
    const writes = clients.flatMap((client) =>
      [1, 2, 3].map((replicas) => client.scale('shop', 'cart', replicas)),
    );
    expectLimited(await Promise.all(writes));
  });

  it('are counted together for all paths and clusters', async () => {
    const paths = [
      COUNT,
      `/default${COUNT}`,
      `/default${COUNT.replace('/', '/set-')}`,
      `/nowhere${COUNT}`,
      '/docs',
    ];
    const answers = await times(20, (index) => scene.service.post(paths[index % paths.length] ?? '', BODY));
    expectLimited(answers);
    expect(scene.demo.requests.count('patchScale')).toBeLessThanOrEqual(10);
  });

  it('are counted whether they are valid or not', async () => {
    const bad = [
      () => scene.service.scale('default', 'my-deployment', '{'),
      () => scene.service.post('/nope', {}),
      () => scene.service.post('/deployments', {}),
    ];
    for (const request of bad) {
      await until(async () => (await scene.service.scale('default', 'nope', 1)).status === 404);
      expectLimited(await times(20, request));
    }
  });

  it('in one packet are counted one by one', async () => {
    const write = `POST ${COUNT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 14\r\n`;
    const bytes = `${`${write}\r\n${BODY}`.repeat(30)}${write}Connection: close\r\n\r\n${BODY}`;
    const answers = await scene.attack(bytes);
    expect(answers).toHaveLength(31);
    expect(new Set(answers)).toEqual(new Set(['200 {"replicaCount":7}', '429 RATE_LIMITED']));
    expect(scene.demo.requests.count('patchScale')).toBeLessThanOrEqual(10);
  });
});

describe('rate limits: reads', () => {
  beforeEach(async () => {
    scene = await Scene.start({ readsPerSecond: 10 });
  });

  it.each([
    ['that succeed', '/healthz', 200],
    ['of unknown paths', '/nope', 404],
    ['that are malformed', '/deployments?x=1', 400],
  ])('%s beyond the limit per second are refused', async (_title, url, status) => {
    const answers = await times(40, () => scene.service.get(url));
    expectLimited(answers);
    expect(new Set(statuses(answers))).toEqual(new Set([status, 429]));
    expect((await scene.bystander.get('/healthz')).status).toBe(200);
    expect((await scene.service.scale('default', 'my-deployment', 4)).status).toBe(200);
  });
});

describe('a connection that is too old', () => {
  it('is closed after its next answer, which is complete, and not in the middle of a write', async () => {
    scene = await Scene.start({ maxConnectionAgeSeconds: 1 });
    const connection = await scene.open();
    const get = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
    let sent = 0;
    await until(() => {
      if (connection.answers.length === sent && !connection.cut) {
        connection.send(get);
        sent += 1;
      }
      return connection.cut;
    });
    connection.close();
    const { answers } = connection;
    expect(new Set(answers.map(summary))).toEqual(new Set(['200 {"status":"OK"}']));
    expect(answers.length).toBe(sent);
    expect(answers.at(-1)?.headers.connection).toBe('close');
    expect(answers.slice(0, -1).some(({ headers }) => headers.connection === 'close')).toBe(false);
  });
});
