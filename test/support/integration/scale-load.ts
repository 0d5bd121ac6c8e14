import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../kube-requests.ts';
import { LoopClock } from '../loop-clock.ts';
import type { TestService } from '../service.ts';
import type { Answer } from '../test-client.ts';
import { until } from '../until.ts';

/** One write and the answer of the service. */
export interface Write {
  readonly replicas: number;
  readonly status: number;
  /** The error code. Empty for a success. */
  readonly code: string;
  /** The resourceVersion of the write. Empty for an error. */
  readonly resourceVersion: string;
  /** By the clock of the load. */
  readonly tookMs: number;
}

/** A Deployment with a single writer, so that the order of its writes is known. */
export class WrittenDeployment {
  readonly name: string;
  readonly initialReplicas: number;
  /** The writes in order. Each sets one replica more than the previous one. */
  readonly writes: Write[] = [];
  /** All counts that reads have shown. */
  readonly read = new Set<number>();
  asked: number;

  constructor(name: string, initialReplicas: number) {
    this.name = name;
    this.initialReplicas = initialReplicas;
    this.asked = initialReplicas;
  }

  get acknowledged(): number {
    return this.writes.filter(({ status }) => status === 200).length;
  }
}

/** These answers guarantee that nothing was changed. */
const UNCHANGED = ['KUBERNETES_UNREACHABLE', 'KUBERNETES_TIMEOUT', 'KUBERNETES_RATE_LIMITED', 'CONFLICT'];

/** Whether the API server may have made a write that was not acknowledged. */
export function isUnsettled({ status, code }: Write): boolean {
  return status !== 200 && !UNCHANGED.includes(code);
}

/** The pause between two requests of a client, which leaves the API server enough CPU to start. */
const PAUSE_MS = 20;

/** Clients of the service that write and read continuously, even during outages. */
export class ScaleLoad {
  readonly deployments: readonly WrittenDeployment[];
  /** When the API server went down, in ms of performance.now(). No read may claim to be fresher. */
  goneSince: number | undefined;
  /** The number of checked reads. */
  reads = 0;
  /** For limits: the service runs in this process too. */
  readonly clock = new LoopClock();
  readonly #service: TestService;
  readonly #namespace: string;
  readonly #running: Promise<void>[];
  #stopping = false;
  #failure: unknown;

  constructor(service: TestService, namespace: string, deployments: readonly WrittenDeployment[]) {
    this.#service = service;
    this.#namespace = namespace;
    this.deployments = deployments;
    const clients = deployments.flatMap((deployment) => [
      () => this.#write(deployment),
      () => this.#read(deployment),
    ]);
    this.#running = clients.map((client) => this.#repeat(client));
  }

  /** Resolves once every writer has had another success, so that each earlier write has been answered too. */
  async flowing(): Promise<void> {
    const before = this.deployments.map(({ acknowledged }) => acknowledged);
    await this.until(() =>
      this.deployments.every(({ acknowledged }, index) => acknowledged > (before[index] ?? 0)),
    );
  }

  /** Like `until`, but throws as soon as a client has received a wrong answer. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    await until(() => this.#failure !== undefined || condition());
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Stops, and waits for the requests under way. @throws the error of a client that has received a wrong answer */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    this.clock.stop();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #repeat(client: () => Promise<void>): Promise<void> {
    try {
      while (!this.#stopping && this.#failure === undefined) {
        await client();
        await sleep(PAUSE_MS);
      }
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #write(deployment: WrittenDeployment): Promise<void> {
    deployment.asked += 1;
    const replicas = deployment.asked;
    const sentAt = this.clock.now();
    const answer = await this.#service.scale(this.#namespace, deployment.name, replicas);
    deployment.writes.push({
      replicas,
      status: answer.status,
      code: String(at(answer.body, 'code') ?? ''),
      resourceVersion: String(answer.headers['x-resource-version'] ?? ''),
      tookMs: this.clock.now() - sentAt,
    });
  }

  async #read(deployment: WrittenDeployment): Promise<void> {
    const { name, read, initialReplicas } = deployment;
    const sentAt = performance.now();
    const goneMs = this.goneSince === undefined ? 0 : sentAt - this.goneSince;
    const answer = await this.#service.count(this.#namespace, name);
    const replicas = Number(at(answer.body, 'replicaCount'));
    const newest = Math.max(initialReplicas, ...read);
    const wrong = (what: string) => new Error(`a read of ${name} ${what}: ${JSON.stringify(answer)}`);
    if (answer.status !== 200) throw wrong('fails');
    if (!(replicas <= deployment.asked)) throw wrong('shows a count that was never requested');
    if (replicas < newest) throw wrong(`goes back from ${newest}`);
    if (ageOf(answer) * 1000 < goneMs) throw wrong(`claims to be fresher than ${goneMs} ms`);
    read.add(replicas);
    this.reads += 1;
  }
}

/** The age that the answer states, in seconds. */
export function ageOf({ headers }: Answer): number {
  return Number(headers.age);
}
