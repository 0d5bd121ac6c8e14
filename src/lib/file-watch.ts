import { setTimeout as sleep } from 'node:timers/promises';

export interface FileWatchOptions {
  /** Reads the files and does what their contents ask for. Must not throw. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  /** The pause between two looks. Default: 2 s. */
  readonly pollMs?: number | undefined;
}

/**
 * Looks at some files every few seconds, one look at a time. It reads the contents and asks the file system for no
 * notifications: these miss changes on network file systems, through symbolic links and when inotify watches run out.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #stop = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** The first look is at once. Does not keep the process alive. */
  start(): void {
    this.#looking = this.#lookOn(this.#stop.signal);
  }

  /** Ends the pause, or waits for the look that is in progress. Once this resolves, nothing runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #lookOn(signal: AbortSignal): Promise<void> {
    const { look, pollMs = 2_000 } = this.#options;
    while (!signal.aborted) {
      await look(signal);
      await pause(pollMs, signal);
    }
  }
}

/** How to read files that may be in the middle of a change. */
export interface AtRestOptions<T> {
  readonly read: () => Promise<T>;
  readonly same: (left: T, right: T) => boolean;
  /** Whether these contents were seen before, which is the usual case: then there is no need to wait. */
  readonly known: (contents: T) => boolean;
  /** How long the files must stay the same before they count: they rarely change all at once. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

/** After this many readings, files that keep changing are taken as they are. */
const MAX_READINGS = 50;

/** The contents of files, once two readings agree; undefined: the signal was aborted. */
export async function readAtRest<T>(options: AtRestOptions<T>): Promise<T | undefined> {
  const { read, same, known, settleMs, signal } = options;
  let contents = await read();
  for (let reading = 1; reading < MAX_READINGS; reading += 1) {
    if (signal.aborted) return undefined;
    if (known(contents)) return contents;
    await pause(settleMs, signal);
    const next = await read();
    if (same(next, contents)) break;
    contents = next;
  }
  return signal.aborted ? undefined : contents;
}

/** Resolves after this time, or at once when the signal is aborted. Does not keep the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: false, signal }).catch(() => {});
}
