import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../support/kube-requests.ts';
import type { Follower } from './follower.ts';
import { descriptorsOf } from './process-figures.ts';
import type { Soak } from './soak.ts';

/** What the process holds when no client is connected and nothing is under way. */
export interface QuietFigures {
  readonly minute: number;
  readonly residentMib: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** Streams are at most this far behind. */
const CONVERGED_MS = 15_000;
/** Connections to the API server that nobody needs are closed by then. */
const STEADY_MS = 15_000;
const LOOK_MS = 250;

/**
 * Checks every count against the API server, in fresh answers, in those from memory and in the copies of the followers,
 * while nothing changes it. The clients must be at rest.
 */
export async function checkEverything(soak: Soak, followers: readonly Follower[]): Promise<void> {
  const { counted, parked, foreign } = soak.cluster;
  await soak.settle();
  for (const ledger of [...counted, ...parked, foreign]) {
    const { namespace, name } = ledger;
    const value = await soak.cluster.countOf(ledger);
    soak.check(
      ledger.value === value,
      () => `${name} is ${value}, and its writer knows ${ledger.value}; writes: ${ledger.story}`,
    );
    for (const query of ['&maxAge=0', '']) {
      const path = `/replica-count?namespace=${namespace}&deployment=${name}${query}`;
      const answer = await soak.ask('count at rest', 'operator', { method: 'GET', path });
      const read = at(answer?.body, 'replicaCount');
      soak.check(read === value, () => `${name} is ${value} and ${path} says ${read}`);
    }
    for (const follower of followers) {
      if (follower.countOf(namespace, name) === undefined) continue; // not in what it follows
      const agrees = async () => follower.countOf(namespace, name) === value;
      await soak
        .within(CONVERGED_MS, `the copy of a stream has ${name} at ${value}`, agrees)
        .catch((error) => {
          soak.problem(`${error}; it has ${follower.countOf(namespace, name)}`);
        });
    }
  }
}

/** Measures the process once its number of descriptors does not fall any more. No client may be connected. */
export async function quietFigures(soak: Soak): Promise<QuietFigures> {
  const { pid } = soak.service;
  let least = descriptorsOf(pid);
  for (const startedAt = performance.now(); performance.now() - startedAt < STEADY_MS; await sleep(LOOK_MS)) {
    const now = descriptorsOf(pid);
    if (now.descriptors < least.descriptors) least = now;
  }
  return { minute: soak.minute, residentMib: soak.service.residentMib ?? Number.NaN, ...least };
}
