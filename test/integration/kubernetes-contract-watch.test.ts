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
    /**
     * A watch whose events are expected. A short one may end without them: a kube-apiserver that gets no CPU until the
     * timeout chooses at random between the end and an event that is due. Only what must not come is expected of those.
     */
    const open = (query: string, headers?: Record<string, string>) =>
      bench.kube.watch(`${bench.path}?watch=true&timeoutSeconds=60&${query}`, headers);
    const take = async (watch: AsyncGenerator<unknown, void>, count: number) => {
      const events: unknown[] = [];
      while (events.length < count) events.push((await watch.next()).value);
      return events;
    };
    /** Of a watch with bookmarks, after its beginning. A kube-apiserver may send one at any time, also between changes. */
    const takeChanges = async (watch: AsyncGenerator<unknown, void>, count: number) => {
      const events: unknown[] = [];
      while (events.length < count) {
        const [event] = await take(watch, 1);
        if (at(event, 'type') !== 'BOOKMARK') events.push(event);
      }
      return events;
    };

    it('send all changes since a version, in order', async () => {
      const since = await bench.currentVersion();
      await bench.create('a');
      await bench.create('b');
      const { body: scaled } = await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 5 } });
      await bench.kube.delete(`${bench.path}/b`);
      await using watch = open(`resourceVersion=${since}`);
      const events = await take(watch, 4);
      expect(summary(events)).toEqual([
        ['ADDED', 'a'],
        ['ADDED', 'b'],
        ['MODIFIED', 'a'],
        ['DELETED', 'b'],
      ]);
      expect(at(events, '2.object')).toMatchObject({
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        spec: { replicas: 5 },
      });
      expect(at(events, '2.object.metadata.resourceVersion')).toBe(at(scaled, 'metadata.resourceVersion'));
      // A deletion has its own version.
      const versions = [0, 1, 2, 3].map((i) => Number(at(events, `${i}.object.metadata.resourceVersion`)));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(4);
      // Nothing came in between.
      await bench.create('c');
      expect(summary(await take(watch, 1))).toEqual([['ADDED', 'c']]);
    });

    it('send changes that happen while they are open', async () => {
      await bench.create('a');
      const since = await bench.currentVersion();
      await using watch = open(`resourceVersion=${since}`);
      const modified = take(watch, 1);
      await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 7 } });
      expect(summary(await modified)).toEqual([['MODIFIED', 'a']]);
      await bench.kube.delete(`${bench.path}/a`);
      expect(summary(await take(watch, 1))).toEqual([['DELETED', 'a']]);
    });

    it.each(['', '&resourceVersion=0'])(
      'begin with the existing objects and then a bookmark: "%s"',
      async (version) => {
        await bench.create('a');
        await bench.create('b');
        await bench.currentVersion();
        await using watch = open(`allowWatchBookmarks=true${version}`);
        const events = await take(watch, 3);
        expect(summary(events)).toEqual([
          ['ADDED', 'a'],
          ['ADDED', 'b'],
          ['BOOKMARK', undefined],
        ]);
        expect(events[2]).toEqual(bookmark({ 'k8s.io/initial-events-end': 'true' }));
        // After that nothing comes but changes.
        await bench.create('c');
        expect(summary(await takeChanges(watch, 1))).toEqual([['ADDED', 'c']]);
      },
    );

    describe('with initial events', () => {
      const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=3';
      const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
      const openAll = (headers?: Record<string, string>, version = '') =>
        open(`allowWatchBookmarks=true&${initial}${version}`, headers);
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
          await using watch = openAll({}, version);
          expect(summary(await take(watch, 2)).toSorted()).toEqual([
            ['ADDED', 'a'],
            ['ADDED', 'b'],
          ]);
          const [end] = await take(watch, 1);
          expect(end).toEqual(ended);
          expect(Number(at(end, 'object.metadata.resourceVersion'))).toBeGreaterThanOrEqual(created);
          await bench.kube.patch(`${bench.path}/a/scale`, { spec: { replicas: 7 } });
          await bench.kube.delete(`${bench.path}/b`);
          expect(summary(await takeChanges(watch, 2))).toEqual([
            ['MODIFIED', 'a'],
            ['DELETED', 'b'],
          ]);
        },
      );

      it('send the final bookmark of an empty state at once', async () => {
        await using watch = openAll();
        expect(await take(watch, 1)).toEqual([ended]);
      });

      it('are compressed for a client that accepts gzip', async () => {
        await bench.create('a');
        const gzip = { 'accept-encoding': 'gzip' };
        const { headers } = await bench.kube.get(`${bench.path}?${query}&${initial}`, gzip);
        expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
        await using watch = openAll(gzip);
        expect(summary(await take(watch, 2))).toEqual([
          ['ADDED', 'a'],
          ['BOOKMARK', undefined],
        ]);
        const since = await bench.currentVersion();
        const from = `watch=true&timeoutSeconds=1&resourceVersion=${since}`;
        const plain = await bench.kube.get(`${bench.path}?${from}`, gzip);
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
        // The ERROR comes after 3 s, and ends the watch.
        const unhurried = `watch=true&allowWatchBookmarks=true&timeoutSeconds=60&${initial}`;
        const { status, body } = await bench.kube.get(`${bench.path}?${unhurried}&resourceVersion=999999999`);
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
      const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=4';
      let events: unknown[] = [];
      let version: unknown;
      // Bookmarks are best effort: a busy kube-apiserver may send none, and no event either if it is late.
      for (let tries = 0; at(events.at(-1), 'type') !== 'BOOKMARK' && tries < 5; tries += 1) {
        const since = await bench.currentVersion();
        await bench.create(`a-${tries}`);
        events = [];
        for await (const event of bench.kube.watch(`${bench.path}?${query}&resourceVersion=${since}`)) {
          events.push(event);
          // A kube-apiserver sends only bookmarks of a version that is newer than the start of the watch.
          if (events.length === 1) version = at(await bench.create(`b-${tries}`), 'metadata.resourceVersion');
        }
      }
      expect(summary(events.slice(0, 2))).toEqual([
        ['ADDED', expect.stringMatching(/^a-\d$/)],
        ['ADDED', expect.stringMatching(/^b-\d$/)],
      ]);
      const bookmarks = events.slice(2);
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
      await using watch = open(`resourceVersion=${since}&fieldSelector=metadata.name%3Db`);
      expect(summary(await take(watch, 1))).toEqual([['ADDED', 'b']]);
      await bench.create('c');
      await bench.kube.delete(`${bench.path}/b`);
      expect(summary(await take(watch, 1))).toEqual([['DELETED', 'b']]);
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
