import { write, writeSync } from 'node:fs';

/** Ordinary lines that wait to be written, in all. Beyond that they are dropped. */
const MAX_WAITING_CHARACTERS = 1024 * 1024;
/** A longer line is dropped: a stack trace with all its causes has room. */
const MAX_LINE_CHARACTERS = 16 * 1024;
/** Audit lines that have room: those that wait to be written, and those that running writes will log. */
const MAX_AUDIT_LINES = 2_048;
/** How much is handed to the system at a time. */
const BATCH_CHARACTERS = 64 * 1024;
/** A pipe that is full, or broken, is tried again after this time. */
const RETRY_MS = 50;

/** Room for the audit line of one write. */
export interface AuditRoom {
  /**
   * Gives the line that `log` writes the room.
   * @param limitMs how long to wait for it
   * @returns resolves once the line has left the process, or when that takes too long: it is kept all the same
   */
  fill(log: () => void, limitMs: number): Promise<void>;
}

/** What takes log lines and sets room aside for those of writes. */
export interface LogSink {
  write(text: string): void;
  reserve(): AuditRoom | undefined;
}

interface Line {
  readonly text: string;
  /** Of an audit line: called once it is written. */
  readonly written?: () => void;
}

/**
 * Where log lines go: to a file descriptor, in order, without holding up the process and within bounds. A log that is
 * not read, or a disk that is full, costs ordinary lines, which are counted; the line of a write that was accepted has
 * room that was set aside before the write.
 */
export class LogStream implements LogSink {
  readonly #descriptor: number;
  readonly #waiting: Line[] = [];
  /** Of the ordinary lines in `#waiting`. */
  #characters = 0;
  /** Reserved, or waiting to be written. */
  #auditLines = 0;
  #filling: (() => void) | undefined;
  #writing: readonly Line[] = [];
  /** When the system was handed what is in `#writing`, on the clock of performance.now(). */
  #handedAt = 0;
  #dropped = 0;
  /** Dropped since the log last said so. */
  #untold = 0;

  /** @param descriptor default: standard output */
  constructor(descriptor = 1) {
    this.#descriptor = descriptor;
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** For pino: takes one line, or drops it where there is no room. */
  write(text: string): void {
    const written = this.#filling;
    this.#filling = undefined;
    if (written === undefined && !this.#hasRoomFor(text)) {
      this.#dropped += 1;
      this.#untold += 1;
      return;
    }
    if (written === undefined) this.#characters += text.length;
    this.#waiting.push(written === undefined ? { text } : { text, written });
    this.#next();
  }

  /** Sets room aside for an audit line; undefined where there is none, so that what it would tell must not be done. */
  reserve(): AuditRoom | undefined {
    if (this.#auditLines >= MAX_AUDIT_LINES) return undefined;
    this.#auditLines += 1;
    return { fill: (log, limitMs) => this.#fill(log, limitMs) };
  }

  /** Resolves once every line is written, or after the limit. */
  async flushed(limitMs: number): Promise<void> {
    const givesUpAt = performance.now() + limitMs;
    while (this.#waiting.length + this.#writing.length > 0 && performance.now() < givesUpAt)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /**
   * For a process that is about to end by an error: writes what waits at once, and the line after it. Where the log is
   * not read it writes nothing, as it would wait for that for ever.
   */
  writeLast(text: string): void {
    if (this.#writing.length > 0 && performance.now() - this.#handedAt > RETRY_MS) return;
    try {
      writeSync(this.#descriptor, [...this.#waiting.map((line) => line.text), text].join(''));
    } catch {
      // The process ends anyway, and there is nowhere else to tell it.
    }
  }

  #hasRoomFor(text: string): boolean {
    return text.length <= MAX_LINE_CHARACTERS && this.#characters + text.length <= MAX_WAITING_CHARACTERS;
  }

  #fill(log: () => void, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      const end = () => {
        this.#auditLines -= 1;
        clearTimeout(timer);
        resolve();
      };
      this.#filling = end;
      log();
      // At this level it is not written.
      if (this.#filling === end) {
        this.#filling = undefined;
        end();
      }
    });
  }

  /** Hands the next lines to the system, unless some are there already. */
  #next(): void {
    if (this.#writing.length > 0 || this.#waiting.length === 0) return;
    let characters = 0;
    let count = 0;
    while (count < this.#waiting.length && characters < BATCH_CHARACTERS) {
      characters += this.#waiting[count]?.text.length ?? 0;
      count += 1;
    }
    this.#writing = this.#waiting.splice(0, count);
    this.#handedAt = performance.now();
    this.#send(Buffer.from(this.#writing.map(({ text }) => text).join('')));
  }

  #send(bytes: Buffer): void {
    write(this.#descriptor, bytes, (error, sent) => {
      const left = error === null ? bytes.subarray(sent) : bytes;
      if (left.length === 0) return this.#sent();
      if (error === null) return this.#send(left);
      // A process that has nothing else left to do does not wait for a log that is not read.
      setTimeout(() => this.#send(left), RETRY_MS).unref();
    });
  }

  #sent(): void {
    for (const { text, written } of this.#writing) {
      if (written === undefined) this.#characters -= text.length;
      else written();
    }
    this.#writing = [];
    if (this.#untold > 0) {
      const lines = this.#untold;
      this.#untold = 0;
      this.write(
        `${JSON.stringify({ level: 40, time: Date.now(), lines, msg: 'log lines were dropped' })}\n`,
      );
    }
    this.#next();
  }
}
