import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { parse } from 'yaml';

const DEPLOYMENTS = '/apis/apps/v1/deployments';
/** How the service asks for its first list. */
const WATCH_LIST =
  'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
/** In the bookmark after the last Deployment. */
const END = 'k8s.io/initial-events-end';

/** A client of the API server that does nothing with what it gets, with the credentials of the service. */
export class ApiClient implements Disposable {
  readonly #agent: Agent;
  readonly #options: RequestOptions;

  private constructor(server: URL, ca: string, token: string) {
    this.#agent = new Agent({ keepAlive: true, ca });
    const { hostname, port } = server;
    this.#options = { agent: this.#agent, hostname, port, headers: { authorization: `Bearer ${token}` } };
  }

  /** @param kubeconfig a file that names one cluster and one user with a token */
  static async of(kubeconfig: string): Promise<ApiClient> {
    const { clusters, users } = parse(await readFile(kubeconfig, 'utf8'));
    const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
    return new ApiClient(new URL(server), Buffer.from(ca, 'base64').toString(), users[0].user.token);
  }

  /** Reads all Deployments as the service does, compressed, and resolves after the last one, with the seconds. */
  async readAll(): Promise<number> {
    const startedAt = performance.now();
    const path = `${DEPLOYMENTS}?${WATCH_LIST}`;
    const response = await this.#send('GET', path, { 'accept-encoding': 'gzip' });
    const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
    let tail = '';
    for await (const chunk of body) {
      tail = (tail + chunk.toString('latin1')).slice(-512);
      if (tail.includes(END)) break;
    }
    response.destroy();
    return (performance.now() - startedAt) / 1_000;
  }

  /** Sets the count of a Deployment, as the service does. */
  async scale(namespace: string, name: string, replicas: number): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`;
    const type = { 'content-type': 'application/merge-patch+json' };
    const response = await this.#send('PATCH', path, type, JSON.stringify({ spec: { replicas } }));
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`the API server refused a write: ${body}`);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<IncomingMessage> {
    const all = { ...this.#options.headers, ...headers };
    const [response] = await once(
      request({ ...this.#options, method, path, headers: all }).end(body),
      'response',
    );
    return response;
  }
}
