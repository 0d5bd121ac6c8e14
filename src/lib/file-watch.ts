import { setTimeout as sleep } from 'node:timers/promises';
import { DirectoryWatch } from './directory-watch.ts';

export interface FileWatchOptions {
  /** The directories of the files, asked for before each look. */
  readonly directories: () => Iterable<string>;
  /** Reads the files and does what their content asks for. Must not throw. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly pollMs: number;
}

/**
 * Has a look at some files when their directories change, and every few seconds as well: however they change, in place,
 * renamed over, by the symbolic link of a Kubernetes volume. One look at a time; what happens meanwhile is worth another.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #directories = new DirectoryWatch(() => this.#look());
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** Begins with a look. */
  start(): void {
    this.#timer = setInterval(() => this.#look(), this.#options.pollMs).unref();
    this.#look();
  }

  /** Resolves when nothing is left of it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#timer);
    this.#directories.close();
    await this.#looking;
  }

  #look(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#lookAgain = false;
    this.#looking = this.#renewAndLook().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain) this.#look();
    });
  }

  async #renewAndLook(): Promise<void> {
    // Before reading: what changes after it is seen by the watcher.
    await this.#directories.renew(this.#options.directories());
    await this.#options.look(this.#stop.signal);
  }
}

/** How files are read that may be about to change. */
export interface AtRestOptions<T> {
  readonly read: () => Promise<T>;
  readonly same: (left: T, right: T) => boolean;
  /** Whether the contents are old ones, the usual case: then there is no need to wait. */
  readonly known: (contents: T) => boolean;
  /** How long the files have to stay the same before they count, as they seldom change all at once. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

/** Files that never come to rest are judged after so many readings all the same. */
const MAX_READINGS = 50;

/** The contents of files, once two readings agree; undefined: the signal was aborted. */
export async function readAtRest<T>(options: AtRestOptions<T>): Promise<T | undefined> {
  const { read, same, known, settleMs, signal } = options;
  let contents = await read();
  for (let reading = 1; reading < MAX_READINGS; reading += 1) {
    if (signal.aborted) return undefined;
    if (known(contents)) return contents;
    await sleep(settleMs, undefined, { ref: false, signal }).catch(() => {});
    const next = await read();
    if (same(next, contents)) break;
    contents = next;
  }
  return signal.aborted ? undefined : contents;
}
