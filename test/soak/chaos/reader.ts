import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Reading } from '../../../src/cluster/cache/reading.ts';
import { DeploymentError, FreshnessError } from '../../../src/cluster/cluster-errors.ts';
import type { Deployment } from '../../../src/cluster/deployment.ts';
import type { TestService } from '../../support/service.ts';
import type { Excuses } from './excuses.ts';
import { LoopLag } from './loop-lag.ts';
import { differingNames } from './quiet-point.ts';
import type { Random } from './random.ts';
import { digest, type ServerHistory } from './server-history.ts';
import { type Subject, watches } from './subject.ts';
import type { Timeline } from './timeline.ts';

/**
 * How long an event is on its way. Server and cache share one process here: an event takes a few turns of its event loop,
 * and each turn may take about 50 ms because of a list, or longer on a busy machine.
 */
const ON_THE_WIRE = { leastMs: 150, turns: 3 };
const READS_AT_ONCE = 3;
const MAX_REPORTED = 5;
const READER = { user: 'reader', groups: [] };

/** An answer with the age that it states. */
interface Answered<T> {
  /** For the message. */
  readonly what: () => string;
  readonly timeline: Timeline<T>;
  readonly matches: (held: T) => boolean;
  /** The `Age` of the answer. */
  readonly ageSeconds: number;
  /** The moments between which the answer was given. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface ReaderOptions {
  readonly subjects: readonly Subject[];
  readonly service: TestService;
  readonly history: ServerHistory;
  readonly excuses: Excuses;
  readonly random: Random;
  /** What has just happened, for messages. */
  readonly where: () => string;
}

/**
 * Reads without pause and judges every answer: the server must have held it at some moment within the stated age, which
 * is `Age` in seconds, rounded up.
 */
