import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { ActiveFault } from '../../support/fake-apiserver/faults.ts';
import { until } from '../../support/until.ts';
import { Changes, LEAST } from './changes.ts';
import { Deck } from './deck.ts';
import type { Excuses } from './excuses.ts';
import type { FaultKind, RuleKind, Site } from './fault-kind.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import { openResources } from './leaks.ts';
import { becomesEqual, differenceOf } from './quiet-point.ts';
import type { Random } from './random.ts';
import type { ServerHistory } from './server-history.ts';
import { type Subject, watches } from './subject.ts';
import { Writes } from './writes.ts';

export interface WalkSizes {
  /** The least number of faults that strike. */
  readonly faults: number;
  readonly changes: number;
}

export interface WalkOptions extends WalkSizes {
  readonly demo: FakeApiServer;
  readonly subjects: readonly Subject[];
  readonly history: ServerHistory;
  readonly excuses: Excuses;
  readonly seed: number;
  readonly random: Random;
  readonly writeToken: () => Promise<void>;
  /** Throws if something is known to be wrong. */
  readonly check: () => void;
}

/** A fault that is ready to strike. */
interface Armed {
  readonly kind: RuleKind;
  readonly fault: ActiveFault;
  readonly endExcuse: (() => void) | undefined;
}

const STRIKE_LIMIT_MS = 5_000;
const QUIET_EVERY = 10;

/**
 * Bursts of faults, with changes before, between and after them, and a quiet point from time to time.
 *
 * The seed decides which faults and changes come, with which figures and in which order: no random number depends on what
 * the cache did. The seed does not decide the time: sockets and timers are real, so which
 * request a fault strikes, or between which two events a connection breaks, may differ between runs of one seed.
 */
export class Walk {
  faults = 0;
  /** How often a fault was ready and did not strike. */
  misses = 0;
  quietPoints = 0;
  mostSockets = 0;
  mostTimers = 0;
  /** By name, how often each kind of fault struck. */
  readonly struck = new Map<string, number>();
  readonly changes: Changes;
  readonly writes = new Writes();
  readonly #options: WalkOptions;
  readonly #site: Site;
  readonly #deck: Deck;
  #story: string[] = [];
  #sinceQuiet = 0;
  #otherObjects = 0;

  constructor(options: WalkOptions) {
    const { demo, seed, random, writeToken } = options;
    this.#options = options;
    this.#deck = new Deck(FAULT_KINDS, seed, random);
    this.changes = new Changes(demo);
    this.#site = { demo, writeToken, recreateSome: (random) => this.changes.recreateSome(random) };
  }

  toString(): string {
    return (
      `${this.faults} faults of ${this.struck.size} kinds, ${this.misses} misses, ${this.changes.made} changes, ` +
      `${this.writes.succeeded} writes, ${this.quietPoints} quiet points, ` +
      `at most ${this.mostSockets} sockets and ${this.mostTimers} timers`
    );
  }

  /** The latest actions, for messages. */
  get story(): string {
    return this.#story.join('; ');
  }

