import { closeSync, openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';

const KIB = 1024;

/** The memory that this process has, native memory included, as the kernel counts it before it ends a process. */
export class ProcessMemory {
  readonly #status: number | undefined;
  readonly #buffer = Buffer.alloc(4 * KIB);
  #bytes = 0;

  constructor() {
    try {
      // Open from the start: when memory gets scarce there may be no file descriptor left.
      this.#status = openSync('/proc/self/status', 'r');
    } catch {
      this.#status = undefined;
    }
  }

  /** Resident bytes now, or as they were last known. It never throws. */
  get bytes(): number {
    try {
      this.#bytes = this.#status === undefined ? process.memoryUsage.rss() : this.#read(this.#status);
    } catch {
      // No descriptor, or a system without that file: the guard that asks must not end the process.
    }
    return this.#bytes;
  }

  close(): void {
    if (this.#status !== undefined) closeSync(this.#status);
  }

  #read(status: number): number {
    const length = readSync(status, this.#buffer, 0, this.#buffer.length, 0);
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(this.#buffer.toString('latin1', 0, length))?.[1];
    return Number(kib) * KIB;
  }
}

/** The memory limit of the container, in bytes; undefined where there is none. */
export function containerMemory(): number | undefined {
  const limit = process.constrainedMemory();
  // Without a limit cgroup v1 names a number that no machine has.
  return limit > 0 && limit < totalmem() ? limit : undefined;
}
