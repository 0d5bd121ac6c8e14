import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../kube-requests.ts';
import type { TestService } from '../service.ts';
import type { Answer } from '../test-client.ts';
import { until } from '../until.ts';

/** One write, as the service answered it. */
export interface Write {
  readonly replicas: number;
  readonly status: number;
  /** Of the error; empty for a success. */
  readonly code: string;
  /** That the write produced; empty for an error. */
  readonly resourceVersion: string;
  readonly tookMs: number;
}

/** A Deployment with the one writer that it has, so that the order of its writes is known. */
export class WrittenDeployment {
  readonly name: string;
  readonly initialReplicas: number;
  /** In their order; each asks for one replica more than the one before. */
  readonly writes: Write[] = [];
  /** Every count that a read has shown. */
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

/** These answers promise that nothing was changed. */
const UNCHANGED = ['KUBERNETES_UNREACHABLE', 'KUBERNETES_TIMEOUT', 'KUBERNETES_RATE_LIMITED', 'CONFLICT'];

/** Whether the API server may have made a write that was not acknowledged. */
export function isUnsettled({ status, code }: Write): boolean {
  return status !== 200 && !UNCHANGED.includes(code);
}

/** Between two writes of a writer, two rounds of reads: a load that leaves the API server the CPU to start on. */
const PAUSE_MS = 20;

/** Clients of the service that write and read all the time, whatever happens. */
export class ScaleLoad {
  readonly deployments: readonly WrittenDeployment[];
  /** Since when the API server is gone, on the clock of performance.now(): no read may say that it is younger. */
  goneSince: number | undefined;
  /** How many reads were checked. */
  reads = 0;
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

  /** Resolves once every writer has had another success, and every write under way before has been answered. */
  async flowing(): Promise<void> {
    const before = this.deployments.map(({ acknowledged }) => acknowledged);
    await this.until(() =>
      this.deployments.every(({ acknowledged }, index) => acknowledged > (before[index] ?? 0)),
    );
  }

  /** As `until`, and it fails as soon as a client has met what it must not. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    await until(() => this.#failure !== undefined || condition());
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Lets the requests that are under way end. @throws what a client has met that it must not */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
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
    const sentAt = performance.now();
    const answer = await this.#service.scale(this.#namespace, deployment.name, replicas);
    deployment.writes.push({
      replicas,
      status: answer.status,
      code: String(at(answer.body, 'code') ?? ''),
      resourceVersion: String(answer.headers['x-resource-version'] ?? ''),
      tookMs: performance.now() - sentAt,
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
    if (!(replicas <= deployment.asked)) throw wrong('shows a count that was never asked for');
    if (replicas < newest) throw wrong(`goes back from ${newest}`);
    if (ageOf(answer) * 1000 < goneMs) throw wrong(`pretends to be younger than ${goneMs} ms`);
    read.add(replicas);
    this.reads += 1;
  }
}

/** What the answer says of its age, in seconds. */
export function ageOf({ headers }: Answer): number {
  return Number(headers.age);
}
