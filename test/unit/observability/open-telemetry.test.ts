import { AsyncLocalStorage } from 'node:async_hooks';
import { SpanKind } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenTelemetry } from '../../../src/observability/open-telemetry.ts';
import { BATCH_SPANS, MAX_SPANS } from '../../../src/observability/span-queue.ts';

/** A collector whose answers the test gives. */
class ScriptedExporter implements SpanExporter {
  readonly spans: ReadableSpan[] = [];
  readonly answers: ((result: ExportResult) => void)[] = [];
  /** Whether it answers at once. */
  answering = true;

  export(spans: ReadableSpan[], answer: (result: ExportResult) => void): void {
    this.spans.push(...spans);
    if (this.answering) answer({ code: ExportResultCode.SUCCESS });
    else this.answers.push(answer);
  }
  async shutdown(): Promise<void> {}
}

const TIMING = { delayMs: 1_000, deadlineMs: 30_000 };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const ANSWER = {
  route: '/healthz',
  status: 200,
  errorCode: undefined,
  requestId: 'a',
  cluster: undefined,
  namespace: undefined,
  deployment: undefined,
};

let exporter: ScriptedExporter;
let tracing: OpenTelemetry;
let dropped: number[];
beforeEach(() => {
  vi.useFakeTimers();
  exporter = new ScriptedExporter();
  tracing = new OpenTelemetry(exporter, TIMING);
  dropped = [];
  tracing.onDropped((spans) => dropped.push(spans));
  return () => vi.useRealTimers();
});

/** Makes the spans of this many requests. */
function trace(count: number, headers: Record<string, string> = {}): void {
  for (let at = 0; at < count; at += 1) tracing.beginRequest('GET', headers).end(ANSWER);
}

describe('the queue of spans', () => {
  it('sends a batch at once, and fewer spans after a second', async () => {
    trace(BATCH_SPANS + 1);
    expect(exporter.spans).toHaveLength(BATCH_SPANS);
    await vi.advanceTimersByTimeAsync(TIMING.delayMs);
    expect(exporter.spans).toHaveLength(BATCH_SPANS + 1);
    expect(tracing.dropped).toBe(0);
  });

  it('holds no more than its bound and a batch while the collector does not answer, and counts the rest', async () => {
    exporter.answering = false;
    trace(BATCH_SPANS + MAX_SPANS + 7);
    expect(exporter.answers).toHaveLength(1);
    expect(tracing.dropped).toBe(7);
    expect(dropped).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('gives up a batch that the collector does not answer within its deadline', async () => {
    exporter.answering = false;
    trace(BATCH_SPANS);
    await vi.advanceTimersByTimeAsync(TIMING.deadlineMs);
    expect(tracing.dropped).toBe(BATCH_SPANS);
    exporter.answering = true;
    trace(BATCH_SPANS);
    await vi.advanceTimersByTimeAsync(0);
    expect(exporter.spans).toHaveLength(2 * BATCH_SPANS);
    expect(tracing.dropped).toBe(BATCH_SPANS);
  });

  it('counts a batch that the collector refuses', async () => {
    exporter.answering = false;
    trace(BATCH_SPANS);
    exporter.answers[0]?.({ code: ExportResultCode.FAILED });
    await vi.advanceTimersByTimeAsync(0);
    expect(dropped).toEqual([BATCH_SPANS]);
  });

  it('is sent when the service stops, within a limit', async () => {
    trace(3);
    await tracing.stop(1_000);
    expect(exporter.spans).toHaveLength(3);
    exporter.answering = false;
    trace(BATCH_SPANS + 2);
    const stopped = tracing.stop(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await stopped;
    expect(tracing.dropped).toBe(2);
  });
});

describe('the trace of a client', () => {
  it('is gone on with, if its header is valid', () => {
    trace(BATCH_SPANS, { traceparent: `00-${TRACE}-${PARENT}-01` });
    expect(exporter.spans[0]?.spanContext().traceId).toBe(TRACE);
    expect(exporter.spans[0]?.parentSpanContext?.spanId).toBe(PARENT);
  });

  it.each([
    `00-${TRACE}-${PARENT}`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    'x'.repeat(10_000),
  ])('is another one if its header is %s', (traceparent) => {
    trace(BATCH_SPANS, { traceparent });
    expect(exporter.spans[0]?.spanContext().traceId).not.toBe(TRACE);
    expect(exporter.spans[0]?.parentSpanContext).toBeUndefined();
  });

  it('is not recorded if it is not sampled', async () => {
    trace(BATCH_SPANS, { traceparent: `00-${TRACE}-${PARENT}-00` });
    await tracing.stop(0);
    expect(exporter.spans).toEqual([]);
  });

  it('brings no more than 512 characters of tracestate', () => {
    const tracestate = `a=${'x'.repeat(600)}`;
    trace(BATCH_SPANS, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate });
    expect(exporter.spans[0]?.spanContext().traceState?.serialize() ?? '').toBe('');
  });
});

describe('a call to an API server', () => {
  const request = { path: '/apis/apps/v1/namespaces/shop/deployments/cart/scale', deadlineMs: 1 };

  it('carries the context of its span, which is a child of the request that runs', async () => {
    const span = tracing.beginRequest('POST', {
      traceparent: `00-${TRACE}-${PARENT}-01`,
      tracestate: 'vendor=a',
    });
    let headers: Readonly<Record<string, string>> = {};
    span.run(() => {
      const call = tracing.callsOf('one').began(request, 'call');
      headers = call.headers ?? {};
      call.ended(409);
    });
    span.end(ANSWER);
    await tracing.stop(0);
    const [ofCall, ofRequest] = exporter.spans;
    expect(headers).toEqual({
      traceparent: `00-${TRACE}-${ofCall?.spanContext().spanId}-01`,
      tracestate: 'vendor=a',
    });
    expect(ofCall?.parentSpanContext?.spanId).toBe(ofRequest?.spanContext().spanId);
    expect(ofCall?.attributes).toMatchObject({
      'http.response.status_code': 409,
      'error.type': '409',
      'k8s.cluster.name': 'one',
    });
  });

  it('that outlives its request has a trace of its own, for which the client of that request does not decide', async () => {
    for (const flags of ['01', '00']) {
      const ended = tracing.beginRequest('GET', { traceparent: `00-${TRACE}-${PARENT}-${flags}` });
      let later: () => void = () => {};
      ended.run(() => {
        later = AsyncLocalStorage.bind(() => tracing.callsOf('one').began(request, 'call').ended(200));
      });
      ended.end(ANSWER);
      later();
    }
    await tracing.stop(0);
    const calls = exporter.spans.filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      expect(call.parentSpanContext).toBeUndefined();
      expect(call.spanContext().traceId).not.toBe(TRACE);
    }
  });

  it('says which error it ended with, without its text', async () => {
    tracing.callsOf('one').began(request, 'watch').ended(new TypeError('a secret'));
    await tracing.stop(0);
    const [span] = exporter.spans;
    expect(span?.attributes).toMatchObject({ 'error.type': 'TypeError', 'scaler.watch': true });
    expect(JSON.stringify([span?.attributes, span?.events, span?.status])).not.toContain('secret');
    expect(span?.parentSpanContext).toBeUndefined();
  });
});
