import { setTimeout as sleep } from 'node:timers/promises';
import { EventReader, type ReceivedEvent } from '../../support/event-reader.ts';
import { arrayAt, at, textAt } from '../../support/kube-requests.ts';
import type { User } from './clients.ts';
import type { Soak } from './soak.ts';

const RETRY_MS = 500;

/** Keeps a copy of the counts from a stream of events, as docs/how-to/follow-changes.md says. */
export class Follower {
  readonly #soak: Soak;
  readonly #user: User;
  readonly #query: string;
  readonly #counts = new Map<string, number>();
  #reader: EventReader | undefined;
  #lastEventId = '';
  /** Events that have come since the states are being read. Undefined: they are not. */
  #waiting: ReceivedEvent[] | undefined;
  /** Whether the states could not be read, so that the next stream begins without an id. */
  #unread = true;
  #running = Promise.resolve();
  #stopping = false;
  /** Streams that were opened. */
  opened = 0;

  /** @param query of /events and of /scale, such as `?namespace=shop`, or empty */
  constructor(soak: Soak, user: User, query: string) {
    this.#soak = soak;
    this.#user = user;
    this.#query = query;
  }

  start(): void {
    this.#stopping = false;
    this.#running = this.#follow();
  }

  /** Cuts the stream. The next start resumes it where it was. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#reader?.close();
    await this.#running;
  }

  /** The count in the copy. Undefined: the copy has no such Deployment. */
  countOf(namespace: string, name: string): number | undefined {
    return this.#counts.get(`${namespace}/${name}`);
  }

  async #follow(): Promise<void> {
    while (!this.#stopping) {
      const startedAt = performance.now();
      const code = await this.#once().catch((error) => String(error));
      const endedAt = performance.now();
      if (this.#stopping) return;
      this.#soak.note('stream', code, startedAt, endedAt);
      await sleep(RETRY_MS);
    }
  }

  /** One stream. @returns the code of its refusal; undefined: it has ended as streams do */
  async #once(): Promise<string | undefined> {
    const isNew = this.#unread;
    const reader = await EventReader.open(this.#soak.clients.tls(this.#user), `/events${this.#query}`, {
      lastEventId: isNew ? undefined : this.#lastEventId,
      onEvent: (event) => {
        if (event.type === 'reset' || (event.type === 'ready' && isNew)) void this.#readAll(event.id);
        else if (this.#waiting === undefined) this.#take(event);
        else this.#waiting.push(event);
      },
    });
    this.#reader = reader;
    if (reader.status !== 200) return textAt(reader.error, 'code');
    this.opened += 1;
    while (!reader.closed && !this.#stopping) await sleep(100);
    reader.close();
    if (reader.lastEventId !== '') this.#lastEventId = reader.lastEventId;
    return undefined;
  }

  #take({ type, data }: ReceivedEvent): void {
    if (type === 'changed') this.#keep(data);
    else if (type === 'gone') this.#counts.delete(keyOf(data));
  }

  /** Reads all states, at least as new as this position, and then applies the events that came in between. */
  async #readAll(position = ''): Promise<void> {
    this.#waiting = [];
    const query = `${this.#query === '' ? '?' : `${this.#query}&`}minResourceVersion=${position}`;
    const asked = { method: 'GET', path: `/scale${query}` } as const;
    const answer = await this.#soak.ask('states for a stream', this.#user, asked).catch(() => undefined);
    if (answer === undefined) {
      this.#unread = true;
      this.#reader?.close();
    } else {
      this.#counts.clear();
      for (const item of arrayAt(answer.body, 'items')) this.#keep(item);
      for (const event of this.#waiting) this.#take(event);
      this.#unread = false;
    }
    this.#waiting = undefined;
  }

  #keep(state: unknown): void {
    this.#counts.set(keyOf(state), Number(at(state, 'replicas')));
  }
}

const keyOf = (state: unknown) => `${textAt(state, 'namespace')}/${textAt(state, 'deployment')}`;