export class Reader {
  reads = 0;
  /** By how much the worst answer was older than its stated age; negative: all were younger. */
  worstMs = Number.NEGATIVE_INFINITY;
  /** The first few answers that were not true. */
  readonly untruths: string[] = [];
  readonly #options: ReaderOptions;
  readonly #random: Random;
  readonly #lag = new LoopLag();
  #reading: Promise<unknown> | undefined;
  #stopped = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  toString(): string {
    return `${this.reads} reads, the worst ${Math.round(this.worstMs)} ms older than its Age`;
  }

  start(): void {
    this.#reading ??= Promise.all([this.#readCache(), this.#readBeyondCache()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#lag.stop();
    await this.#reading;
  }

  /** Reads from memory, mostly in every turn of the event loop, so that it sees every intermediate state. */
  async #readCache(): Promise<void> {
    while (!this.#stopped) {
      for (let left = READS_AT_ONCE; left > 0; left -= 1) {
        const subject = this.#random.pick(this.#options.subjects);
        const [namespace, name] = this.#anyKey();
        if (!watches(subject, namespace)) continue;
        this.#readDeployment(subject, namespace, name);
        if (this.#random.chance(0.05)) this.#readList(subject, namespace);
        if (this.#random.chance(0.01) && subject.namespaces.length === 0) this.#readList(subject, undefined);
      }
      await (this.#random.chance(0.2) ? sleep(3) : nextTurn());
    }
  }

  /** Reads from the API server and through the whole service. */
  async #readBeyondCache(): Promise<void> {
    while (!this.#stopped) {
      const subject = this.#random.pick(this.#options.subjects);
      const [namespace, name] = this.#anyKey();
      const maxAgeSeconds = this.#random.between(0, 2);
      if (this.#random.chance(0.4)) await this.#readThroughService(namespace, name);
      else if (watches(subject, namespace)) await this.#readFresh(subject, namespace, name, maxAgeSeconds);
      await sleep(this.#random.between(5, 40));
    }
  }

  #onTheWireMs(): number {
    return Math.max(ON_THE_WIRE.leastMs, ON_THE_WIRE.turns * this.#lag.worstMs);
  }

  #anyKey(): [namespace: string, name: string] {
    const recent = this.#options.history.recentlyChanged;
    const [namespace = '', name = ''] = this.#random.pick(recent).split('/');
    return [namespace, name];
  }

  #readDeployment({ cluster, name: who }: Subject, namespace: string, name: string): void {
    const at = performance.now();
    let reading: Pick<Reading<unknown>, 'ageMs'>;
    let found: Deployment | undefined;
    try {
      const { value, ageMs } = cluster.deployment(namespace, name);
      found = value;
      reading = { ageMs };
    } catch (error) {
      if (!(error instanceof DeploymentError)) throw error;
      // An absence states no age. The list of its namespace does, at the same moment and from the same contact.
      reading = cluster.list(namespace);
    }
    const receivedAt = performance.now();
    this.#judgeDeployment(`${who}: ${namespace}/${name}`, namespace, name, found, reading, at, receivedAt);
  }

  #readList({ cluster, name: who }: Subject, namespace: string | undefined): void {
    const sentAt = performance.now();
    this.#judgeList(`${who}: list of ${namespace ?? 'all'}`, namespace, cluster.list(namespace), sentAt);
  }

  async #readFresh({ cluster, name: who }: Subject, namespace: string, name: string, maxAgeSeconds: number) {
    const sentAt = performance.now();
    const what = `${who}, maxAge=${maxAgeSeconds}:`;
    try {
      if (this.#random.chance(0.2)) {
        const reading = await cluster.as(READER).list(namespace, { maxAgeSeconds });
        this.#judgeList(`${what} list of ${namespace}`, namespace, reading, sentAt);
      } else {
        const reading = await cluster.freshDeployment('reader', namespace, name, { maxAgeSeconds });
        const receivedAt = performance.now();
        const label = `${what} ${namespace}/${name}`;
        this.#judgeDeployment(label, namespace, name, reading.value, reading, sentAt, receivedAt);
      }
    } catch (error) {
      // The Deployment does not exist, or the API server cannot be asked: neither answer states an age.
      if (!(error instanceof DeploymentError || error instanceof FreshnessError)) throw error;
    }
  }

  async #readThroughService(namespace: string, name: string): Promise<void> {
    const sentAt = performance.now();
    const { status, headers, body } = await this.#options.service.count(namespace, name);
    if (status === 404 || status === 503) return; // gone, or too much asked of this process: neither states an age
    const etag = String(headers.etag);
    this.#judge({
      what: () => `HTTP ${status}: ${namespace}/${name} ${etag} ${JSON.stringify(body)}`,
      timeline: this.#options.history.of(namespace, name),
      matches: (held) =>
        held !== undefined &&
        etag === `"${held.uid}.${held.generation}"` &&
        JSON.stringify(body) === JSON.stringify({ replicaCount: held.replicas }),
      ageSeconds: Number(headers.age),
      sentAt,
      receivedAt: performance.now(),
    });
  }

  #judgeDeployment(
    what: string,
    namespace: string,
    name: string,
    found: Deployment | undefined,
    { ageMs }: Pick<Reading<unknown>, 'ageMs'>,
    sentAt: number,
    receivedAt: number,
  ): void {
    const json = JSON.stringify(found);
    this.#judge({
      what: () => `${what} is ${json ?? 'absent'}`,
      timeline: this.#options.history.of(namespace, name),
      matches: (held) => held?.resourceVersion === found?.resourceVersion && JSON.stringify(held) === json,
      ageSeconds: Math.ceil(ageMs / 1000),
      sentAt,
      receivedAt,
    });
  }

  #judgeList(label: string, namespace: string | undefined, reading: Reading<Buffer>, sentAt: number): void {
    const receivedAt = performance.now();
    const ageSeconds = Math.ceil(reading.ageMs / 1000);
    if (this.#options.excuses.mayBeMixed(sentAt - ageSeconds * 1000, receivedAt)) return;
    const answer = digest(reading.value);
    const { history } = this.#options;
    const timeline = history.ofList(namespace);
    const what = () =>
      `${label}, with ${differingNames(reading.value.toString(), history.listNow(namespace))}`;
    this.#judge({ what, timeline, matches: (held) => held === answer, ageSeconds, sentAt, receivedAt });
  }

  #judge<T>({ what, timeline, matches, ageSeconds, sentAt, receivedAt }: Answered<T>): void {
    this.reads += 1;
    const earliest = sentAt - ageSeconds * 1000;
    const excused = this.#options.excuses.reachingBackTo(earliest, receivedAt);
    const held = timeline.lastHeld(matches, receivedAt);
    const late = held === undefined ? Number.POSITIVE_INFINITY : earliest - held;
    if (excused === undefined) this.worstMs = Math.max(this.worstMs, late);
    const truthful =
      held !== undefined && held >= Math.min(earliest, excused ?? earliest) - this.#onTheWireMs();
    if (truthful) return;
    if (this.untruths.length === MAX_REPORTED) return;
    this.untruths.push(
      `at ${Math.round(receivedAt)}, Age ${ageSeconds}: ${what()}, which was so ` +
        `${held === undefined ? 'never' : `last at ${Math.round(held)}, ${Math.round(late)} ms too long ago`}; ` +
        `the server's history: ${timeline}; before: ${this.#options.where()}`,
    );
  }
}
