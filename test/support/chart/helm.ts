import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');

/** The chart's folder. */
export const chart = join(root, 'charts/k8s-deployment-scaler');

/** How a command ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever its status. It is killed after two minutes. */
export async function run(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((done) => {
    const options = {
      env: { ...process.env, ...environment },
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ status, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

/** Path of a binary; the first time on a machine they are fetched or built before. */
export async function tool(name: 'helm' | 'kubeconform' | 'kubectl'): Promise<string> {
  const script = name === 'kubectl' ? 'hack/test-env.sh' : 'hack/test-tools.sh';
  const { stdout } = await promisify(execFile)(join(root, script));
  return join(stdout.trim(), name);
}

/** A values file that the chart is rendered with. */
export interface Case {
  readonly name: string;
  readonly file: string;
}

function casesIn(folder: string, prefix = ''): Case[] {
  return readdirSync(folder).map((file) => ({
    name: prefix + basename(file, '.yaml'),
    file: join(folder, file),
  }));
}

/** Values that the chart takes: those of the tests and the chart's own examples. */
export const cases: readonly Case[] = [
  ...casesIn(join(root, 'test/chart/cases')),
  ...casesIn(join(chart, 'examples'), 'example-'),
];

/** Values that the chart refuses; the first line of each file is a comment with the message. */
export const refusedCases: readonly Case[] = casesIn(join(root, 'test/chart/refused'));

/** The objects of a case, as YAML; release and namespace are k8s-deployment-scaler. */
export async function template(file: string, ...args: readonly string[]): Promise<Ended> {
  const name = 'k8s-deployment-scaler';
  return run(await tool('helm'), ['template', name, chart, '--namespace', name, '--values', file, ...args]);
}
