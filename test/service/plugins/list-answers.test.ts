import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectDocumented, textOf } from '../../support/documented.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { IssuedCertificate } from '../../support/issue-certificate.ts';
import { exchange, RawConnection } from '../../support/security/raw.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Compressed lists and conditional reads of lists, as they travel. */
let demo: FakeApiServer;
let service: TestService;

/** Two namespaces with lists of some 12 kB each, and one with a small list. */
const DEPLOYMENTS = [
  ...Array.from({ length: 100 }, (_, index) => ({
    namespace: index % 2 === 0 ? 'even' : 'odd',
    name: `${'deployment-'.repeat(20)}${index}`,
  })),
  { namespace: 'small', name: 'web' },
];

beforeEach(async () => {
  demo = await FakeApiServer.start({
    deployments: DEPLOYMENTS,
    rolloutDelayMs: Number.POSITIVE_INFINITY,
  });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

type Headers = Readonly<Record<string, string>>;

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const requestFor = (path: string, headers: Headers) => {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `${[`GET ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
};

/** Asks a service, as its own client unless another certificate is given. */
async function ask(
  path: string,
  headers: Headers = {},
  { from = service, as }: { readonly from?: TestService; readonly as?: IssuedCertificate } = {},
): Promise<Received> {
  const { cert, key } = as ?? from.client;
  const target = { port: from.port, ca: from.authority.cert, cert, key };
  const [answer] = await exchange(target, requestFor(path, { connection: 'close', ...headers }));
  if (answer === undefined) throw new Error('no answer');
  const bytes = Buffer.from(answer.body, 'latin1');
  const body = textOf(answer.headers, bytes);
  expectDocumented({ method: 'GET', path, status: answer.status, headers: answer.headers, body });
  return { status: answer.status, headers: answer.headers, bytes };
}

async function head(path: string, headers: Headers): Promise<Omit<Received, 'bytes'> & { body: unknown }> {
  const { cert, key } = service.client;
  const client = service.clientWith({ cert, key });
  const answer = await client.request({ method: 'HEAD', path, headers: { connection: 'close', ...headers } });
  return {
    ...answer,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([k, v]) => [k, String(v)])),
  };
}

/** Asks until the answer is compressed. Each answer before that must be the whole list, as it is. */
async function compressed(path: string, acceptEncoding: string, from = service): Promise<Received> {
  let answer = await ask(path, { 'accept-encoding': acceptEncoding }, { from });
  await until(async () => {
    if (answer.headers['content-encoding'] !== undefined) return true;
    JSON.parse(String(answer.bytes));
    answer = await ask(path, { 'accept-encoding': acceptEncoding }, { from });
    return false;
  });
  return answer;
}

const decompress: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  gzip: gunzipSync,
};
const decompressed = ({ headers, bytes }: Received) =>
  decompress[headers['content-encoding'] ?? '']?.(bytes) ?? bytes;

const LISTS = [
  '/deployments',
  '/default/deployments',
  '/deployments?namespace=odd',
  '/clusters/deployments',
  '/clusters/deployments?namespace=even',
];

