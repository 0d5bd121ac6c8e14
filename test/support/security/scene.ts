import type { Socket } from 'node:net';
import { expect } from 'vitest';
import type { Limits } from '../../../src/config/limits.ts';
import type { ClientConnection } from '../../../src/tls/client-connection.ts';
import { type DemoClusterOptions, FakeApiServer } from '../fake-apiserver/fake-apiserver.ts';
import { logTo } from '../log-to.ts';
import { type ServiceOptions, TestService } from '../service.ts';
import type { TestClient } from '../test-client.ts';
import { summary } from './answers.ts';
import { exchange, RawConnection, type RawTarget } from './raw.ts';

export const COUNT = '/replica-count?namespace=default&deployment=my-deployment';
export const BODY = '{"replicas":7}';

/** A service with a cluster, an attacker with a certificate, and a bystander with another, which must not be affected. */
export class Scene {
  readonly demo: FakeApiServer;
  readonly service: TestService;
  readonly attacker: RawTarget;
  readonly bystander: TestClient;
  /** The lines that the service logged. */
  readonly log: readonly string[];
  #writes = 0;

  private constructor(
    demo: FakeApiServer,
    service: TestService,
    bystander: TestClient,
    log: readonly string[],
  ) {
    this.demo = demo;
    this.service = service;
    this.bystander = bystander;
    this.log = log;
    const { cert, key } = service.client;
    this.attacker = { port: service.port, ca: service.authority.cert, cert, key };
  }

  static async start(
    limits: Partial<Limits> = {},
    options: DemoClusterOptions & Pick<ServiceOptions, 'routes'> = {},
  ): Promise<Scene> {
    const { routes, ...demoOptions } = options;
    const demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, ...demoOptions });
    const log: string[] = [];
    const logStream = logTo((line) => void log.push(line));
    const service = await TestService.start({ kubeconfig: demo.kubeconfig, limits, logStream, routes });
    await service.synced();
    return new Scene(demo, service, await service.clientOf('bystander'), log);
  }

  /** Sends the bytes on a new connection, and returns short forms of the answers once the service has closed it. */
  async attack(bytes: string | Buffer): Promise<string[]> {
    return (await exchange(this.attacker, bytes)).map(summary);
  }

  open(): Promise<RawConnection> {
    return RawConnection.open(this.attacker);
  }

  /** The TCP connections that the service accepts after this call. Their `destroyed` says whether it has closed them. */
  accepted(): readonly Socket[] {
    const sockets: Socket[] = [];
    this.service.app.server.on('connection', (socket: Socket) => sockets.push(socket));
    return sockets;
  }

  /** The server sides of the connections of the attacker, the oldest first. */
  get attackers(): readonly ClientConnection[] {
    return [...this.service.app.clientConnections.values()].filter(({ client }) => client === 'client');
  }

  /** Makes calls of the API server wait. Returns the function that lets all of them continue. */
  hold(on: 'get' | 'patchScale'): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.demo.faults.add({ on, fault: { type: 'call', action: () => promise } });
    return () => {
      this.demo.faults.clear();
      resolve();
    };
  }

  /** The count of my-deployment in the cluster. */
  get truth(): number | undefined {
    return this.demo.deployments.get('default', 'my-deployment')?.replicas;
  }

  /** Checks that a write was made, and makes `expectUnharmed` expect one more write. */
  expectWrite(replicas: number): void {
    this.#writes += 1;
    expect(this.truth).toBe(replicas);
  }

  /**
   * Checks that the bystander is served, that only expected writes were made, and that no unexpected error was logged.
   */
  async expectUnharmed(): Promise<void> {
    expect(await this.bystander.get('/healthz')).toMatchObject({ status: 200, body: { status: 'OK' } });
    expect(await this.bystander.count('shop', 'cart')).toMatchObject({
      status: 200,
      body: { replicaCount: 4 },
    });
    expect(this.demo.requests.count('patchScale')).toBe(this.#writes);
    if (this.#writes === 0) expect(this.truth).toBe(3);
    expect(this.log.filter((line) => /"level":"(?:error|fatal)"|"statusCode":5\d\d/.test(line))).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.demo.stop();
  }
}
