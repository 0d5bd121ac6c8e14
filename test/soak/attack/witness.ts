import { Client } from 'undici';
import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { VICTIM_REPLICAS, VICTIMS } from './scenery.ts';
import type { ServiceLog } from './service-log.ts';

/** A client that scales one Deployment after another to zero, evenly over a time, and then checks the audit trail. */
export class Witness {
  readonly #client: Client;
  readonly #answers = new Map<string, string>();
  readonly #running: Promise<void>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(
    port: number,
    tls: { readonly ca: string; readonly cert: string; readonly key: string },
    milliseconds: number,
  ) {
    this.#client = new Client(`https://127.0.0.1:${port}`, {
      connect: { ...tls, servername: 'localhost', localAddress: '127.0.0.10' },
    });
    this.#timer = setInterval(() => {
      if (this.#answers.size < VICTIMS) this.#running.push(this.#scale(`victim-${this.#answers.size}`));
    }, milliseconds / VICTIMS);
  }

  /** A summary of the answers to its writes. */
  get summary(): string {
    const counts = new Map<string, number>();
    for (const answer of this.#answers.values()) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    return `writes of the witness: ${[...counts].map(([answer, count]) => `${count} x ${answer}`).join(', ')}`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
    await this.#client.destroy();
  }

  /** Writes without an audit line, and writes that were neither made nor refused with LOG_BLOCKED. */
  problems(log: ServiceLog, demo: FakeApiServer): string[] {
    return [...this.#answers].flatMap(([name, answer]) => {
      const made = demo.deployments.get('victims', name)?.replicas !== VICTIM_REPLICAS;
      const lines = log.writes.get(`victims/${name}`) ?? 0;
      if (answer === '200' ? made && lines === 1 : answer === '503 LOG_BLOCKED' && !made && lines === 0)
        return [];
      return [`${name}: answered ${answer}, ${made ? 'made' : 'not made'}, ${lines} audit lines`];
    });
  }

  async #scale(name: string): Promise<void> {
    this.#answers.set(name, 'nothing');
    try {
      const { statusCode, body } = await this.#client.request({
        method: 'POST',
        path: `/replica-count?namespace=victims&deployment=${name}`,
        headers: { 'content-type': 'application/json' },
        body: '{"replicas":0}',
        signal: AbortSignal.timeout(10_000),
      });
      const text = await body.text();
      const { code }: { code?: string } = JSON.parse(text);
      this.#answers.set(name, code === undefined ? String(statusCode) : `${statusCode} ${code}`);
    } catch (error) {
      this.#answers.set(name, String(error));
    }
  }
}
