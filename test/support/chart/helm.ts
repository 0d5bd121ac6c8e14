import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');

/** The folder of the chart. */
export const chart = join(root, 'charts/k8s-deployment-scaler');

/** The result of a command. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command until it ends, and returns its status instead of throwing. Kills it after two minutes. */
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

/** The versions of Helm that the chart supports, by the names of their binaries: Helm 4 and Helm 3. */
export const HELMS = ['helm', 'helm3'] as const;

export type Helm = (typeof HELMS)[number];

/** The command that prints the folder of each binary, and fills it first. */
const PROVIDERS = {
  helm: 'hack/test-tools.sh helm',
  helm3: 'hack/test-tools.sh helm',
  kubeconform: 'hack/test-tools.sh helm',
  prometheus: 'hack/test-tools.sh prometheus',
  promtool: 'hack/test-tools.sh prometheus',
  kubectl: 'hack/test-env.sh',
} as const;

/** What each of these commands printed. */
const folders = new Map<string, Promise<string>>();

/** The path of a binary. The first call on a machine downloads or builds it, which may take minutes. */
export async function tool(name: keyof typeof PROVIDERS): Promise<string> {
  const provider = PROVIDERS[name];
  const [script, ...args] = provider.split(' ');
  const folder =
    folders.get(provider) ??
    promisify(execFile)(join(root, script ?? ''), args).then(({ stdout }) => stdout.trim());
  folders.set(provider, folder);
  return join(await folder, name);
}

/** A values file for rendering the chart. */
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

/** Values that the chart accepts: those of the tests and the examples of the chart. */
export const cases: readonly Case[] = [
  ...casesIn(join(root, 'test/chart/cases')),
  ...casesIn(join(chart, 'examples'), 'example-'),
];

/** Values that the chart refuses. The first line of each file is a comment with the message. */
export const refusedCases: readonly Case[] = casesIn(join(root, 'test/chart/refused'));

/** The oldest Kubernetes that the chart supports. A Helm that was built from its module has an older one as its default. */
export const kubeVersion = ['--kube-version', '1.31.0'] as const;

/** Runs `helm template`. Helm 4 ends some templates with an empty line, Helm 3 none: the result is without. */
export async function render(helm: Helm, ...args: readonly string[]): Promise<Ended> {
  const ended = await run(await tool(helm), ['template', ...args, ...kubeVersion]);
  return { ...ended, stdout: ended.stdout.replace(/\n\n+(?=---\n|$)/g, '\n') };
}

/** The objects of a case, as YAML. Release and namespace are called k8s-deployment-scaler. */
export async function template(file: string, ...args: readonly string[]): Promise<Ended> {
  return templateWith('helm', file, ...args);
}

/** The same, with this Helm. */
export async function templateWith(helm: Helm, file: string, ...args: readonly string[]): Promise<Ended> {
  const name = 'k8s-deployment-scaler';
  return render(helm, name, chart, '--namespace', name, '--values', file, ...args);
}
