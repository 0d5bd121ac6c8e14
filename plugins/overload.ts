import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { OverloadedError } from '../src/api/errors.ts';
import { Garbage } from '../src/lib/garbage.ts';
import { ProcessMemory } from '../src/lib/process-memory.ts';
import { throttled } from '../src/lib/throttled.ts';

/** 0 switches a limit off. */
export interface OverloadOptions {
  /** Delay of the event loop, milliseconds, on the average of a second, and of the second after it. */
  readonly maxEventLoopDelayMs: number;
  /** Resident memory of the process, native memory included. */
  readonly maxMemoryBytes: number;
}

const RESOLUTION_MS = 10;
const DELAY_SAMPLE_MS = 1_000;
const MEMORY_SAMPLE_MS = 250;
/** How often to see whether a burst is over and has left garbage behind. */
const BURST_SAMPLE_MS = 10_000;
/** So much more than the limit, and slow readers are cut as well: refusing alone did not help. */
const CUT_ABOVE = 1.05;
/** A reader is slow then if it has had its answer for so long. */
const SLOW_MS = 1_000;

/**
 * Sheds load while the process cannot keep up, rather than let the kernel end it with the requests of all clients: new
 * requests are answered 503 first; where memory grows on, slow readers are cut.
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
        // It is no number where the loop did not turn once: then it is late without measure.
        const isLate = !(delayMs <= maxEventLoopDelayMs);
        // One long pause is over by the time that it is seen: to refuse then would help nobody.
        tooSlow = isLate && wasLate;
        wasLate = isLate;
      };
      timers.push(setInterval(sample, DELAY_SAMPLE_MS).unref());
    }
    if (maxMemoryBytes > 0) {
      const memory = new ProcessMemory();
      app.addHook('onClose', async () => memory.close());
      const garbage = new Garbage(memory);
      const sample = () => {
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
    app.addHook('onRequest', (_request, _reply, next) => {
      if (!tooSlow && !tooLarge) return next();
      app.limited.requests.overload += 1;
      next(new OverloadedError());
    });
    done();
  },
  { name: 'overload', dependencies: ['answers'], fastify: '5.x' },
);
