import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import closeWithGrace from 'close-with-grace';
import { LogStream } from './observability/log-stream.ts';
import type { Service } from './process/service.ts';

/**
 * The process: environment in, signals and errors handled. Everything else lives in modules without effects. This one
 * imports little, so that signals are heeded before the rest is loaded, which takes most of a second on a slow machine:
 * the kernel drops a signal to PID 1 for which there is no handler.
 */

/** For the log to take what is left, at the end. */
const LAST_LINES_MS = 1_000;

const logStream = new LogStream();
/** Undefined until there is something to end in order. */
let service: Service | undefined;

closeWithGrace(
  {
    // The service bounds its stop itself, once it knows how long a drain may take.
    delay: false,
    logger: false,
    // Left to the kernel and to Node. A handler for a crash such as SIGSEGV would be called for it over and over.
    skip: [
      'SIGHUP',
      'SIGQUIT',
      'SIGILL',
      'SIGTRAP',
      'SIGABRT',
      'SIGBUS',
      'SIGFPE',
      'SIGSEGV',
      'SIGUSR2',
      'beforeExit',
    ],
    onSecondSignal: (signal) => writeLast(40, { signal }, 'a second signal ends the process at once'),
    onSecondError: fail,
  },
  async ({ signal, err }) => {
    // An error may be undefined: `throw undefined`.
    if (signal === undefined) return fail(err);
    if (service === undefined) return writeLast(30, { signal }, 'stopped');
    await service.stop(signal).catch(fail);
    await logStream.flushed(LAST_LINES_MS);
  },
);

const loaded = await import('./process/service.ts');
// A signal that came in during the import is heeded once the event loop turns.
await setImmediate();
try {
  service = await loaded.Service.create(process.env, logStream);
  await service.start();
} catch (error) {
  process.stderr.write(`${loaded.startFailure(error)}\n`);
  process.exit(1);
}

/** Ends the process by an error. At once, as its state is not known any more. */
function fail(error: unknown): never {
  const { message, stack } = error instanceof Error ? error : { message: inspect(error), stack: undefined };
  writeLast(60, { err: { message, stack } }, 'the process ends by an error that nothing caught');
  process.exit(1);
}

/** Writes a line of the log that no other follows. */
function writeLast(level: number, fields: object, msg: string): void {
  logStream.writeLast(`${JSON.stringify({ level, time: Date.now(), pid: process.pid, ...fields, msg })}\n`);
}
