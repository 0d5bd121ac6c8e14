import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { type CertificateFiles, readCertificates } from '../load.ts';

/** A client of the service with one connection. */
export class ServiceClient implements Disposable {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(port: number, certificates: CertificateFiles) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ...readCertificates(certificates) });
    this.#port = port;
  }

  /** Reads a count. */
  async count(namespace: string, name: string): Promise<number> {
    return this.#replicaCount('GET', namespace, name);
  }

  /** Sets a count, and resolves after the answer. */
  async scale(namespace: string, name: string, replicas: number): Promise<void> {
    await this.#replicaCount('POST', namespace, name, JSON.stringify({ replicas }));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #replicaCount(method: string, namespace: string, name: string, body = ''): Promise<number> {
    const path = `/replica-count?namespace=${namespace}&deployment=${name}`;
    const headers = body === '' ? {} : { 'content-type': 'application/json' };
    const options = { agent: this.#agent, host: 'localhost', port: this.#port, method, path, headers };
    const [response] = await once(request(options).end(body), 'response');
    const answer = await text(response);
    if (response.statusCode !== 200)
      throw new Error(`the service answered ${response.statusCode}: ${answer}`);
    const { replicaCount }: { replicaCount: number } = JSON.parse(answer);
    return replicaCount;
  }
}
