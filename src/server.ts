import { setImmediate } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import closeWithGrace from 'close-with-grace';
import { logLine } from './observability/log-line.ts';
import { LogStream } from './observability/log-stream.ts';
import type { Service } from './process/service.ts';

/**
 * The process: it reads the environment and handles signals and errors, or runs a command. Importing any other module has
 * no effects. This module imports little, so that it handles signals before the rest is loaded, which can take almost a
 * second on a slow machine. Until then the kernel would drop signals, because PID 1 has no default handlers.
 */

/** Time to write the remaining log lines at the end. */
const LAST_LINES_MS = 1_000;

const STDOUT = 1;

const [, , ...commandLine] = process.argv;
if (commandLine.length > 0) {
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  const { runCommand } = await import('./process/commands.ts');
  process.exit(await runCommand(commandLine, process.env, process));
}

const logStream = new LogStream(STDOUT);
/** Undefined until there is a service to stop. */
let service: Service | undefined;

closeWithGrace(
  {
    // The service limits the time of its stop itself, because that depends on its configuration.
    delay: false,
    logger: false,
    // Node and the kernel handle these. A handler for a crash such as SIGSEGV would be called for it again and again.
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
    onSecondSignal: (signal) => writeLast('warn', { signal }, 'a second signal ended the process at once'),
    onSecondError: fail,
  },
  async ({ signal, err }) => {
    // An error may be undefined: `throw undefined`.
    if (signal === undefined) return fail(err);
    if (service === undefined) return writeLast('info', { signal }, 'stopped');
    await service.stop(signal).catch(fail);
    await logStream.flushed(LAST_LINES_MS);
  },
);

// Only people read terminals.
if (isatty(STDOUT)) logStream.setForm((await import('./observability/pretty-lines.ts')).prettyLine);
const loaded = await import('./process/service.ts');
// Signals that arrived during the import are handled in the next turn of the event loop.
await setImmediate();
try {
  service = await loaded.Service.create(process.env, logStream);
  await service.start();
} catch (error) {
  const { startFailure } = await import('./process/start-failure.ts');
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(1);
}

/** Ends the process because of an error. It ends at once, because the state of the process is unknown. */
function fail(error: unknown): never {
  const { message, stack } = error instanceof Error ? error : { message: inspect(error), stack: undefined };
  writeLast('fatal', { err: { message, stack } }, 'an uncaught error ended the process');
  process.exit(1);
}

/** Writes the last line of the log. */
function writeLast(level: 'info' | 'warn' | 'fatal', fields: object, msg: string): void {
  logStream.writeLast(logLine(level, fields, msg));
}
