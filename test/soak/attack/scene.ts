import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { AttackRun } from './attack-run.ts';
import { type AttackName, type AttackTarget, type Tally, tlsOf } from './attacks.ts';
import { ALL_DUTIES, Bystander, type BystanderDuties } from './bystander.ts';
import type { RowResult } from './report.ts';
import { DEPLOYMENTS, FOREIGN, IDENTITIES, type IdentityName, ROLES } from './scenery.ts';
import { BuiltService } from './service.ts';
import { Witness } from './witness.ts';

const BYSTANDER_ADDRESS = '127.0.0.9';
/** How long the bystander runs alone, for a p99 to compare with and to warm up the service. */
const QUIET_MS = 8_000;
const LOOK_MS = 200;
const CHANGE_MS = 20;
/** The garbage of a burst is collected 10 to 45 s after it. */
const RECOVERY_MS = 60_000;
/**
 * The allowed growth of memory: compiled code, and freed memory that glibc keeps after a busy period. Measured after 70 s:
 * 45 to 55 MiB more than before, of which the heap and external memory have 3 to 7 MiB.
 */
const GROWTH_MIB = 60;

export interface SceneOptions {
  /** `ulimit -n` of the service. */
  readonly openFiles?: number;
  /** The requests that the bystander does not make. */
  readonly duties?: Partial<BystanderDuties>;
  /** Whether the service sends traces, to a collector that takes them and never answers. */
  readonly traced?: boolean;
  /** MiB of the attack's memory that may stay resident although it is free. Default: 0. */
  readonly keptMib?: number;
}

/** One service under attack, with its cluster, a bystander, and the problems found. */
export class Scene {
  readonly demo: FakeApiServer;
  readonly service: BuiltService;
  readonly bystander: Bystander;
  /** The reasons why the row fails. Without problems it passes. */
  readonly problems: string[] = [];
  /** More facts for the report. */
  readonly notes: string[] = [];
  readonly #target: AttackTarget;
  readonly #collector: Server;
  readonly #runs = new Set<AttackRun>();
  readonly #total: Tally = { connections: 0, requests: 0, answers: {} };

  private constructor(
    demo: FakeApiServer,
    service: BuiltService,
    bystander: Bystander,
    target: AttackTarget,
    collector: Server,
  ) {
    this.demo = demo;
    this.service = service;
    this.bystander = bystander;
    this.#target = target;
    this.#collector = collector;
  }

  /**
   * Plays one row: the bystander alone, then the attack, then the recovery.
   * @param attack resolves when the attack is over, and adds its findings to `problems`
   */
  static async play(
    row: string,
    options: SceneOptions,
    attack: (scene: Scene) => Promise<void>,
  ): Promise<RowResult> {
    const scene = await Scene.#start(options);
    try {
      await scene.lasting(QUIET_MS);
      const before = await scene.bystander.take();
      const beforeMib = scene.service.residentMib ?? Number.NaN;
      await attack(scene);
      await scene.stopAttacks();
      const during = await scene.bystander.take();
      const limitMib = beforeMib + (options.keptMib ?? 0) + GROWTH_MIB;
      const afterMib = await scene.#recovered(limitMib);
      const after = await scene.bystander.end();
      await scene.service.settled();

      const { service, problems } = scene;
      if (service.end !== undefined) problems.unshift(`the service ended: ${service.end}`);
      else if (afterMib > limitMib) problems.push(`still ${afterMib} MiB after 60 s, ${beforeMib} before`);
      if (before.lost > 0)
        problems.push(`the bystander lost requests before the attack: ${before.reasons[0]}`);
      const lost = during.lost + after.lost;
      if (lost > 0) problems.push(`the bystander lost ${lost}: ${[...during.reasons, ...after.reasons][0]}`);
      if (service.log.errors.length > 0)
        problems.push(`${service.log.errors.length} errors in the log: ${worst(service.log.errors)}`);
      return {
        row,
        limitedBy: service.limitedBy,
        ...scene.#total,
        bystander: {
          requests: during.requests + after.requests,
          lost,
          p99BeforeMs: before.p99Ms,
          p99DuringMs: during.p99Ms,
        },
        memory: {
          beforeMib,
          peakMib: service.peakMib,
          afterMib: service.end === undefined ? afterMib : undefined,
        },
        logLines: service.log.lines,
        notes: scene.notes,
        problems,
        reasons: [...during.reasons, ...after.reasons],
        lastLines: service.log.last,
      };
    } finally {
      await scene.#stop();
    }
  }

