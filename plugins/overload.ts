import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { OverloadedError } from '../src/errors.ts';

/** 0 switches a limit off. */
export interface OverloadOptions {
  /** Delay of the event loop, milliseconds. */
  readonly maxEventLoopDelayMs: number;
  readonly maxHeapMib: number;
}

/** Answers 503 while the process cannot keep up, rather than falling over with everybody's requests. */
export default fastifyPlugin(
  async function overloadPlugin(app: FastifyInstance, { maxEventLoopDelayMs, maxHeapMib }: OverloadOptions) {
    await app.register(underPressure, {
      maxEventLoopDelay: maxEventLoopDelayMs,
      maxHeapUsedBytes: maxHeapMib * 1024 * 1024,
      pressureHandler: () => {
        throw new OverloadedError();
      },
    });
  },
  { name: 'overload', fastify: '5.x' },
);
