import { describe, expect, it } from 'vitest';
import { onEachServer } from '../support/integration/contract.ts';
import { failure } from '../support/integration/contract-bodies.ts';
import { arrayAt, at } from '../support/kube-requests.ts';

onEachServer('the contract of watches', (bench) => {
  describe('watches', () => {
    const bookmark = (annotations?: Record<string, string>) => ({
      type: 'BOOKMARK',
      object: {
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: {
          resourceVersion: expect.stringMatching(/^\d+$/),
          ...(annotations === undefined ? {} : { annotations }),
        },
        spec: {
          replicas: 0,
          selector: null,
          template: { metadata: {}, spec: { containers: null } },
          strategy: {},
        },
        status: {},
      },
    });
    const summary = (events: unknown) =>
      arrayAt({ events }, 'events').map((event) => [at(event, 'type'), at(event, 'object.metadata.name')]);

    it('send all changes since a version, in order', async () => {
      const since = await bench.currentVersion();
      await bench.create('a');
      await bench.create('b');
      const { body: scaled } = await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 5 } });
      await bench.kube.delete(`${bench.path}/b`);
      const { status, body } = await bench.kube.get(
        `${bench.path}?watch=true&resourceVersion=${since}&timeoutSeconds=1`,
      );
      expect(status).toBe(200);
      expect(summary(body)).toEqual([
        ['ADDED', 'a'],
        ['ADDED', 'b'],
        ['MODIFIED', 'a'],
        ['DELETED', 'b'],
      ]);
      expect(at(body, '2.object')).toMatchObject({
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        spec: { replicas: 5 },
      });
      expect(at(body, '2.object.metadata.resourceVersion')).toBe(at(scaled, 'metadata.resourceVersion'));
      // A deletion has its own version.
      const versions = [0, 1, 2, 3].map((i) => Number(at(body, `${i}.object.metadata.resourceVersion`)));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(4);
    });

    it('send changes that happen while they are open', async () => {
      await bench.create('a');
      const since = await bench.currentVersion();
      const watch = bench.kube.get(`${bench.path}?watch=true&resourceVersion=${since}&timeoutSeconds=2`);
      await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 7 } });
      expect(summary((await watch).body)).toEqual([['MODIFIED', 'a']]);
    });

    it.each(['', '&resourceVersion=0'])(
      'begin with the existing objects and then a bookmark: "%s"',
      async (version) => {
        await bench.create('a');
        await bench.create('b');
        await bench.currentVersion();
        const { body } = await bench.kube.get(
          `${bench.path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1${version}`,
        );
        const events = summary(body);
        expect(events.slice(0, 3)).toEqual([
          ['ADDED', 'a'],
          ['ADDED', 'b'],
          ['BOOKMARK', undefined],
        ]);
        // A kube-apiserver may send a second bookmark if other tests write to it.
        expect(events.slice(3).filter(([type]) => type !== 'BOOKMARK')).toEqual([]);
        expect(at(body, '2')).toEqual(bookmark({ 'k8s.io/initial-events-end': 'true' }));
      },
    );

    describe('with initial events', () => {
      const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=3';
      const all = `${query}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
      const ended = bookmark({ 'k8s.io/initial-events-end': 'true' });
      const invalid = (field: string, why: string) =>
        failure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`, {
          group: 'meta.k8s.io',
          kind: 'ListOptions',
          causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }],
        });

      it.each(['', '&resourceVersion=0', '&resourceVersion=1'])(
        'begin with the whole state and the bookmark that ends it, and continue with later events: "%s"',
        async (version) => {
          await bench.create('a');
          const created = Number(at(await bench.create('b'), 'metadata.resourceVersion'));
          await bench.currentVersion();
          // A server sends a bookmark shortly before the timeout, which may come between the changes.
          const unhurried = all.replace('timeoutSeconds=3', 'timeoutSeconds=60');
          await using events = bench.kube.watch(`${bench.path}?${unhurried}${version}`);
          const next = async () => (await events.next()).value;
          expect(summary([await next(), await next()]).toSorted()).toEqual([
            ['ADDED', 'a'],
            ['ADDED', 'b'],
          ]);
          const end = await next();
          expect(end).toEqual(ended);
          expect(Number(at(end, 'object.metadata.resourceVersion'))).toBeGreaterThanOrEqual(created);
          await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 7 } });
          await bench.kube.delete(`${bench.path}/b`);
          expect(summary([await next(), await next()])).toEqual([
            ['MODIFIED', 'a'],
            ['DELETED', 'b'],
          ]);
        },
      );

      it('send the final bookmark of an empty state at once', async () => {
        await using events = bench.kube.watch(`${bench.path}?${all}`);
        expect((await events.next()).value).toEqual(ended);
      });

      it('are compressed for a client that accepts gzip', async () => {
        await bench.create('a');
        const { headers, body } = await bench.kube.get(`${bench.path}?${all}`, { 'accept-encoding': 'gzip' });
        expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
        expect(summary(body).slice(0, 2)).toEqual([
          ['ADDED', 'a'],
          ['BOOKMARK', undefined],
        ]);
        const since = await bench.currentVersion();
        const from = `watch=true&timeoutSeconds=1&resourceVersion=${since}`;
        const plain = await bench.kube.get(`${bench.path}?${from}`, { 'accept-encoding': 'gzip' });
        expect(plain.headers).not.toHaveProperty('content-encoding');
      });

      it('begin without a state if sendInitialEvents is false', async () => {
        await bench.create('a');
        await bench.currentVersion();
        const unwanted =
          'watch=true&timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan';
        expect(await bench.kube.get(`${bench.path}?${unwanted}`)).toMatchObject({ status: 200, body: [] });
      });

      it('end with an ERROR if their version is in the future', async () => {
        const { status, body } = await bench.kube.get(`${bench.path}?${all}&resourceVersion=999999999`);
        expect(status).toBe(200);
        expect(body).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 504 } }]);
        expect(at(body, '0.object.message')).toMatch(/Too large resource version: 999999999, current: \d+$/);
      });

      it.each([
        [
          'without resourceVersionMatch',
          `${query}&sendInitialEvents=true`,
          invalid(
            'resourceVersionMatch',
            'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
          ),
        ],
        [
          'without sendInitialEvents',
          `${query}&resourceVersionMatch=NotOlderThan`,
          invalid(
            'resourceVersionMatch',
            'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
          ),
        ],
        [
          'for a list',
          'sendInitialEvents=true',
          invalid('sendInitialEvents', 'sendInitialEvents is forbidden for list'),
        ],
      ])('are refused with 422 %s', async (_, parameters, refusal) => {
        expect(await bench.kube.get(`${bench.path}?${parameters}`)).toMatchObject({
          status: 422,
          body: refusal,
        });
      });
    });

    it('end cleanly after timeoutSeconds, with a bookmark of the newest version shortly before', async () => {
      const since = await bench.currentVersion();
      const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${since}&timeoutSeconds=4`;
      const version = at(await bench.create('a'), 'metadata.resourceVersion');
      // Bookmarks are best effort: a busy kube-apiserver may send none.
      let events: readonly unknown[] = [];
      for (let tries = 0; events.length < 2 && tries < 5; tries += 1) {
        const { status, body } = await bench.kube.get(`${bench.path}?${query}`);
        expect(status).toBe(200);
        events = arrayAt({ body }, 'body');
        expect(summary(events.slice(0, 1))).toEqual([['ADDED', 'a']]);
      }
      const bookmarks = events.slice(1);
      expect(bookmarks.length).toBeGreaterThan(0);
      for (const each of bookmarks) expect(each).toEqual(bookmark());
      expect(Number(at(bookmarks.at(-1), 'object.metadata.resourceVersion'))).toBeGreaterThanOrEqual(
        Number(version),
      );
    });

    it('send no bookmark unless it was requested, and none if the watch ends soon after its start', async () => {
      const since = await bench.currentVersion();
      const both = [`watch=1&timeoutSeconds=3`, `watch=1&timeoutSeconds=1&allowWatchBookmarks=true`];
      const answers = await Promise.all(
        both.map((query) => bench.kube.get(`${bench.path}?${query}&resourceVersion=${since}`)),
      );
      expect(answers.map(({ body }) => body)).toEqual([[], []]);
    });

    it('stay silent, without bookmarks, if their version is in the future', async () => {
      await bench.create('a');
      const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion=999999999';
      expect(await bench.kube.get(`${bench.path}?${query}`)).toMatchObject({ status: 200, body: [] });
    });

    it('select by name with a field selector', async () => {
      const since = await bench.currentVersion();
      await bench.create('a');
      await bench.create('b');
      const query = `watch=true&timeoutSeconds=1&resourceVersion=${since}&fieldSelector=metadata.name%3Db`;
      expect(summary((await bench.kube.get(`${bench.path}?${query}`)).body)).toEqual([['ADDED', 'b']]);
    });

    it('refuse what they cannot parse', async () => {
      expect((await bench.kube.get(`${bench.path}?watch=true&timeoutSeconds=x`)).status).toBe(400);
      const { status, body } = await bench.kube.get(`${bench.path}?watch=true&resourceVersion=x`);
      expect(status).toBe(500);
      expect(body).toEqual(
        failure(500, undefined, expect.stringContaining('resourceVersion: Invalid value: "x"')),
      );
    });
  });
});
