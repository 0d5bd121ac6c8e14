import type { Logger } from '../../../src/lib/logger.ts';

interface Line {
  readonly level: keyof Logger;
  readonly context: object;
  readonly message: string;
}

/** Keeps all log lines. */
export class RecordingLogger implements Logger {
  readonly lines: Line[] = [];

  debug(context: object, message: string): void {
    this.lines.push({ level: 'debug', context, message });
  }
  info(context: object, message: string): void {
    this.lines.push({ level: 'info', context, message });
  }
  warn(context: object, message: string): void {
    this.lines.push({ level: 'warn', context, message });
  }
  error(context: object, message: string): void {
    this.lines.push({ level: 'error', context, message });
  }
}
