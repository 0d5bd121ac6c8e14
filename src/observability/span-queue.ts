import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { sleep } from '../lib/sleep.ts';

/** Spans that wait to be sent, some 3 KB each. Further ones are dropped. */
export const MAX_SPANS = 2_048;
/** Spans per request to the collector: they are made JSON in one turn of the event loop. */
export const BATCH_SPANS = 256;

/** The times of a SpanQueue, which tests shorten. */
export interface SpanQueueTiming {
  /** How long a span waits for others to be sent with. */
  readonly delayMs: number;
  /** After this time an unanswered request counts as failed, even if the collector still sends pieces of an answer. */
  readonly deadlineMs: number;
}

/**
 * Sends ended spans to the collector, a batch at a time. It never makes the service wait: a collector that is slow or gone
 * costs no more than the queue and one batch under way. The batch processor of the SDK does not tell how many spans it drops.
 */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #timing: SpanQueueTiming;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Resolves once the batch under way has been delivered or dropped. */
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #onDropped: (spans: number) => void = () => {};

  constructor(exporter: SpanExporter, timing: SpanQueueTiming) {
    this.#exporter = exporter;
    this.#timing = timing;
  }

  /** Spans dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  set onDropped(listener: (spans: number) => void) {
    this.#onDropped = listener;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#waiting.length >= MAX_SPANS) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH_SPANS) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#timing.delayMs).unref();
  }

  /** Resolves once every span that has ended by now was delivered or dropped. */
  async forceFlush(): Promise<void> {
    while (this.#sending !== undefined || this.#waiting.length > 0) {
      this.#send();
      await this.#sending;
    }
  }

  async shutdown(): Promise<void> {
    clearTimeout(this.#timer);
    this.#drop(this.#waiting.length);
    this.#waiting = [];
    await this.#exporter.shutdown();
  }

  #drop(spans: number): void {
    if (spans === 0) return;
    this.#dropped += spans;
    this.#onDropped(spans);
  }

  /** Sends the next batch, unless one is under way. */
  #send(): void {
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting.splice(0, BATCH_SPANS);
    this.#sending = this.#delivers(batch).then((delivered) => {
      this.#sending = undefined;
      if (!delivered) this.#drop(batch.length);
      if (this.#waiting.length >= BATCH_SPANS) this.#send();
      else if (this.#waiting.length > 0)
        this.#timer ??= setTimeout(() => this.#send(), this.#timing.delayMs).unref();
    });
  }

  async #delivers(batch: ReadableSpan[]): Promise<boolean> {
    const answered = new AbortController();
    const exported = new Promise<boolean>((resolve) => {
      try {
        this.#exporter.export(batch, ({ code }) => resolve(code === ExportResultCode.SUCCESS));
      } catch {
        resolve(false); // a span that cannot be made JSON
      }
    });
    const late = sleep(this.#timing.deadlineMs, answered.signal).then(() => false);
    const delivered = await Promise.race([exported, late]);
    answered.abort();
    return delivered;
  }
}
