import { readdirSync, readlinkSync } from 'node:fs';
import type { BuiltService } from '../attack/service.ts';

/** What the process of the service holds. */
export interface ProcessFigures {
  /** Since the start of the soak. */
  readonly minute: number;
  readonly residentMib: number;
  readonly heapMib: number;
  readonly descriptors: number;
  readonly sockets: number;
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
  return {
    minute,
    residentMib: service.residentMib ?? Number.NaN,
    heapMib: metric('nodejs_heap_size_used_bytes') / 2 ** 20,
    ...descriptorsOf(service.pid),
    loopP99Ms: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
    loopMaxMs: metric('nodejs_eventloop_lag_max_seconds') * 1000,
  };
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
