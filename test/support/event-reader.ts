import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { expectDocumented } from './documented.ts';
import { until } from './until.ts';

/** An event as an EventSource dispatches it. */
export interface ReceivedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The id of its own; undefined: it has none. */
  readonly id: string | undefined;
}

export interface EventReaderTarget {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EventReaderOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly lastEventId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: events are kept. */
  readonly onEvent?: (event: ReceivedEvent) => void;
}

/**
 * A reader of a stream of events on a connection of its own, which parses it as an EventSource does. It throws for an
 * answer that openapi.yaml does not document.
 */
export class EventReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body of an answer that is not a stream. */
  error: unknown;
  readonly events: ReceivedEvent[] = [];
  /** As of an EventSource: also of a heartbeat, which is not an event. */
  lastEventId = '';
  /** How many ids came without an event. */
  heartbeats = 0;
  /** Whether the connection has closed. */
  closed = false;
  /** Whether the answer has ended as it should. */
  complete = false;
  readonly #answer: IncomingMessage;
  readonly #onEvent: (event: ReceivedEvent) => void;
  #rest = '';
  #fields = blank();

  private constructor(answer: IncomingMessage, onEvent: ((event: ReceivedEvent) => void) | undefined) {
    this.#answer = answer;
    this.status = answer.statusCode ?? 0;
    this.headers = answer.headers;
    this.#onEvent = onEvent ?? ((event) => void this.events.push(event));
    answer.on('close', () => {
      this.closed = true;
      this.complete = answer.complete;
    });
    answer.on('error', () => {});
  }

  /** Resolves once the headers of the answer have come; with an error, once all of it has. */
  static async open(
    { port, ca, cert, key }: EventReaderTarget,
    path: string,
    { method = 'GET', lastEventId, headers = {}, onEvent }: EventReaderOptions = {},
  ): Promise<EventReader> {
    const sent = request({
      host: 'localhost',
      port,
      path,
      method,
      ca,
      cert,
      key,
      agent: false,
      headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    });
    // The connection may break at any time later too.
    sent.on('error', () => {});
    sent.end();
    const [answer] = await once(sent, 'response');
    const reader = new EventReader(answer, onEvent);
    const isStream = reader.status === 200 && method === 'GET';
    let body = '';
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      if (isStream) reader.#take(text);
      else body += text;
    });
    if (!isStream) await until(() => reader.closed);
    expectDocumented({ method, path, status: reader.status, headers: reader.headers, body });
    if (body !== '') reader.error = JSON.parse(body);
    return reader;
  }

  /** The events of this type. */
  of(type: string): ReceivedEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** Resolves with the first event of this type and, if it is given, with these data. */
  async next(type: string, matches: (data: ReceivedEvent['data']) => boolean = () => true) {
    const find = () => this.of(type).find(({ data }) => matches(data));
    await until(() => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  /** Stops to read. */
  pause(): void {
    this.#answer.pause();
    // Otherwise the parser would go on for a while.
    this.#answer.socket.pause();
  }

  resume(): void {
    this.#answer.socket.resume();
    this.#answer.resume();
  }

  /** Cuts the connection. */
  close(): void {
    this.#answer.destroy();
    this.#answer.socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    if (field === 'event') this.#fields.type = value;
    else if (field === 'data') this.#fields.data.push(value);
    else if (field === 'id') this.#fields.id = value;
    else throw new Error(`unknown field: ${line}`);
  }

  #dispatch(): void {
    const { type, data, id } = this.#fields;
    this.#fields = blank();
    if (id !== undefined) this.lastEventId = id;
    if (data.length > 0) this.#onEvent({ type, data: JSON.parse(data.join('\n')), id });
    else this.heartbeats += 1;
  }
}

interface Fields {
  type: string;
  readonly data: string[];
  id: string | undefined;
}

function blank(): Fields {
  return { type: 'message', data: [], id: undefined };
}