  static async #start({ openFiles, duties, traced = false }: SceneOptions): Promise<Scene> {
    const authority = await CertificateAuthority.create({ commonName: 'attack CA' });
    const foreign = await CertificateAuthority.create({ commonName: 'foreign CA' });
    const strangers = new Set<string>(FOREIGN);
    const [server, ...clients] = await Promise.all([
      authority.issue({
        commonName: 'localhost',
        sans: ['localhost', '127.0.0.1'],
        usages: ['serverAuth'],
      }),
      ...IDENTITIES.map((commonName) =>
        (strangers.has(commonName) ? foreign : authority).issue({ commonName, usages: ['clientAuth'] }),
      ),
    ]);
    const demo = await FakeApiServer.start({
      deployments: DEPLOYMENTS,
      rolloutDelayMs: Number.POSITIVE_INFINITY,
    });
    for (const role of ROLES) demo.roles.allow(role);
    const collector = createServer((socket) => void socket.on('error', () => {}).resume());
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    const address = collector.address();
    const collectorPort = typeof address === 'object' ? address?.port : undefined;
    const certificates = new Map(IDENTITIES.map((name, index) => [name, clients[index] ?? server]));
    const ca = authority.cert;
    try {
      const service = await BuiltService.start({
        kubeconfig: demo.kubeconfig,
        tls: { cert: server.cert, key: server.key, ca },
        openFiles,
        environment: traced ? { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPort}` } : {},
      });
      const { port, managementPort } = service;
      const target = { port, managementPort, ca, certificates };
      const bystander = new Bystander({
        port,
        tls: tlsOf(target, 'bystander'),
        localAddress: BYSTANDER_ADDRESS,
        duties: { ...ALL_DUTIES, ...duties },
      });
      return new Scene(demo, service, bystander, target, collector);
    } catch (error) {
      collector.close();
      await demo.stop();
      throw error;
    }
  }

  /**
   * Starts attacks at once. They last until the end of the row unless they are stopped.
   * @param attacks each with the share of the connections that it would open alone
   */
  async attack(...attacks: readonly (readonly [name: AttackName, share: number])[]): Promise<AttackRun[]> {
    const runs = attacks.map(([name, share]) => new AttackRun(name, this.#target, share));
    for (const run of runs) this.#runs.add(run);
    await Promise.all(runs.map(({ ready }) => ready));
    for (const run of runs) run.start();
    return runs;
  }

  /** Stops all attacks, and returns their tallies. */
  async stopAttacks(): Promise<Tally> {
    const tally: Tally = { connections: 0, requests: 0, answers: {} };
    for (const run of this.#runs) {
      this.#runs.delete(run);
      const its = await run.stop();
      add(its, tally);
      add(its, this.#total);
    }
    return tally;
  }

  /** Runs one attack for this time. */
  async attackFor(name: AttackName, milliseconds: number): Promise<Tally> {
    await this.attack([name, 1]);
    await this.lasting(milliseconds);
    return await this.stopAttacks();
  }

  /** Sets the count of a Deployment fifty times a second at the API server. `stop` returns how often it did. */
  changing(namespace: string, name: string): { stop(): number } {
    let changes = 0;
    const timer = setInterval(() => this.demo.deployments.scale(namespace, name, ++changes % 10), CHANGE_MS);
    return {
      stop: () => {
        clearInterval(timer);
        return changes;
      },
    };
  }

  /** Starts a client that writes for this time. */
  witness(milliseconds: number): Witness {
    return new Witness(this.service.port, this.tls('witness'), milliseconds);
  }

  /** Reads the log at full speed, for up to a minute, until it shows every write of the witness. */
  async audited(witness: Witness): Promise<void> {
    const problems = () => witness.problems(this.service.log, this.demo);
    this.service.log.bytesPerSecond = Number.POSITIVE_INFINITY;
    const endsAt = performance.now() + RECOVERY_MS;
    while (problems().length > 0 && performance.now() < endsAt && this.service.end === undefined)
      await sleep(LOOK_MS);
    this.notes.push(witness.summary);
    const [first] = problems();
    if (first !== undefined)
      this.problems.push(`${problems().length} writes of the witness, such as ${first}`);
  }

  tls(identity: IdentityName) {
    return tlsOf(this.#target, identity);
  }

  /** Resolves after this time, or as soon as the service has ended. */
  async lasting(milliseconds: number): Promise<void> {
    const endsAt = performance.now() + milliseconds;
    while (performance.now() < endsAt && this.service.residentMib !== undefined) await sleep(LOOK_MS);
  }

  /** Resolves with the resident memory once it is within the limit, or after a minute. */
  async #recovered(limitMib: number): Promise<number> {
    const endsAt = performance.now() + RECOVERY_MS;
    for (;;) {
      const mib = this.service.residentMib ?? Number.NaN;
      if (!(mib > limitMib) || performance.now() >= endsAt) return mib;
      await sleep(LOOK_MS);
    }
  }

  async #stop(): Promise<void> {
    await this.stopAttacks();
    await this.bystander.stop();
    await this.service.stop();
    this.#collector.close(); // its only client is gone
    await this.demo.stop();
  }
}

function add(tally: Tally, sum: Tally): void {
  sum.connections += tally.connections;
  sum.requests += tally.requests;
  for (const [status, count] of Object.entries(tally.answers))
    sum.answers[status] = (sum.answers[status] ?? 0) + count;
}

/** The most informative line. */
function worst(lines: readonly string[]): string | undefined {
  return lines.find((line) => /FATAL|Error/.test(line)) ?? lines[0];
}
