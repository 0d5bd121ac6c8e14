import { closeSync, openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';

const KIB = 1024;

/** The resident memory of this process, native memory included, as the kernel counts it against a memory limit. */
export class ProcessMemory {
  readonly #status: number | undefined;
  readonly #buffer = Buffer.alloc(4 * KIB);
  #bytes = 0;

  constructor() {
    try {
      // Opened at the start, because there may be no file descriptor left when memory gets scarce.
      this.#status = openSync('/proc/self/status', 'r');
    } catch {
      this.#status = undefined;
    }
  }

  /** Resident bytes now, or the last known value if they cannot be read. It never throws. */
  get bytes(): number {
    try {
      this.#bytes = this.#status === undefined ? process.memoryUsage.rss() : this.#read(this.#status);
    } catch {
      // No file descriptor is left. The overload guard reads this, and must not end the process.
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

/** The memory limit of the container, in bytes; undefined if it has none. */
export function containerMemory(): number | undefined {
  const limit = process.constrainedMemory();
  // cgroup v1 reports "no limit" as a number larger than the memory of any machine.
  return limit > 0 && limit < totalmem() ? limit : undefined;
}
