import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { BuiltService } from '../attack/service.ts';
import type { Random } from '../chaos/random.ts';
import { type Answered, type Asked, Clients, type User } from './clients.ts';
import { SoakedCluster } from './cluster.ts';
import { BUSY_MACHINE, BUSY_MS, type Phase } from './expected.ts';
import { Tallies } from './tallies.ts';
import { Timeline } from './timeline.ts';

/** How long the service remembers what a client may do, in seconds. The defaults, 300 and 30, are too long for a soak. */
export const ALLOWED_SECONDS = 20;
export const DENIED_SECONDS = 5;
/** Small, so that the earlier changes of counts reach their bound before memory is measured. */
const JOURNAL_MIB = 1;
const SETTINGS = {
  AUTHORIZATION_ALLOWED_SECONDS: String(ALLOWED_SECONDS),
  AUTHORIZATION_DENIED_SECONDS: String(DENIED_SECONDS),
  JOURNAL_MIB: String(JOURNAL_MIB),
};
const MAX_PROBLEMS = 50;
const LOOK_MS = 100;
/** Longer than a busy machine keeps the API server from an answer, which tells that it was busy. */
const JUDGED_AFTER_MS = 30_000;
const TURN_MS = 50;
/** The service refuses requests until its event loop was in time for a whole second, of which it takes stock each second. */
const AFTERMATH_MS = 3_000;
/** Of one wait. A machine that is busy for longer ends it, so that a soak always comes to its report. */
const MAX_EXCUSED_MS = 300_000;

/** What the soak sees of the recovery from a fault, in seconds. */
export interface Recovery {
  readonly phase: Phase;
  /** When the fault began, in minutes since the start. */
  readonly minute: number;
  /** How long the fault was made. */
  readonly lasted: number;
  /** Until /clusters showed that the cluster does not answer, or that the fault has its effect. Undefined: it need not. */
  readonly noticed: number | undefined;
  /** From the end of the fault until a change was shown and /healthz answered 200, or until the effect was undone. */
  readonly recovered: number;
  /** For how long the machine was too busy in all this time, which counts in the figures above and in no limit. */
  readonly busy: number;
}

/** The service as built with a real control plane, its clients, and what was found. */
export class Soak {
  readonly startedAt = performance.now();
  readonly cluster: SoakedCluster;
  readonly service: BuiltService;
  readonly clients: Clients;
  readonly serverAuthority: CertificateAuthority;
  readonly random: Random;
  readonly tallies = new Tallies();
  readonly recoveries: Recovery[] = [];
  /** Why the soak fails. */
  readonly problems: string[] = [];
  /** Checks of counts, lists and streams that were right. */
  checks = 0;
  /** Whether a fault keeps the API server from answers now, so that these tell nothing of the machine. */
  isApiserverFaulty = false;
  readonly #timeline = new Timeline();
  /** Errors that nothing explains yet. */
  readonly #unexplained: { code: string | undefined; from: number; until: number; text: string }[] = [];
  #phase: Phase | undefined;

  private constructor(
    cluster: SoakedCluster,
    service: BuiltService,
    clients: Clients,
    serverAuthority: CertificateAuthority,
    random: Random,
  ) {
    this.cluster = cluster;
    this.service = service;
    this.clients = clients;
    this.serverAuthority = serverAuthority;
    this.random = random;
  }

