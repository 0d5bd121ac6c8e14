import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';

/** The address of an API server and the credentials, in PEM. */
export interface KubeEndpoint {
  readonly url: string;
  readonly ca: string;
  /** Without a certificate, requests are anonymous. */
  readonly cert?: string;
  readonly key?: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body if it is JSON, otherwise its text. */
  readonly body: unknown;
}

/** Plain requests to a Kubernetes API server, for tests of its own behaviour. */
export class KubeRequests {
  readonly #url: string;
  readonly #agent: Agent;

  constructor({ url, ca, cert, key }: KubeEndpoint) {
    this.#url = url;
    const login = cert === undefined || key === undefined ? {} : { cert, key };
    this.#agent = new Agent({ connect: { ca, ...login } });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<KubeAnswer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<KubeAnswer> {
    return this.send('POST', path, body, { 'content-type': 'application/json' });
  }

  patch(path: string, body: unknown, type = 'application/merge-patch+json'): Promise<KubeAnswer> {
    return this.send('PATCH', path, body, { 'content-type': type });
  }

  delete(path: string): Promise<KubeAnswer> {
    return this.send('DELETE', path, undefined, {});
  }

  /** Sends `body` unchanged if it is a string, otherwise as JSON. */
  async send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<KubeAnswer> {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const options = { method, headers, body: text, dispatcher: this.#agent };
    const answer = await request(this.#url + path, options);
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const answered = (answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const json = String(answer.headers['content-type']).startsWith('application/json');
    // A watch consists of many JSON texts, one per line.
    const stream = json && path.includes('watch=');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: !json
        ? answered
        : stream && answer.statusCode === 200
          ? parseLines(answered)
          : JSON.parse(answered),
    };
  }

  /** The events of a watch, as they arrive. The watch ends when the caller stops reading. */
  async *watch(path: string, headers: Record<string, string> = {}): AsyncGenerator<unknown, void> {
    const answer = await request(this.#url + path, { headers, dispatcher: this.#agent });
    // The end of the loop aborts the request, which undici reports as an error.
    answer.body.on('error', () => {});
    const compressed = answer.headers['content-encoding'] === 'gzip';
    const body = compressed ? pipeline(answer.body, createGunzip(), () => {}) : answer.body;
    let unfinished = '';
    for await (const chunk of body.setEncoding('utf8')) {
      const lines = `${unfinished}${chunk}`.split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

/** The value at a path such as `metadata.resourceVersion` or `items.0.spec`, or undefined. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.getOwnPropertyDescriptor(found, key)?.value;
  }
  return found;
}

/** The text at a path. @throws Error if the value is not a string */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  if (typeof found !== 'string') throw new Error(`no text at ${path}: ${JSON.stringify(value)}`);
  return found;
}

/** The array at a path. @throws Error if the value is not an array */
export function arrayAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  if (!Array.isArray(found)) throw new Error(`no array at ${path}: ${JSON.stringify(value)}`);
  return found;
}
