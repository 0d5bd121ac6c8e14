import type { Socket } from 'node:net';
import { SocketPlaces } from '../lib/socket-places.ts';
import type { Families } from './metrics/families.ts';

/** Scrapes at a time; a new one takes the place of the oldest. */
const MAX_SCRAPES = 10;
/** For how long scrapes are given the same text, so that they cost the process no more than one a second. */
const SHARED_MS = 1_000;
/** Texts at a time, of which slow readers hold the earlier ones. Those who read the oldest are cut for another. */
const MAX_TEXTS = 3;

/** A text, and the sockets to which it is sent. */
interface Scrape {
  readonly text: Promise<readonly Buffer[]>;
  readonly sockets: Set<Socket>;
}

/** Gives scrapes the text of the metrics. It may be megabytes, so only a few are held, however slowly they are read. */
export class Scrapes {
  readonly #metrics: Pick<Families, 'text'>;
  readonly #places = new SocketPlaces(MAX_SCRAPES);
  /** The oldest first. */
  #scrapes: Scrape[] = [];
  #latest: Scrape | undefined;

  constructor(metrics: Pick<Families, 'text'>) {
    this.#metrics = metrics;
  }

  /** The text for a socket, which is cut if it has not taken it before its place or its text is needed. */
  text(socket: Socket): Promise<readonly Buffer[]> {
    this.#places.add(socket);
    const scrape = this.#latest ?? this.#begin();
    scrape.sockets.add(socket);
    socket.once('close', () => {
      this.#places.remove(socket);
      scrape.sockets.delete(socket);
      this.#drop();
    });
    return scrape.text;
  }

  #begin(): Scrape {
    const scrape: Scrape = { text: this.#metrics.text(), sockets: new Set() };
    const forget = () => {
      if (this.#latest === scrape) this.#latest = undefined;
      this.#drop();
    };
    scrape.text.then(() => setTimeout(forget, SHARED_MS).unref(), forget);
    if (this.#scrapes.length >= MAX_TEXTS)
      for (const socket of this.#scrapes.shift()?.sockets ?? []) socket.destroy();
    this.#scrapes.push(scrape);
    this.#latest = scrape;
    return scrape;
  }

  /** Lets go of the texts that nobody reads. */
  #drop(): void {
    this.#scrapes = this.#scrapes.filter((each) => each === this.#latest || each.sockets.size > 0);
  }
}
