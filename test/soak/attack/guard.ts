import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, rmSync } from 'node:fs';
import { memoryLimit } from './memory-limit.ts';

/** The process to start and the files to remove afterwards. */
export interface GuardOrder {
  /** Command and arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Named pipe for stdout and stderr of the service. Its reader has already opened it. */
  readonly logPipe: string;
  readonly limitMib: number;
  /** `ulimit -n` of the service. Undefined means that of this process. */
  readonly openFiles: number | undefined;
  /** Folder to remove at the end. */
  readonly folder: string;
}

/** A message from the guard to the test: first that the service runs, then how it ended. */
export type GuardReport =
  | { readonly type: 'started'; readonly pid: number; readonly limitedBy: string }
  | {
      readonly type: 'ended';
      readonly code: number | null;
      readonly signal: string | null;
      /** The memory peak of its cgroup. */
      readonly peakMib: number | undefined;
    };

/**
 * A process between the test and the service, which outlives both. When the test disconnects because it ended, was
 * killed or crashed, the guard kills the service and removes its cgroup and its files.
 */
async function main(order: GuardOrder): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('exit', () => rmSync(order.folder, { recursive: true, force: true }));
  const disconnected = once(process, 'disconnect');
  const limit = memoryLimit(`attack-${process.pid}`, order.limitMib);
  try {
    const log = openSync(order.logPipe, 'w');
    const script = [
      ...(limit.joinFile === undefined ? [] : [`echo $$ >${limit.joinFile}`]),
      ...(order.openFiles === undefined ? [] : [`ulimit -n ${order.openFiles}`]),
      'exec "$@"',
    ].join(' && ');
    const service = spawn('sh', ['-c', script, 'sh', ...order.command], {
      env: order.environment,
      stdio: ['ignore', log, log],
    });
    const ended = once(service, 'exit').then(() => {
      const { exitCode: code, signalCode: signal } = service;
      if (process.connected) report({ type: 'ended', code, signal, peakMib: limit.peakMib() });
    });
    await once(service, 'spawn');
    const { pid = 0 } = service;
    limit.watch(pid);
    report({ type: 'started', pid, limitedBy: limit.by });
    await disconnected;
    service.kill('SIGKILL');
    await ended;
  } finally {
    limit.remove();
  }
}

function report(message: GuardReport): void {
  process.send?.(message);
}

const order: GuardOrder = JSON.parse(process.argv[2] ?? '');
await main(order);
