import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const POLL_MS = 50;

/** Limits the memory of one process, which is killed if it exceeds the limit. */
export interface MemoryLimit {
  /** The mechanism of the limit, for the report. */
  readonly by: string;
  /** The process must write its id to this file before it becomes the service, unless this is undefined. */
  readonly joinFile: string | undefined;
  /** Starts to limit this process. */
  watch(pid: number): void;
  /** The peak of the group, including kernel memory and file pages. Undefined without a cgroup. */
  peakMib(): number | undefined;
  /** Removes the limit. The process must have ended. May be called again. */
  remove(): void;
}

/** A cgroup (v2 or v1) if one can be created, otherwise a watchdog that polls the resident set of the process. */
export function memoryLimit(name: string, mib: number): MemoryLimit {
  const versions = [
    { version: 2, parent: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' },
    {
      version: 1,
      parent: '/sys/fs/cgroup/memory',
      limit: 'memory.limit_in_bytes',
      peak: 'memory.max_usage_in_bytes',
    },
  ];
  for (const { version, parent, limit, peak } of versions) {
    const folder = join(parent, name);
    try {
      mkdirSync(folder);
    } catch {
      continue; // not root, or this version is not mounted here
    }
    if (existsSync(join(folder, limit))) {
      writeFileSync(join(folder, limit), String(mib * MIB));
      return cgroup(`cgroup v${version}`, folder, peak);
    }
    rmdirSync(folder);
  }
  return watchdog(mib);
}

function cgroup(by: string, folder: string, peak: string): MemoryLimit {
  return {
    by,
    joinFile: join(folder, 'cgroup.procs'),
    watch: () => {},
    peakMib: () => Math.round(Number(readFileSync(join(folder, peak), 'utf8')) / MIB),
    remove: () => {
      if (existsSync(folder)) rmdirSync(folder);
    },
  };
}

function watchdog(mib: number): MemoryLimit {
  let timer: NodeJS.Timeout | undefined;
  return {
    by: `watchdog, every ${POLL_MS} ms`,
    joinFile: undefined,
    watch: (pid) => {
      timer = setInterval(() => {
        if ((memoryOf(pid)?.residentMib ?? 0) > mib) process.kill(pid, 'SIGKILL');
      }, POLL_MS);
    },
    peakMib: () => undefined,
    remove: () => clearInterval(timer),
  };
}

/** The resident memory of a process in MiB. */
export interface ProcessMemory {
  readonly residentMib: number;
  readonly peakMib: number;
  /** The part of it that no file has: heap, stacks, buffers. */
  readonly anonymousMib: number;
  /** The part of it that is read from files: the program, as far as it was needed yet. The kernel can take it back. */
  readonly fileMib: number;
}

/** The resident memory of a process, now and at its peak. Undefined once it has ended. */
export function memoryOf(pid: number): ProcessMemory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
    if (!status.includes('VmRSS:')) return undefined;
    return {
      residentMib: Math.round(kib('VmRSS') / 1024),
      peakMib: Math.round(kib('VmHWM') / 1024),
      anonymousMib: kib('RssAnon') / 1024,
      fileMib: kib('RssFile') / 1024,
    };
  } catch {
    return undefined;
  }
}