describe('a large list', () => {
  it.each(LISTS)('comes as it is first, then compressed, with the same bytes: %s', async (path) => {
    const plain = await ask(path);
    expect(plain.bytes.length).toBeGreaterThan(8 * 1024);
    for (const coding of ['gzip', 'br', 'zstd']) {
      const first = await ask(path, { 'accept-encoding': coding });
      expect(first.headers).not.toHaveProperty('content-encoding');
      expect(first.bytes.equals(plain.bytes)).toBe(true);
      const answer = await compressed(path, coding);
      expect(answer.headers).toMatchObject({
        'content-encoding': coding,
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(answer.bytes.length),
      });
      expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 4);
      expect(decompressed(answer).equals(plain.bytes)).toBe(true);
    }
  });

  it('comes in the encoding that Accept-Encoding prefers', async () => {
    for (const coding of ['gzip', 'br', 'zstd']) await compressed('/deployments', coding);
    const chosen = async (header: string) =>
      (await ask('/deployments', { 'accept-encoding': header })).headers['content-encoding'] ?? 'none';
    for (const [header, expected] of [
      ['', 'none'],
      ['identity', 'none'],
      ['deflate', 'none'],
      ['gzip', 'gzip'],
      ['GZIP', 'gzip'],
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, zstd', 'zstd'],
      ['br;q=0.4, gzip;q=0.8, zstd;q=0.6', 'gzip'],
      ['br;q=0, *', 'zstd'],
      ['*', 'br'],
      ['*;q=0', 'none'],
      ['gzip;q=0.5, identity', 'none'],
      ['gzip;q=0', 'none'],
      ['identity;q=0, gzip', 'gzip'],
      ['identity;q=0', 'none'],
      ['gzip;q=nonsense, zstd', 'zstd'],
    ] as const)
      expect([header, await chosen(header)]).toEqual([header, expected]);
  });

  it('comes without its compressed form of before once it has changed', async () => {
    const before = await compressed('/deployments', 'gzip');
    demo.deployments.create({ namespace: 'odd', name: 'added' });
    const names = async () => {
      const answer = await ask('/deployments', { 'accept-encoding': 'gzip' });
      return { answer, text: String(decompressed(answer)) };
    };
    await until(async () => (await names()).text.includes('odd/added'));
    const after = await names();
    expect(after.answer.headers.etag).not.toBe(before.headers.etag);
    const again = await compressed('/deployments', 'gzip');
    expect(String(decompressed(again))).toBe(after.text);
    expect(again.headers.etag).not.toBe(before.headers.etag);
  });
});

describe('a small list', () => {
  it('is never compressed, and may be read on condition', async () => {
    const path = '/deployments?namespace=small';
    const headers = { 'accept-encoding': 'gzip, br, zstd' };
    for (let i = 0; i < 20; i += 1)
      expect((await ask(path, headers)).headers).not.toHaveProperty('content-encoding');
    const { etag = '' } = (await ask(path, headers)).headers;
    expect((await ask(path, { ...headers, 'if-none-match': etag })).status).toBe(304);
    expect((await ask(path, { 'accept-encoding': 'identity;q=0', 'if-none-match': etag })).status).toBe(304);
  });
});

describe('every answer with a list', () => {
  it('has Vary and an ETag, whether it is compressed or not, and with every status', async () => {
    await compressed('/deployments', 'br');
    await compressed('/clusters/deployments', 'br');
    for (const path of ['/deployments', '/deployments?namespace=small', '/clusters/deployments']) {
      for (const method of [ask, head]) {
        for (const headers of [{}, { 'accept-encoding': 'br' }, { 'if-none-match': '*' }]) {
          const answer = await method(path, headers);
          expect([answer.status, answer.headers]).toEqual([
            'if-none-match' in headers ? 304 : 200,
            expect.objectContaining({
              vary: 'Accept-Encoding',
              etag: expect.stringMatching(/^"[-\w]{43}(\.br)?"$/),
              'cache-control': 'no-store',
            }),
          ]);
        }
      }
    }
  });
});

