import { Agent, type Dispatcher } from 'undici';
import { expectDocumented, textOf } from './documented.ts';

/** An answer of the service with its parsed body. */
export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: unknown;
}

type Headers = Readonly<Record<string, string>>;

/**
 * A client of the service with a certificate, kept connections, and as many of them as it needs. It throws for an answer
 * that openapi.yaml does not document.
 */
export class TestClient {
  readonly #agent: Agent;
  readonly #origin: string;

  constructor(port: number, tls: { readonly ca: string; readonly cert: string; readonly key: string }) {
    this.#agent = new Agent({ allowH2: false, connect: tls });
    this.#origin = `https://localhost:${port}`;
  }

  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.request({ method: 'GET', path, headers });
  }

  post(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Reads one count. */
  count(namespace: string, deployment: string): Promise<Answer> {
    return this.get(`/replica-count?namespace=${namespace}&deployment=${deployment}`);
  }

  /** Sets one count. A body that is not a number is sent unchanged. */
  scale(namespace: string, deployment: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    const replicas = typeof body === 'number' ? { replicas: body } : body;
    return this.post(`/replica-count?namespace=${namespace}&deployment=${deployment}`, replicas, headers);
  }

  async request(options: Omit<Dispatcher.RequestOptions, 'origin'>): Promise<Answer> {
    const { statusCode, headers, body } = await this.#agent.request({ origin: this.#origin, ...options });
    const text = isEndless(headers) ? '' : textOf(headers, Buffer.from(await body.arrayBuffer()));
    // Closes the connection. EventReader reads streams.
    if (isEndless(headers)) body.destroy();
    expectDocumented({ method: options.method, path: options.path, status: statusCode, headers, body: text });
    const isJson = String(headers['content-type']).startsWith('application/json');
    return { status: statusCode, headers, body: text === '' ? undefined : isJson ? JSON.parse(text) : text };
  }

  /** Closes its connections. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function isEndless(headers: Answer['headers']): boolean {
  return headers['content-type'] === 'text/event-stream';
}
