import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import type { Setting } from '../bench.ts';
import { nginxVersion } from '../subjects/nginx.ts';

/** Where and of what the figures were taken. */
export interface Circumstances {
  readonly date: string;
  readonly version: string;
  readonly cpu: string;
  readonly cores: number;
  /** Processes that wanted to run in the minute before. More than a fraction of one makes the figures worse. */
  readonly loadAverage: number;
  /** The Node of the image and of bare node:https, and that of npm start. */
  readonly node: string;
  readonly npmStartNode: string;
  readonly nginx: string | undefined;
  readonly rounds: number;
}

export function circumstances({ programs, rounds }: Pick<Setting, 'programs' | 'rounds'>): Circumstances {
  const output = (command: string, ...parameters: string[]) =>
    execFileSync(command, parameters, { encoding: 'utf8' }).trim();
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    version: output('git', 'describe', '--tags', '--always', '--dirty'),
    cpu: processor?.model.trim() ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg()[0] ?? 0,
    node: output(programs.node, '--version'),
    npmStartNode: process.version,
    nginx: nginxVersion(),
    rounds,
  };
}

/** The shortest form, for the chart. */
export function captionOf({ date, version, cpu, node }: Circumstances): string {
  return `${date}, version ${version}, ${cpu}, Node ${node}`;
}

/** One sentence about them. */
export function sentenceOf(made: Circumstances): string {
  const { date, version, cpu, cores, loadAverage, node, npmStartNode, nginx, rounds } = made;
  const load = `load average before the run ${loadAverage.toFixed(1)}`;
  const programs = `Node ${node} (npm start: ${npmStartNode})${nginx === undefined ? '' : `, nginx ${nginx}`}`;
  return `${date}, version ${version}, ${cpu} with ${cores} cores, ${load}, ${programs}; medians of ${rounds} rounds.`;
}
