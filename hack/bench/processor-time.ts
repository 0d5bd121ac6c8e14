import { readFileSync } from 'node:fs';

/** What Linux calls USER_HZ, which is the same on all machines. */
const TICKS_A_SECOND = 100;

/** The processor time of all threads of a process up to now, in seconds. */
export function processorTime(pid: number): number {
  return processorTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** The same from the text of /proc/PID/stat. The name of the program is in parentheses and may contain anything. */
export function processorTimeIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND; // utime and stime
}

/** A size in /proc/PID/status, such as VmRSS or VmHWM, in MB. */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kib = ''] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  return (Number(kib) * 1_024) / 1e6;
}
