import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { OverloadedError } from '../src/api/errors.ts';
import { Garbage } from '../src/lib/garbage.ts';
import { ProcessMemory } from '../src/lib/process-memory.ts';
import { throttled } from '../src/lib/throttled.ts';

/** 0 switches a limit off. */
export interface OverloadOptions {
  /** Mean delay of the event loop, in milliseconds. Requests are refused if two seconds in a row exceed it. */
  readonly maxEventLoopDelayMs: number;
  /** Resident memory of the process, native memory included. */
  readonly maxMemoryBytes: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether new requests are refused because the process cannot keep up. */
    readonly isOverloaded: () => boolean;
  }
}

const RESOLUTION_MS = 10;
const DELAY_SAMPLE_MS = 1_000;
const MEMORY_SAMPLE_MS = 250;
/** How often to check whether a burst is over and has left garbage behind. */
const BURST_SAMPLE_MS = 10_000;
/** Above this multiple of the limit slow readers are cut as well, because refusing requests alone did not help. */
const CUT_ABOVE = 1.05;
/** In this state a reader is slow if its answer has been ready for longer than this. */
const SLOW_MS = 1_000;

/**
 * Sheds load while the process cannot keep up. Otherwise the kernel would end the process, and with it the requests of
 * all clients. New requests are answered 503 first; if memory still grows, slow readers are cut.
 */
export default fastifyPlugin(
  function overloadPlugin(app: FastifyInstance, options: OverloadOptions, done) {
    const { maxEventLoopDelayMs, maxMemoryBytes } = options;
    let tooSlow = false;
    let tooLarge = false;
    const warn = throttled((line) => app.log.warn(line, 'memory is short: new requests are refused'));
    const timers: NodeJS.Timeout[] = [];
    if (maxEventLoopDelayMs > 0) {
      const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delays.enable();
      app.addHook('onClose', async () => void delays.disable());
      let wasLate = false;
      const sample = () => {
        const delayMs = delays.mean / 1e6 - RESOLUTION_MS;
        delays.reset();
        // The mean is NaN if the loop did not turn once in this second. That counts as late, hence the negation.
        const isLate = !(delayMs <= maxEventLoopDelayMs);
        // A single long pause is over by the time it is noticed, so refusing requests after it would not help.
        tooSlow = isLate && wasLate;
        wasLate = isLate;
      };
      timers.push(setInterval(sample, DELAY_SAMPLE_MS).unref());
    }
    if (maxMemoryBytes > 0) {
      const memory = new ProcessMemory();
      app.addHook('onClose', async () => memory.close());
      const garbage = new Garbage(memory);
      let isStarting = true;
      const sample = () => {
        if (isStarting && app.fleet.ready) {
          isStarting = false;
          garbage.collectAfterStart();
        }
        const bytes = garbage.memoryAbove(maxMemoryBytes);
        tooLarge = bytes > maxMemoryBytes;
        if (tooLarge) warn({ bytes, maxMemoryBytes });
        if (bytes > maxMemoryBytes * CUT_ABOVE) app.cutSlowReaders(SLOW_MS);
      };
      timers.push(setInterval(sample, MEMORY_SAMPLE_MS).unref());
      timers.push(setInterval(() => garbage.collectAfterBurst(), BURST_SAMPLE_MS).unref());
    }
    app.addHook('onClose', async () => {
      for (const timer of timers) clearInterval(timer);
    });
    app.decorate('isOverloaded', () => tooSlow || tooLarge);
    app.addHook('onRequest', (_request, _reply, next) => {
      if (!app.isOverloaded()) return next();
      app.limited.requests.overload += 1;
      next(new OverloadedError());
    });
    done();
  },
  { name: 'overload', dependencies: ['answers'], fastify: '5.x' },
);
