import { readdirSync, readlinkSync } from 'node:fs';
import { memoryOf } from '../attack/memory-limit.ts';
import type { BuiltService } from '../attack/service.ts';
import { BUSY_MS } from './expected.ts';

/** What the process of the service holds. */
export interface ProcessFigures {
  /** Since the start of the soak. */
  readonly minute: number;
  readonly residentMib: number;
  /** Of the resident memory: what is not a file, and what is one. */
  readonly anonymousMib: number;
  readonly fileMib: number;
  /** Of V8: its heap as it has taken it from the system, and the part in use. */
  readonly heapTotalMib: number;
  readonly heapMib: number;
  /** What objects of V8 hold outside of its heap, with all buffers. */
  readonly externalMib: number;
  readonly descriptors: number;
  readonly sockets: number;
  /** Time of processors that it has used. */
  readonly cpuSeconds: number;
  /** Of the time since the last look at the metrics. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

export async function processFigures(service: BuiltService, minute: number): Promise<ProcessFigures> {
  const text = await service.metrics();
  const metric = (name: string) => {
    const [, value = ''] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
    if (value === '') throw new Error(`/metrics has no ${name}`);
    return Number(value);
  };
  const mib = (name: string) => metric(name) / 2 ** 20;
  const memory = memoryOf(service.pid);
  if (memory === undefined) throw new Error('the process has ended');
  return {
    minute,
    residentMib: memory.residentMib,
    anonymousMib: memory.anonymousMib,
    fileMib: memory.fileMib,
    heapTotalMib: mib('nodejs_heap_size_total_bytes'),
    heapMib: mib('nodejs_heap_size_used_bytes'),
    externalMib: mib('nodejs_external_memory_bytes'),
    ...descriptorsOf(service.pid),
    cpuSeconds: metric('process_cpu_seconds_total'),
    loopP99Ms: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
    loopMaxMs: metric('nodejs_eventloop_lag_max_seconds') * 1000,
  };
}

/** Whether the event loop stood still between two looks although it had little to do: others had the processors. */
export function wasStarved(before: ProcessFigures, after: ProcessFigures): boolean {
  const wasLate = after.loopMaxMs > BUSY_MS || after.loopMaxMs === 0; // 0: it did not turn twice
  return wasLate && after.cpuSeconds - before.cpuSeconds < (after.minute - before.minute) * 30;
}

/** The open descriptors of a process, and how many of them are sockets. */
export function descriptorsOf(pid: number): { descriptors: number; sockets: number } {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      return []; // closed while we look
    }
  });
  return {
    descriptors: targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
  };
}