  /** @throws Error if a cache does not equal the server */
  async run(): Promise<void> {
    const { faults, changes, random } = this.#options;
    while (this.faults < faults || this.changes.made < changes) {
      await this.#burst(this.#deck.draw(random.between(2, 5)));
      this.#look();
      if (this.#sinceQuiet < QUIET_EVERY) continue;
      await this.#quietPoint();
      const next = random.next();
      if (next < 0.4) await this.#bookmarksOnly();
      else if (next < 0.65) await this.#emptyEtcd();
    }
    await this.#quietPoint();
  }

  async #burst(kinds: readonly FaultKind[]): Promise<void> {
    const { demo, random, subjects, history } = this.#options;
    this.#tell(kinds.map(({ name }) => name).join(' + '));
    this.#sinceQuiet += kinds.length;
    if (kinds.some((kind) => isRule(kind) && kind.lingers)) this.#sinceQuiet += QUIET_EVERY;
    const armed = kinds.filter(isRule).map((kind) => this.#arm(kind));
    const actions = kinds.flatMap((kind) => (isRule(kind) ? [] : [kind.act(random, this.#site)]));
    const strikes = new Set(armed.map(({ kind }) => kind.strikes));

    await this.#change(kinds.length);
    // Lists are read in pages only if the API server has no initial events.
    demo.initialEvents = strikes.has('list') ? 'refused' : 'served';
    if (strikes.has('list') || strikes.has('watch')) demo.dropConnections(random.pick(['close', 'reset']));
    if (strikes.has('list')) this.#forceRelist();
    const writes = random.between(0, 2) + armed.filter(({ kind }) => kind.strikes === 'write').length;
    for (let left = writes; left > 0; left -= 1) {
      this.writes.begin(subjects, this.changes, history, random);
    }
    await Promise.all([this.#doAll(actions), this.#change(kinds.length)]);
    await until(() => armed.every(({ fault }) => fault.hits > 0), STRIKE_LIMIT_MS).catch(() => {});
    await this.#change(kinds.length);

    for (const { fault, kind } of armed) {
      fault.remove();
      if (fault.hits > 0) this.#strike(kind);
      else this.#miss(kind);
    }
    for (const kind of kinds) if (!isRule(kind)) this.#strike(kind);
    if (armed.every(({ endExcuse }) => endExcuse === undefined)) return;
    demo.dropConnections('reset');
    for (const { endExcuse } of armed) endExcuse?.();
  }

  /** Compacts a change that no cache has seen, because no watch is open. Then only a relist helps. */
  #forceRelist(): void {
    const { demo, random } = this.#options;
    this.changes.make(random);
    demo.compact();
  }

  #strike(kind: FaultKind): void {
    this.#deck.struck(kind);
    this.#count(kind);
  }

  #miss(kind: FaultKind): void {
    this.misses += 1;
    this.#tell(`${kind.name} did not strike`);
    this.#deck.missed(kind);
  }

  #arm(kind: RuleKind): Armed {
    const { demo, excuses, random } = this.#options;
    const endExcuse = kind.misleads && excuses.begin(kind.misleads);
    return { kind, endExcuse, fault: demo.faults.add(kind.rule(random, this.#site)) };
  }

  async #doAll(actions: readonly (() => Promise<void>)[]): Promise<void> {
    for (const action of actions) await action();
  }

  /** A third of the changes that are due for this number of faults, some at once and some with pauses. */
  async #change(faults: number): Promise<void> {
    const { random, ...wanted } = this.#options;
    const share = (wanted.changes / wanted.faults) * faults;
    const count = Math.ceil((share / 3) * (0.6 + 0.8 * random.next()));
    const atOnce = random.chance(0.2);
    for (let left = count; left > 0; left -= 1) {
      this.changes.make(random);
      const pauseMs = random.between(0, 6);
      if (!atOnce) await sleep(pauseMs);
    }
  }

  /** Ends all faults and checks that every cache comes to equal the server without help. */
  async #quietPoint(): Promise<void> {
    const { demo, subjects, history, check } = this.#options;
    this.#tell('quiet');
    demo.faults.clear();
    await this.writes.settled();
    await Promise.all(subjects.map((subject) => becomesEqual(subject, demo)));
    await until(() => subjects.every(({ cluster }) => cluster.state === 'ready'));
    await Promise.all(subjects.map(({ cluster }) => cluster.checkHealth()));
    check();
    history.forgetOld();
    this.#sinceQuiet = 0;
    this.quietPoints += 1;
    this.mostTimers = Math.max(this.mostTimers, openResources().Timeout ?? 0);
  }

  /**
   * Bookmarks without events while other objects change, as in a quiet collection of a busy cluster. Only at a quiet
   * point: a server whose bookmarks skip events misleads every client for good.
   */
  async #bookmarksOnly(): Promise<void> {
    const { demo, subjects } = this.#options;
    this.#tell('bookmarks only');
    const fault = demo.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    demo.dropConnections('reset');
    await until(() => fault.hits > 0);
    for (let left = 2; left > 0; left -= 1) {
      this.#otherObjects += 1;
      demo.addNamespace(`other-${this.#otherObjects}`);
      await sleep(150);
    }
    fault.remove();
    for (const subject of subjects) {
      const difference = differenceOf(subject, demo);
      if (difference !== undefined) throw new Error(difference);
    }
    demo.dropConnections('close');
    this.#count({ name: 'bookmarks only' });
  }

  /**
   * A restart with an empty etcd: resourceVersions start from the beginning. A cache notices this as long as they have not
   * grown beyond the one that it has reached. It could not tell a server that has caught up from one that never went back.
   */
  async #emptyEtcd(): Promise<void> {
    const { demo, subjects, random } = this.#options;
    this.#tell('restart with an empty etcd');
    await demo.restart({ empty: true });
    for (let left = random.between(1, 10); left > 0; left -= 1) this.changes.create(random);
    await Promise.all(subjects.map((subject) => becomesEqual(subject, demo)));
    while (demo.deployments.size < LEAST) {
      const { namespace, name } = this.changes.create(random);
      // No more at once than a cache takes in soon, however busy the machine is: an event says nothing about the time
      // that it was on its way, so an answer that rests on it may be older than its Age by that time.
      if (demo.deployments.size % 10 === 0)
        await until(() => subjects.every((subject) => hasSeen(subject, namespace, name)));
    }
    this.#count({ name: 'restart with an empty etcd' });
  }

  #count({ name }: { readonly name: string }): void {
    this.faults += 1;
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
  }

  #look(): void {
    const { demo, check } = this.#options;
    this.mostSockets = Math.max(this.mostSockets, demo.openConnections);
    check();
  }

  #tell(event: string): void {
    this.#story = [...this.#story.slice(-9), `${Math.round(performance.now())}: ${event}`];
  }
}

/** Whether a cache holds a Deployment, if it watches its namespace. */
function hasSeen(subject: Subject, namespace: string, name: string): boolean {
  return !watches(subject, namespace) || subject.cluster.replicasOf(namespace, name) !== undefined;
}

function isRule(kind: FaultKind): kind is RuleKind {
  return 'rule' in kind;
}
