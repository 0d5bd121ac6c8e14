import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seed } from '../../support/seed.ts';
import { Random } from '../chaos/random.ts';
import { Duties } from './duties.ts';
import { DISCONNECTED } from './expected.ts';
import { FAULTS } from './faults.ts';
import { Follower } from './follower.ts';
import { type ProcessFigures, processFigures, wasStarved } from './process-figures.ts';
import { checkEverything, type QuietFigures, quietFigures } from './quiet-point.ts';
import { faultsIn, writeReport } from './report.ts';
import { Soak } from './soak.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 20);
const MINUTE_MS = 60_000;
/**
 * Memory is judged after this time: code is compiled, all bounded stores are full, and the allocator has its share. In
 * tries the resident memory rose by 13, 5 and 2 MiB in the first, second and third four minutes.
 */
const WARM_MINUTES = Math.max(10, MINUTES / 3);
/** Clients that work at the same time, and their pause after each piece of work. */
const WORKERS = 8;
const MAX_PAUSE_MS = 80;
const FIGURES_EVERY_MS = 5_000;
const MACHINE_EVERY_MS = 500;
/** The quiet time before each fault. */
const [MIN_QUIET_MS, MAX_QUIET_MS] = [6_000, 15_000];
const FAULTS_PER_QUIET_POINT = 3;

it(
  `serves ${MINUTES} minutes of work and faults without an unexpected answer or a leak`,
  async () => {
    const number = seed();
    const random = new Random(number);
    const soak = await Soak.start(random);
    try {
      const run = new Run(soak);
      await run.whole();
      const result = {
        date: new Date().toISOString().slice(0, 10),
        seed: number,
        minutes: MINUTES,
        versions: {
          node: process.versions.node,
          kubernetes: soak.cluster.apiserver.version,
          cores: availableParallelism(),
        },
        kinds: soak.tallies.kinds,
        codes: soak.tallies.codes,
        recoveries: soak.recoveries,
        figures: run.figures,
        quietPoints: run.quietPoints,
        warmAt: Math.min(WARM_MINUTES, MINUTES / 2),
        foreignChanges: soak.cluster.changes,
        streams: run.streams,
        checks: soak.checks,
        busySeconds: soak.busyMs(soak.startedAt) / 1000,
      };
      const problems = [...soak.problems, ...faultsIn(result), ...faultsInLog(soak)];
      process.stderr.write(`\n${writeReport({ ...result, problems })}\n`);
      expect(problems).toEqual([]);
    } finally {
      await soak.stop();
    }
  },
  (MINUTES + 15) * MINUTE_MS,
);

/** Fatal lines, and what is not a log line, such as a stack. */
function faultsInLog({ service }: Soak): string[] {
  const bad = service.log.errors.filter((line) => !line.startsWith('{"level":"error",'));
  return service.end === undefined ? bad : [`the service ended: ${service.end}`, ...bad];
}

/** The course of a soak. */
class Run {
  readonly figures: ProcessFigures[] = [];
  readonly quietPoints: QuietFigures[] = [];
  readonly #soak: Soak;
  readonly #duties: Duties;
  readonly #followers: readonly Follower[];
  readonly #endsAt: number;
  #workers: Promise<void>[] = [];
  #resting = true;
  #ended = false;

  constructor(soak: Soak) {
    this.#soak = soak;
    this.#duties = new Duties(soak);
    this.#followers = [
      new Follower(soak, 'operator', ''),
      new Follower(soak, 'viewer', '?namespace=soak-0'),
      new Follower(soak, 'tenant', '?namespace=soak-1'),
      new Follower(soak, 'operator', '?labelSelector=app%3Dforeign'),
    ];
    this.#endsAt = soak.startedAt + MINUTES * MINUTE_MS;
  }

  get streams(): number {
    return this.#followers.reduce((sum, { opened }) => sum + opened, 0);
  }

  async whole(): Promise<void> {
    await this.#soak.cluster.warm();
    await this.#duties.warm();
    const figures = this.#measure();
    const machine = this.#watchMachine();
    const endLoop = this.#soak.watchLoop();
    try {
      this.#goOn();
      while (performance.now() < this.#endsAt && this.#soak.service.end === undefined) await this.#round();
      await this.#rest();
    } finally {
      clearInterval(figures);
      this.#ended = true;
      await machine;
      endLoop();
      this.#soak.judge(Number.POSITIVE_INFINITY);
    }
  }

  async #watchMachine(): Promise<void> {
    while (!this.#ended) {
      await this.#soak.watchMachine();
      await sleep(MACHINE_EVERY_MS);
    }
  }

  /** Every kind of fault once, in a random order, and a quiet point after each third of them. */
  async #round(): Promise<void> {
    const { random } = this.#soak;
    for (const [index, make] of random.shuffled(Object.values(FAULTS)).entries()) {
      await sleep(random.between(MIN_QUIET_MS, MAX_QUIET_MS));
      if (index % FAULTS_PER_QUIET_POINT === 0) {
        await this.#rest();
        this.#goOn();
      }
      if (performance.now() > this.#endsAt || this.#soak.service.end !== undefined) return;
      await make(this.#soak);
      this.#tell();
    }
  }

  #goOn(): void {
    this.#resting = false;
    this.#soak.cluster.startChurn();
    for (const follower of this.#followers) follower.start();
    this.#workers = Array.from({ length: WORKERS }, () => this.#work());
  }

  /** Lets all work end, checks everything, closes all connections and measures. */
  async #rest(): Promise<void> {
    this.#resting = true;
    await Promise.all(this.#workers);
    await this.#soak.cluster.stopChurn();
    try {
      await checkEverything(this.#soak, this.#followers);
    } catch (error) {
      this.#soak.problem(`could not check everything: ${error}`);
    }
    for (const follower of this.#followers) await follower.stop();
    await this.#soak.clients.closeConnections();
    if (this.#soak.service.end === undefined) this.quietPoints.push(await quietFigures(this.#soak));
  }

  async #work(): Promise<void> {
    while (!this.#resting) {
      await this.#duties.work().catch((error) => this.#soak.problem(`a client failed: ${error}`));
      await sleep(this.#soak.random.between(1, MAX_PAUSE_MS));
    }
  }

  #measure(): NodeJS.Timeout {
    let lookedAt = performance.now();
    let looking = false;
    return setInterval(async () => {
      if (looking) return;
      looking = true;
      const now = performance.now();
      try {
        const before = this.figures.at(-1);
        const figures = await processFigures(this.#soak.service, this.#soak.minute);
        if (before !== undefined && wasStarved(before, figures)) this.#soak.wasBusySince(lookedAt);
        this.figures.push(figures);
        lookedAt = now;
      } catch (error) {
        this.#soak.note('metrics', DISCONNECTED, now, performance.now(), false, () => `${error}`);
      }
      looking = false;
    }, FIGURES_EVERY_MS);
  }

  /** One line for people who watch. */
  #tell(): void {
    const { minute, recoveries, problems, checks } = this.#soak;
    const last = recoveries.at(-1);
    const memory = this.figures.at(-1)?.residentMib;
    process.stderr.write(
      `minute ${minute.toFixed(1)}: ${last?.phase}, recovered in ${last?.recovered.toFixed(1)} s; ${memory} MiB, ${checks} checks, ${problems.length} problems\n`,
    );
  }
}