describe('the ETag of a list', () => {
  it('is another for each encoding, and for each list', async () => {
    const tags = new Map<string, string>();
    for (const path of LISTS.filter((each) => each !== '/default/deployments')) {
      tags.set(path, (await ask(path)).headers.etag ?? '');
      for (const coding of ['gzip', 'br', 'zstd'])
        tags.set(`${path} ${coding}`, (await compressed(path, coding)).headers.etag ?? '');
    }
    expect(new Set(tags.values()).size).toBe(tags.size);
    expect(tags.size).toBe(16);
  });

  it('is the same on every replica and after a restart', async () => {
    const other = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
    for (const path of LISTS) {
      const { etag } = (await ask(path)).headers;
      expect((await ask(path, {}, { from: other })).headers.etag).toBe(etag);
    }
    const { etag } = (await compressed('/deployments', 'gzip')).headers;
    expect((await compressed('/deployments', 'gzip', other)).headers.etag).toBe(etag);
    await other.stop();
  });

  it('is the same again once the content is', async () => {
    const shown = async () => {
      const { headers, bytes } = await ask('/deployments');
      return { etag: headers.etag, isAdded: String(bytes).includes('odd/added') };
    };
    const before = await shown();
    demo.deployments.create({ namespace: 'odd', name: 'added' });
    await until(async () => (await shown()).isAdded);
    expect((await shown()).etag).not.toBe(before.etag);
    demo.deployments.delete('odd', 'added');
    await until(async () => !(await shown()).isAdded);
    expect((await shown()).etag).toBe(before.etag);
  });

  it('is the same for callers who see the same list only', async () => {
    const guarded = await (
      await TestService.start({ kubeconfig: demo.kubeconfig, authorization: 'SubjectAccessReview' })
    ).synced();
    const rights = { verbs: ['list'], resources: ['deployments'] };
    demo.roles.allow({ ...rights, users: ['even', 'even-too'], namespaces: ['even'] });
    demo.roles.allow({ ...rights, users: ['odd'], namespaces: ['odd'] });
    demo.roles.allow({ ...rights, users: ['all'] });
    const seen = async (commonName: string, headers: Headers = {}) => {
      const as = await guarded.authority.issue({ commonName, usages: ['clientAuth'] });
      return ask('/deployments', headers, { from: guarded, as });
    };
    const [even, evenToo, odd, all] = [
      await seen('even'),
      await seen('even-too'),
      await seen('odd'),
      await seen('all'),
    ];
    expect(new Set([even, odd, all].map(({ headers }) => headers.etag)).size).toBe(3);
    expect(evenToo.headers.etag).toBe(even.headers.etag);
    expect((await seen('odd', { 'if-none-match': even.headers.etag ?? '' })).status).toBe(200);
    expect((await seen('even-too', { 'if-none-match': even.headers.etag ?? '' })).status).toBe(304);

    // Nor does the compressed form of one reach another.
    const accept = { 'accept-encoding': 'gzip' };
    for (const [name, plain] of [
      ['even', even],
      ['odd', odd],
      ['all', all],
    ] as const) {
      await until(async () => (await seen(name, accept)).headers['content-encoding'] === 'gzip');
      expect(decompressed(await seen(name, accept)).equals(plain.bytes)).toBe(true);
    }
    await guarded.stop();
  });
});

