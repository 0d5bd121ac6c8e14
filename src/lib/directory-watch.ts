import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Calls back when something in one of some directories changes. A hint and no more: directories that vanish, network
 * file systems and exhausted inotify watches give none, so look from time to time yourself.
 */
export class DirectoryWatch {
  readonly #onChange: () => void;
  /** The watcher of each directory and what the path led to when it began. */
  readonly #watchers = new Map<string, { watcher: FSWatcher; identity: string } | undefined>();
  #closed = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches these directories and no others: what is not watched yet, and anew where another directory has taken the
   * place of one. Never throws.
   */
  async renew(directories: Iterable<string>): Promise<void> {
    const wanted = new Set(directories);
    for (const directory of this.#watchers.keys()) {
      if (wanted.has(directory)) continue;
      this.#drop(directory);
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) {
      const identity = await identityOf(directory);
      if (this.#closed) return;
      if (this.#watchers.get(directory)?.identity === identity) continue;
      this.#drop(directory);
      if (identity !== undefined) this.#watch(directory, identity);
    }
  }

  close(): void {
    this.#closed = true;
    for (const directory of this.#watchers.keys()) this.#drop(directory);
  }

  #watch(directory: string, identity: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, this.#onChange);
      watcher.on('error', () => this.#drop(directory));
      this.#watchers.set(directory, { watcher, identity });
    } catch {
      // Tried again at the next call.
    }
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.watcher.close();
    this.#watchers.set(directory, undefined);
  }
}

/** File systems give the inode of a deleted directory to the next one: the time of birth tells them apart. */
async function identityOf(directory: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeNs } = await stat(directory, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return undefined;
  }
}
