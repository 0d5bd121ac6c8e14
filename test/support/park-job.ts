import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { type Outcome, run } from './clients/command.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/how-to/park-and-restore.md');
const GIT_CONFIG = 'gitconfig';
/** More than the attempts of the script and its waits take. */
const LIMIT_MS = 550_000;

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

export interface ParkJobOptions {
  /** The base URL of the service. */
  readonly url: string;
  /** The secrets of the repository, by name. */
  readonly secrets: Readonly<Record<'SCALER_CA' | 'SCALER_CERT' | 'SCALER_KEY', string>>;
  /** How long the script pauses between two attempts. Default: 0. */
  readonly pauseSeconds?: number;
}

/** What a job has printed and, if a step has failed, the step. */
export interface JobOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: string | undefined;
}

/**
 * The CI job of docs/how-to/park-and-restore.md: a repository with the script of that page, and runs of the steps of its
 * workflow, each job in a fresh clone, as CI runs them.
 */
export class ParkJob {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #jobs: Workflow['jobs'];
  #runs = 0;

  private constructor(
    folder: string,
    { env, jobs }: Workflow,
    { url, secrets, pauseSeconds = 0 }: ParkJobOptions,
  ) {
    this.#folder = folder;
    this.#jobs = jobs;
    const given: Record<string, string> = { ...secrets };
    const own = Object.entries(env).map(([name, value]): [string, string] => {
      const secret = /^\$\{\{ secrets\.(\w+) \}\}$/.exec(value)?.[1];
      return [name, secret === undefined ? value : (given[secret] ?? '')];
    });
    const git = { GIT_CONFIG_GLOBAL: join(folder, GIT_CONFIG), GIT_CONFIG_NOSYSTEM: '1' };
    this.#env = { ...Object.fromEntries(own), ...git, PAUSE_SECONDS: `${pauseSeconds}`, SCALER_URL: url };
  }

  static async create(options: ParkJobOptions): Promise<ParkJob> {
    const page = await readFile(DOCUMENT, 'utf8');
    const workflow: Workflow = parse(blockOf(page, 'yaml'));
    const job = new ParkJob(await mkdtemp(join(tmpdir(), 'park-test-')), workflow, options);
    // Maintenance runs on in the background, in folders that are removed by then.
    const settings = '[maintenance]\nauto = false\n[receive]\nautogc = false\n';
    await writeFile(join(job.#folder, GIT_CONFIG), settings);
    await job.#bash(job.#folder, 'git init -q --bare -b main origin && git clone -q origin first');
    const first = join(job.#folder, 'first');
    await writeFile(join(first, 'park.sh'), blockOf(page, 'bash'), { mode: 0o755 });
    const who = 'git config user.name test && git config user.email test@ci.example';
    await job.#bash(
      first,
      `${who} && git add park.sh && git commit -qm first && git push -q origin HEAD:main`,
    );
    return job;
  }

  /**
   * Runs the steps of a job, until one fails.
   * @param before runs before each step. If it returns false, the runner dies there
   */
  async run(
    name: 'park' | 'restore',
    before: (step: string) => boolean | Promise<boolean> = () => true,
  ): Promise<JobOutcome> {
    this.#runs += 1;
    const clone = join(this.#folder, `run-${this.#runs}`);
    await this.#bash(this.#folder, `git clone -q origin ${clone}`);
    const outcomes: Outcome[] = [];
    let failed: string | undefined;
    for (const { run: step } of this.#jobs[name]?.steps ?? []) {
      // The clone is what the step without commands makes.
      if (step === undefined) continue;
      if (!(await before(step))) break;
      const outcome = await this.#run(clone, step);
      outcomes.push(outcome);
      if (outcome.exitCode === 0) continue;
      failed = step;
      break;
    }
    return {
      stdout: outcomes.map(({ stdout }) => stdout).join(''),
      stderr: outcomes.map(({ stderr }) => stderr).join(''),
      failed,
    };
  }

  /** The receipt in the repository; undefined: there is none. */
  async receipt(): Promise<string | undefined> {
    const { exitCode, stdout } = await this.#run(join(this.#folder, 'origin'), 'git show main:receipt.json');
    return exitCode === 0 ? stdout : undefined;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  /** As GitHub runs a step. */
  #run(cwd: string, script: string): Promise<Outcome> {
    return run(['bash', '-e', '-c', script], { cwd, env: this.#env, limitMs: LIMIT_MS });
  }

  async #bash(cwd: string, script: string): Promise<void> {
    const { exitCode, stderr } = await this.#run(cwd, script);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
  }
}

function blockOf(page: string, language: string): string {
  const [, block] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  if (block === undefined) throw new Error(`the page has no block in ${language}`);
  return block;
}
