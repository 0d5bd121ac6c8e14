import { write, writeSync } from 'node:fs';
import { logLine } from './log-line.ts';

/** Characters of all ordinary lines that wait to be written. Further lines are dropped. */
const MAX_WAITING_CHARACTERS = 1024 * 1024;
/** A longer line is dropped. A stack trace with all its causes fits. */
const MAX_LINE_CHARACTERS = 16 * 1024;
/** Audit lines that may have room at a time: those that wait to be written, and those that running writes will log. */
const MAX_AUDIT_LINES = 2_048;
/** How much is handed to the system at a time. */
const BATCH_CHARACTERS = 64 * 1024;
/** Writing to a full or broken pipe is tried again after this time. */
const RETRY_MS = 50;

/** Room for the audit line of one write. */
export interface AuditRoom {
  /**
   * Uses the room for the line that `log` writes.
   * @param limitMs how long to wait for the line to be written
   * @returns resolves once the line has left the process, or after the limit. The line stays queued in that case.
   */
  fill(log: () => void, limitMs: number): Promise<void>;
}

/** Takes log lines, and reserves room for the audit lines of writes. */
export interface LogSink {
  write(text: string): void;
  reserve(): AuditRoom | undefined;
}

interface Line {
  readonly text: string;
  /** For an audit line only: called once it is written. */
  readonly written?: () => void;
}

/**
 * Writes log lines to a file descriptor, in order, with bounded memory and without blocking the process. If the log is
 * not read or the disk is full, ordinary lines are dropped and counted. The audit line of an accepted write is never
 * dropped, because its room was reserved before the write.
 */
export class LogStream implements LogSink {
  readonly #descriptor: number;
  /** Another form of lines than JSON, for a terminal. */
  #form: (line: string) => string = (line) => line;
  readonly #waiting: Line[] = [];
  /** Characters of the ordinary lines in `#waiting` and `#writing`. */
  #characters = 0;
  /** Audit lines that are reserved or wait to be written. */
  #auditLines = 0;
  #filling: (() => void) | undefined;
  #writing: readonly Line[] = [];
  /** When `#writing` was handed to the system, on the clock of performance.now(). */
  #handedAt = 0;
  #dropped = 0;
  /** Lines dropped since the log last reported it. */
  #unreported = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From now on writes lines in this form, which says what the JSON of a line says. */
  setForm(form: (line: string) => string): void {
    this.#form = form;
  }

  /** For pino: takes one line, or drops it if there is no room. */
  write(json: string): void {
    const text = this.#form(json);
    const written = this.#filling;
    this.#filling = undefined;
    if (written === undefined && !this.#hasRoomFor(text)) {
      this.#dropped += 1;
      this.#unreported += 1;
      return;
    }
    if (written === undefined) this.#characters += text.length;
    this.#waiting.push(written === undefined ? { text } : { text, written });
    this.#next();
  }

  /** Reserves room for an audit line. If it returns undefined there is no room, and the write must not be made. */
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
   * For a process that is about to end because of an error: writes the waiting lines and then this line, synchronously.
   * It writes nothing if the log is not being read, because it would block for ever.
   */
  writeLast(text: string): void {
    if (this.#writing.length > 0 && performance.now() - this.#handedAt > RETRY_MS) return;
    try {
      writeSync(this.#descriptor, [...this.#waiting.map((line) => line.text), this.#form(text)].join(''));
    } catch {
      // The process ends anyway, and there is no other place to report this.
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
      // The log level suppressed the line.
      if (this.#filling === end) {
        this.#filling = undefined;
        end();
      }
    });
  }

  /** Hands the next lines to the system, unless it is still writing earlier ones. */
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
      // unref: a process that has nothing else to do must not wait for a log that nobody reads.
      setTimeout(() => this.#send(left), RETRY_MS).unref();
    });
  }

  #sent(): void {
    for (const { text, written } of this.#writing) {
      if (written === undefined) this.#characters -= text.length;
      else written();
    }
    this.#writing = [];
    if (this.#unreported > 0) {
      const lines = this.#unreported;
      this.#unreported = 0;
      this.write(logLine('warn', { lines }, 'log lines were dropped'));
    }
    this.#next();
  }
}
