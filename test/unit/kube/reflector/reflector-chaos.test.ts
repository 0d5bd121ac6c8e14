import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { InformerHandler } from '../../../../src/kube/reflector/informer.ts';
import type { ReflectorTiming } from '../../../../src/kube/reflector/reflector.ts';
import { type Mirror, withMirror } from '../../../support/kube/mirror.ts';
import { FAULTS, ModelServer, type Turn } from '../../../support/kube/model-server.ts';
import type { Widget } from '../../../support/kube/objects.ts';
import { holds } from '../../../support/kube/property.ts';

const anyTurn: fc.Arbitrary<Turn> = fc.record({
  changes: fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), size: fc.nat(2) }), {
    maxLength: 4,
  }),
  fault: fc.constantFrom(...FAULTS),
});

/** The timing of production, except that a list tries initial events again soon after they failed. */
const TIMING: ReflectorTiming = {
  pageSilenceMs: 15_000,
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  pagesMs: 2_000,
  silenceMs: { least: 90_000, most: 120_000 },
  optionalRetryMs: { least: 45_000, most: 75_000 },
  refusalMs: 10_000,
};

/** Keeps the state that the notifications amount to, and records those that contradict it. */
function follow(mirror: Mirror) {
  const known = new Map<string, Widget>();
  const misfits: string[] = [];
  const handler: InformerHandler<Widget> = {
    added: (item) => {
      if (known.has(item.name)) misfits.push(`added ${item.name} twice`);
      known.set(item.name, item);
    },
    updated: (item, previous) => {
      if (known.get(item.name)?.resourceVersion !== previous.resourceVersion)
        misfits.push(`updated ${item.name} from a state that it did not have`);
      if (previous.uid !== item.uid) misfits.push(`updated ${item.name} to another widget`);
      known.set(item.name, item);
    },
    deleted: (item) => {
      if (!known.delete(item.name)) misfits.push(`deleted ${item.name}, which was not there`);
    },
  };
  mirror.informer.addHandler(handler);
  return { known, misfits };
}

describe('the mirror of a faulty API server', () => {
  it('ends up with the state of the API server after any faults, and never floods it with requests', async () => {
    await holds(
      fc.asyncProperty(fc.array(anyTurn, { maxLength: 40 }), async (turns) => {
        await withMirror(
          async (mirror) => {
            const server = new ModelServer(turns);
            const { known, misfits } = follow(mirror);
            mirror.api.respond = server.respond;
            mirror.api.servesInitialEvents = true;
            mirror.informer.start();
            await vi.advanceTimersByTimeAsync(120_000);
            expect(mirror.content).toEqual(server.content);
            expect([...known.values()].sort(byName)).toEqual([...mirror.store.values()].sort(byName));
            expect(misfits).toEqual([]);
            // The bound: one request per second, the requests that the turns cause at once, and the pages of lists.
            expect(mirror.api.requests.length).toBeLessThan(130 + 5 * turns.length);
          },
          { timing: TIMING },
        )();
      }),
    );
  });
});

function byName(a: Widget, b: Widget): number {
  return a.name < b.name ? -1 : 1;
}
