import { describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { REAL_DEADLINES, TestService } from '../../support/service.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** A caller with rights in two of many namespaces. The reviews take longer than a list may take. */
const NAMESPACES = 400;
const REVIEW_MS = 200;
let demo: FakeApiServer;
let service: TestService;

async function start(): Promise<void> {
  const deployments = Array.from({ length: NAMESPACES }, (_, index) => ({
    namespace: `ns-${index}`,
    name: 'web',
  }));
  demo = await FakeApiServer.start({ deployments, rolloutDelayMs: Number.POSITIVE_INFINITY });
  const rights = { users: ['client'], verbs: ['*'], resources: ['*'] };
  demo.roles.allow({ ...rights, namespaces: ['ns-3', 'ns-123'] });
  demo.faults.add({ on: 'review', fault: { type: 'call', action: () => {} }, delayMs: REVIEW_MS });
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    authorization: 'SubjectAccessReview',
    timing: REAL_DEADLINES,
  });
  await service.synced();
}

/** Runs the scene again if it fails after a pause of this process, which uses up the two seconds of its reviews. */
function scene(play: () => Promise<void>): Promise<void> {
  return undisturbed(500, async () => {
    await start();
    try {
      await play();
    } finally {
      await service.stop();
      await demo.stop();
    }
  });
}

describe('a list over 400 namespaces', { timeout: 300_000 }, () => {
  it('is answered after as many requests as Retry-After suggests, and each namespace is asked for once', () =>
    scene(async () => {
      let answer = await service.get('/deployments');
      let refused = 0;
      while (answer.status === 503) {
        expect(answer.body).toMatchObject({
          code: 'ACCESS_UNDECIDED',
          message: expect.stringMatching(/ \(\d\d % are decided\)/),
        });
        refused += 1;
        const again = performance.now() + Number(answer.headers['retry-after']) * 1000;
        await until(() => performance.now() >= again);
        answer = await service.get('/deployments');
      }
      expect(answer).toMatchObject({
        status: 200,
        body: { deployments: ['ns-123/web', 'ns-3/web'] },
      });
      expect(refused).toBeLessThan(5);
      // Besides those of the namespaces one of all together, and one of the service itself when it starts.
      expect(demo.requests.count('review')).toBe(NAMESPACES + 2);
    }));

  it('ends with 503 if the cluster is removed during its reviews, and leaves no connection behind', () =>
    scene(async () => {
      const answer = service.get('/deployments');
      await until(() => demo.requests.count('review') > 50);
      await service.cluster.stop();
      expect(await answer).toMatchObject({ status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } });
      await until(() => demo.openConnections === 0);
      expect(demo.requests.count('review')).toBeLessThan(NAMESPACES);
    }));
});
