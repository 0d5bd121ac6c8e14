import { setTimeout as wait } from 'node:timers/promises';
import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { ActionKind } from './fault-kind.ts';

/** Faults of the server as a whole. */
export const ACTIONS: readonly ActionKind[] = [
  action('refuses connections', (random, { demo }) => {
    const ms = random.between(50, 600);
    return async () => {
      await demo.refuseConnections();
      await wait(ms);
      await demo.acceptConnections();
    };
  }),
  action(
    'resets connections',
    (_, { demo }) =>
      async () =>
        demo.dropConnections('reset'),
  ),
  action(
    'closes connections',
    (_, { demo }) =>
      async () =>
        demo.dropConnections('close'),
  ),
  action('black hole', (random, { demo }) => {
    const ms = random.between(100, 600);
    return () => freeze(demo, ms);
  }),
  // Longer than the silence after which the reflectors of a walk end a watch.
  action(
    'long black hole',
    (_, { demo }) =>
      () =>
        freeze(demo, 3_000),
  ),
  action(
    'restart',
    (_, { demo }) =>
      () =>
        demo.restart(),
  ),
  action('compaction', (_, { demo }) => async () => {
    demo.compact();
    demo.dropConnections('reset');
  }),
  action('token rotation', (random, { demo, writeToken }) => {
    const ms = random.between(0, 300);
    return async () => {
      demo.rotateToken();
      demo.dropConnections('close');
      await wait(ms); // the file comes late, as the kubelet's do
      await writeToken();
    };
  }),
  action('same names, new uids', (random, site) => {
    const own = random.fork();
    return async () => {
      site.demo.dropConnections('reset');
      site.recreateSome(own);
    };
  }),
];

function action(name: string, act: ActionKind['act']): ActionKind {
  return { name, act };
}

async function freeze(demo: FakeApiServer, ms: number): Promise<void> {
  demo.freeze();
  await wait(ms);
  demo.thaw();
}