  static async start(random: Random): Promise<Soak> {
    const [serverAuthority, clientAuthority] = await Promise.all([
      CertificateAuthority.create({ commonName: 'soak server CA' }),
      CertificateAuthority.create({ commonName: 'soak client CA' }),
    ]);
    const cluster = await SoakedCluster.start();
    try {
      const { cert, key } = await newServerCertificate(serverAuthority);
      const service = await BuiltService.start({
        kubeconfig: await cluster.newCredentials(),
        tls: { cert, key, ca: clientAuthority.cert },
        files: { TLS_CRL_FILE: await clientAuthority.createCrl([]) },
        environment: SETTINGS,
      });
      try {
        const clients = await Clients.start(service.port, serverAuthority.cert, clientAuthority);
        return new Soak(cluster, service, clients, serverAuthority, random);
      } catch (error) {
        await service.stop();
        throw error;
      }
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    try {
      await this.clients.closeConnections();
    } finally {
      await this.service.stop();
      await this.cluster.stop();
    }
  }

  /** Minutes since the start. */
  get minute(): number {
    return (performance.now() - this.startedAt) / 60_000;
  }

  /** For how long the machine was too busy since a time, in milliseconds. */
  busyMs(from: number): number {
    return this.#timeline.busyMs(from, performance.now());
  }

  /** The milliseconds since a time in which the machine was not too busy: those that count in a limit. */
  countedMs(from: number): number {
    return performance.now() - from - Math.min(this.busyMs(from), MAX_EXCUSED_MS);
  }

  /**
   * Asks the API server directly. If it takes as long as the service would wait for a turn, no fault of the service has to
   * explain that this does not get its answers either.
   */
  async watchMachine(): Promise<void> {
    const startedAt = performance.now();
    let end: ((at: number) => void) | undefined;
    // Noted before it ends, for limits that are judged by then.
    const slow = setTimeout(() => {
      if (!this.isApiserverFaulty) end = this.#timeline.begin(BUSY_MACHINE, startedAt - BUSY_MS);
    }, BUSY_MS);
    await this.cluster.countOf(this.cluster.foreign).catch(() => {}); // a fault is made
    clearTimeout(slow);
    const endedAt = performance.now();
    end?.(endedAt + AFTERMATH_MS);
    this.judge(endedAt - JUDGED_AFTER_MS);
  }

  /** Notes that others had the processors from a time until now, and what follows from it. */
  wasBusySince(from: number): void {
    this.#timeline.note(BUSY_MACHINE, from, performance.now() + AFTERMATH_MS);
  }

  /** Notes when this process did not get on for as long: its clients could not read what had been answered. @returns ends it */
  watchLoop(): () => void {
    let turnedAt = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - turnedAt > BUSY_MS) this.wasBusySince(turnedAt);
      turnedAt = now;
    }, TURN_MS);
    return () => clearInterval(timer);
  }

  /** Notes why the soak fails. */
  problem(text: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(this.#dated(text));
  }

  /** Notes a problem unless this holds. */
  check(holds: boolean, text: () => string): void {
    if (holds) this.checks += 1;
    else this.problem(text());
  }

  /**
   * Sends a request and judges the kind of its answer.
   * @param right the codes that are the right answer at any time; undefined: a success
   * @returns the answer if it is right, and undefined if a fault explains it or it is a problem
   */
  async ask(
    kind: string,
    user: User,
    asked: Asked,
    right: readonly (string | undefined)[] = [undefined],
  ): Promise<Answered | undefined> {
    return (await this.askAnyway(kind, user, asked, right)).right;
  }

  /** The same, with the answer in any case. */
  async askAnyway(
    kind: string,
    user: User,
    asked: Asked,
    right: readonly (string | undefined)[] = [undefined],
  ): Promise<{ answer: Answered; right: Answered | undefined }> {
    const answer = await this.clients.ask(user, asked);
    const { status, code, sentAt, endedAt } = answer;
    const isRight = right.includes(code);
    const text = () =>
      `${user} ${asked.method} ${asked.path} was answered ${status}: ${JSON.stringify(answer.body)?.slice(0, 300)}`;
    this.note(kind, code, sentAt, endedAt, isRight, text);
    return { answer, right: isRight ? answer : undefined };
  }

  /**
   * Counts one answer. Unless it is right, a fault that was made between the two has to explain its code.
   * @param code undefined: a success
   */
  note(
    kind: string,
    code: string | undefined,
    from: number,
    until: number,
    isRight = code === undefined,
    text = () => `${code}`,
  ): void {
    this.tallies.add(kind, this.#timeline.phaseOf(from, until), code, until - from);
    if (!isRight) this.#unexplained.push({ code, from, until, text: this.#dated(`${kind}: ${text()}`) });
  }

  /** Judges the errors that ended before this time. What explains an error may become known only after it. */
  judge(before: number): void {
    for (const error of this.#unexplained.splice(0)) {
      const { code, from, until, text } = error;
      if (code !== undefined && this.#timeline.expects(code, from, until)) continue;
      if (until > before) this.#unexplained.push(error);
      else if (this.problems.length < MAX_PROBLEMS) this.problems.push(text);
    }
  }

  /**
   * Makes a fault.
   * @param make resolves at the end of the fault, and returns when it was noticed, in milliseconds
   * @param recover resolves once the service has recovered from it
   * @param graceMs for how long after that answers may still show it
   */
  async during(
    phase: Phase,
    make: () => Promise<number | undefined>,
    recover: () => Promise<void>,
    graceMs = 0,
  ): Promise<void> {
    const begunAt = performance.now();
    const { minute } = this;
    this.#phase = phase;
    const end = this.#timeline.begin(phase, begunAt);
    try {
      const noticed = await make();
      const endedAt = performance.now();
      await recover();
      const recoveredAt = performance.now();
      await sleep(graceMs);
      const seconds = (ms: number) => ms / 1000;
      this.recoveries.push({
        phase,
        minute,
        lasted: seconds(endedAt - begunAt),
        noticed: noticed === undefined ? undefined : seconds(noticed),
        recovered: seconds(recoveredAt - endedAt),
        busy: seconds(this.busyMs(begunAt)),
      });
      await this.settle();
    } catch (error) {
      this.problem(`${phase}: ${error}`);
    } finally {
      end(performance.now());
      this.#phase = undefined;
    }
  }

  /**
   * Waits for something that must become true.
   * @param limitMs time in which the machine was too busy does not count
   * @returns the milliseconds that it took, with those that do not count
   * @throws Error after the limit
   */
  async within(limitMs: number, what: string, holds: () => Promise<boolean>): Promise<number> {
    const startedAt = performance.now();
    while (!(await holds())) {
      if (this.countedMs(startedAt) > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
      await sleep(LOOK_MS);
    }
    return performance.now() - startedAt;
  }

  #dated(text: string): string {
    return `minute ${this.minute.toFixed(1)}, ${this.#phase ?? 'quiet'}: ${text}`;
  }

  /** Asks the API server for each count that a fault has made doubtful. */
  async settle(): Promise<void> {
    for (const ledger of [...this.cluster.counted, ...this.cluster.parked, this.cluster.foreign]) {
      if (!ledger.doubtful) continue;
      const value = await this.cluster.countOf(ledger);
      if (!ledger.doubtful) continue; // it has been written in between
      const at = performance.now();
      this.check(ledger.possible(at, at).has(value), () => `${ledger.name} is ${value}, which nobody set`);
      ledger.settle(value, at);
    }
  }
}

/** A server certificate for localhost. */
export function newServerCertificate(authority: CertificateAuthority) {
  return authority.issue({
    commonName: 'localhost',
    sans: ['localhost', '127.0.0.1'],
    usages: ['serverAuth'],
  });
}
