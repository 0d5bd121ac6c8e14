import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withinTurns } from './turns.ts';

// A test cannot choose the flags of its process, but V8 accepts this one at any time.
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The kinds of resources that keep a process alive and that a cluster uses. */
const KINDS = ['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'TCPConnectWrap', 'Timeout', 'Immediate'];
/** How many turns of the event loop sockets and timers may need to end. */
const TURNS_TO_END = 60;

/** Bytes of the heap in use, without garbage. */
export async function heapInUse(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    collectGarbage();
    await sleep(10); // finalizers have their turn
  }
  return process.memoryUsage().heapUsed;
}

/** Sockets and timers that are open now, by kind. */
export function openResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Resolves once no more sockets and timers are open than before. @throws with those that are left */
export async function backTo(before: Readonly<Record<string, number>>): Promise<void> {
  const left = () =>
    Object.entries(openResources()).filter(([kind, count]) => count > (before[kind] ?? 0) + ownTimer(kind));
  if (await withinTurns(TURNS_TO_END, () => left().length === 0)) return;
  throw new Error(`left open: ${JSON.stringify(left())}, at the start: ${JSON.stringify(before)}`);
}

/** The timer of `withinTurns` itself has just fired when it checks, so it does not count. */
function ownTimer(kind: string): number {
  return kind === 'Timeout' ? 1 : 0;
}