describe('If-None-Match', () => {
  const LIST = '/deployments';
  const status = async (acceptEncoding: string | undefined, ifNoneMatch: string, path = LIST) => {
    const accept: Headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
    const answer = await ask(path, { ...accept, 'if-none-match': ifNoneMatch });
    return `${answer.status} ${answer.headers.etag}`;
  };

  it.each([LIST, '/default/deployments?namespace=odd', '/clusters/deployments'])(
    'is answered with 304 if it names the list in an encoding that the client accepts: %s',
    async (path) => {
      const { etag: plain = '' } = (await ask(path)).headers;
      const gzip = plain.replace(/"$/, '.gzip"');
      const ours = (acceptEncoding: string | undefined, tags: string) => status(acceptEncoding, tags, path);
      // This tag names a form that this replica may not have made yet. Another one has.
      expect(await ours('gzip', gzip)).toBe(`304 ${gzip}`);
      expect((await compressed(path, 'gzip')).headers.etag).toBe(gzip);

      expect(await ours(undefined, plain)).toBe(`304 ${plain}`);
      expect(await ours(undefined, `W/${plain}`)).toBe(`304 ${plain}`);
      expect(await ours(undefined, `"other", ${plain}`)).toBe(`304 ${plain}`);
      expect(await ours(undefined, '*')).toBe(`304 ${plain}`);
      expect(await ours('gzip', gzip)).toBe(`304 ${gzip}`);
      expect(await ours('br, gzip', `W/${gzip}`)).toBe(`304 ${gzip}`);
      expect(await ours('gzip', '*')).toBe(`304 ${gzip}`);
      // The client has the list as it was before its compressed form existed.
      expect(await ours('gzip', plain)).toBe(`304 ${plain}`);
      expect(await ours('gzip', `${plain}, ${gzip}`)).toBe(`304 ${gzip}`);

      expect(await ours(undefined, gzip)).toBe(`200 ${plain}`);
      expect(await ours('zstd, gzip;q=0', gzip)).toMatch(/^200 /);
      expect(await ours('gzip, identity;q=0', plain)).toBe(`200 ${gzip}`);
      expect(await ours(undefined, '"other"')).toBe(`200 ${plain}`);
    },
  );

  it('gets the headers of the list, but no body and no headers of the body', async () => {
    const { headers } = await ask(LIST);
    const answer = await ask(LIST, { 'if-none-match': headers.etag ?? '' });
    const {
      date,
      age,
      'x-request-id': id,
      'content-type': type,
      'content-length': length,
      ...same
    } = headers;
    expect(answer).toMatchObject({ status: 304, headers: same, bytes: Buffer.alloc(0) });
    expect(answer.headers.age).toMatch(/^\d+$/);
    expect(Object.keys(answer.headers).sort()).toEqual(
      Object.keys(headers)
        .filter((name) => name !== 'content-type' && name !== 'content-length')
        .sort(),
    );
  });

  it('gets the namespaces that are missing too', async () => {
    demo.roles.set([
      { users: [SERVICE_USER.name], verbs: ['*'], resources: ['*'], namespaces: ['even', 'small'] },
    ]);
    const namespaces = ['even', 'small', 'odd'];
    const some = await (await TestService.start({ kubeconfig: demo.kubeconfig, namespaces })).synced();
    const answer = await compressed(LIST, 'br', some);
    expect(answer.headers['x-unavailable-namespaces']).toBe('odd');
    const { etag = '' } = answer.headers;
    const again = await ask(LIST, { 'accept-encoding': 'br', 'if-none-match': etag }, { from: some });
    expect(again).toMatchObject({ status: 304, headers: { 'x-unavailable-namespaces': 'odd' } });
    await some.stop();
  });

  it('is answered with 200 once the list has changed', async () => {
    const { etag = '' } = (await ask(LIST)).headers;
    demo.deployments.create({ namespace: 'odd', name: 'added' });
    await until(async () => (await ask(LIST, { 'if-none-match': etag })).status === 200);
    expect(String((await ask(LIST, { 'if-none-match': etag })).bytes)).toContain('odd/added');
  });

  it('costs the API server nothing, and holds for lists that it is asked for', async () => {
    const { etag = '' } = (await ask(LIST)).headers;
    demo.requests.clear();
    for (let i = 0; i < 5; i += 1) expect(await status('br', etag)).toBe(`304 ${etag}`);
    expect(demo.requests.count('list') + demo.requests.count('get') + demo.requests.count('review')).toBe(0);
    expect(await status(undefined, etag, `${LIST}?maxAge=0`)).toBe(`304 ${etag}`);
    expect(demo.requests.count('list')).toBeGreaterThan(0);
  });

  it.each(['abc', '"unclosed', '"a" "b"', '"a",,"b"', '*, "a"'])(
    'that is malformed is refused with 400, and the answer has no headers of the list: %s',
    async (header) => {
      for (const path of [LIST, '/clusters/deployments']) {
        const answer = await ask(path, { 'if-none-match': header });
        expect(answer.status).toBe(400);
        expect(JSON.parse(String(answer.bytes))).toMatchObject({
          code: 'INVALID_HEADER',
          message: 'If-None-Match is not a list of entity tags: send the ETag of an answer',
        });
        expect(answer.headers).not.toHaveProperty('etag');
        expect(answer.headers).not.toHaveProperty('age');
      }
    },
  );
});

describe('HEAD', () => {
  it('has the headers of GET and no body', async () => {
    await compressed('/deployments', 'zstd');
    for (const headers of [{}, { 'accept-encoding': 'zstd' }, { 'if-none-match': '*' }]) {
      const get = await ask('/deployments', headers);
      const { date, age, connection, 'x-request-id': id, ...same } = get.headers;
      expect(await head('/deployments', headers)).toMatchObject({
        status: get.status,
        headers: same,
        body: undefined,
      });
    }
  });
});

describe('answers without a body, between others on one connection', () => {
  it('come in order and leave no request under way', async () => {
    const { etag = '' } = (await compressed('/deployments', 'gzip')).headers;
    const { cert, key } = service.client;
    const connection = await RawConnection.open({
      port: service.port,
      ca: service.authority.cert,
      cert,
      key,
    });
    const accept = { 'accept-encoding': 'gzip' };
    const unchanged = requestFor('/deployments', { ...accept, 'if-none-match': etag });
    const count = requestFor('/replica-count?namespace=small&deployment=web', {});
    connection.send(unchanged + requestFor('/deployments', accept) + unchanged + count);
    await until(() => connection.answers.length === 4);
    expect(connection.answers.map(({ status }) => status)).toEqual([304, 200, 304, 200]);
    expect(connection.answers[3]?.body).toBe('{"replicaCount":1}');
    const underWay = () =>
      [...service.app.clientConnections.values()].reduce((sum, { running }) => sum + running.size, 0);
    await until(() => underWay() === 0);
    connection.close();
  });
});
