import { vi } from 'vitest';
import { Excuses } from './excuses.ts';
import { backTo, heapInUse, openResources } from './leaks.ts';
import { Random } from './random.ts';
import { Reader } from './reader.ts';
import { Scene } from './scene.ts';
import { ServerHistory } from './server-history.ts';
import { Walk, type WalkSizes } from './walk.ts';

export interface ChaosOptions extends WalkSizes {
  /** One walk per seed, all at the same time: most of a walk is waiting. */
  readonly seeds: readonly number[];
}

/** The results of the walks. */
export interface ChaosReport {
  /** For people. */
  readonly summary: string;
  /** The names of the kinds of faults that struck in any of the walks. */
  readonly struck: ReadonlySet<string>;
  /** In bytes, without garbage, from before the start to after the stop of everything. */
  readonly heapGrowth: number;
  /** Of one walk. */
  readonly mostSockets: number;
  /** Of the process. */
  readonly mostTimers: number;
}

/** A small part of the full jitter, so that a walk of 500 faults does not take an hour. The rules of the delays stay. */
const JITTER = 0.1;
const PROGRESS_MS = 10_000;

/** Makes random walks. Throws, with the seed, if a cache is wrong, an answer is untrue or something is left behind. */
export async function chaos({ seeds, faults, changes }: ChaosOptions): Promise<ChaosReport> {
  const resources = openResources();
  const heap = await heapInUse();
  const failures: unknown[] = [];
  const onFailure = (reason: unknown) => failures.push(reason);
  process.on('unhandledRejection', onFailure);
  const jitter = new Random(seeds[0] ?? 0);
  vi.spyOn(Math, 'random').mockImplementation(() => JITTER * jitter.next());
  try {
    const ends = await Promise.allSettled(seeds.map((seed) => walkOf(seed, { faults, changes }, failures)));
    const wrong = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    if (wrong.length > 0) throw new AggregateError(wrong, wrong.map(messageOf).join('\n\n'));
    await backTo(resources);
    const walks = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    return {
      summary: walks.map(({ summary }) => summary).join('\n'),
      struck: new Set(walks.flatMap(({ struck }) => [...struck.keys()])),
      mostSockets: Math.max(...walks.map(({ mostSockets }) => mostSockets)),
      mostTimers: Math.max(...walks.map(({ mostTimers }) => mostTimers)),
      heapGrowth: (await heapInUse()) - heap,
    };
  } finally {
    process.off('unhandledRejection', onFailure);
    vi.restoreAllMocks();
  }
}

async function walkOf(seed: number, sizes: WalkSizes, failures: readonly unknown[]) {
  const replay = `SEED=${seed} CHAOS_FAULTS=${sizes.faults} CHAOS_CHANGES=${sizes.changes} make chaos`;
  say(`seed ${seed}: ${sizes.faults} faults, ${sizes.changes} changes; again: ${replay}`);
  const random = new Random(seed);
  const readings = random.fork();
  const scene = await Scene.start();
  const { demo, subjects, service, writeToken } = scene;
  const excuses = new Excuses();
  const history = new ServerHistory(demo.deployments);
  const check = () => {
    const wrong = [...reader.untruths, ...walk.writes.untruths, ...failures];
    if (wrong.length > 0) throw new Error(wrong.map(messageOf).join('\n'));
  };
  const walk = new Walk({ demo, subjects, history, excuses, seed, random, writeToken, check, ...sizes });
  const reader = new Reader({
    subjects,
    service,
    history,
    excuses,
    random: readings,
    where: () => walk.story,
  });
  const summary = () => `seed ${seed}: ${walk}, ${reader}`;
  const progress = setInterval(() => say(summary()), PROGRESS_MS);
  try {
    reader.start();
    await walk.run();
    await reader.stop();
    check();
    await scene.stopCaches();
    check();
    say(summary());
    return {
      summary: summary(),
      struck: walk.struck,
      mostSockets: walk.mostSockets,
      mostTimers: walk.mostTimers,
    };
  } catch (error) {
    throw new Error(`seed ${seed}; again: ${replay}; ${messageOf(error)}; before: ${walk.story}`, {
      cause: error,
    });
  } finally {
    clearInterval(progress);
    await Promise.allSettled([reader.stop()]);
    // If something left open was the only fault, it has been reported above.
    await scene.stop().catch(() => {});
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  process.stderr.write(`chaos: ${line}\n`);
}
