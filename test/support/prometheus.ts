import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from './chart/helm.ts';
import { freePorts } from './free-ports.ts';
import { endLeash, spawnOnLeash } from './leash.ts';
import { until } from './until.ts';

export type Labels = Readonly<Record<string, string>>;

/** One series of an answer: its labels, and its values as pairs of a time in seconds and a number as text. */
export interface Series {
  readonly metric: Labels;
  readonly values: readonly (readonly [number, string])[];
}

/** A node of the syntax tree of an expression, as far as the tests read it. */
export interface Expression {
  readonly type: string;
  readonly name?: string;
  readonly op?: string;
  readonly rhs?: Expression;
  readonly matchers?: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  readonly grouping?: readonly string[] | null;
  readonly matching?: { readonly on: boolean; readonly labels: readonly string[] } | null;
}

/** A rule with its alerts, as Prometheus evaluated it last. */
export interface EvaluatedRule {
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly alerts: readonly {
    readonly state: string;
    readonly labels: Labels;
    readonly annotations: Labels;
  }[];
}

export interface PrometheusOptions {
  /** The targets of each job, as `host:port`, and the labels that they get. */
  readonly jobs: Readonly<Record<string, { readonly targets: readonly string[]; readonly labels?: Labels }>>;
  /** The content of its rule file. Default: it has no rules. */
  readonly rules?: unknown;
  /** Between scrapes, and between evaluations of the rules. */
  readonly intervalSeconds: number;
}

/** A real Prometheus in its own process, with a folder of its own, that listens on 127.0.0.1. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #origin: string;
  #output = '';

  private constructor(child: ChildProcess, folder: string, origin: string) {
    this.#child = child;
    this.#folder = folder;
    this.#origin = origin;
    child.stderr?.on('data', (chunk) => {
      this.#output = `${this.#output}${chunk}`.slice(-10_000);
    });
  }

  /** Resolves once it answers queries. @throws with its last words if it ends before that */
  static async start({ jobs, rules, intervalSeconds }: PrometheusOptions): Promise<Prometheus> {
    const program = await tool('prometheus');
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const interval = `${intervalSeconds}s`;
    // JSON is YAML.
    await writeFile(
      join(folder, 'prometheus.yml'),
      JSON.stringify({
        global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
        rule_files: ['rules.yml'],
        scrape_configs: Object.entries(jobs).map(([job_name, targets]) => ({
          job_name,
          static_configs: [targets],
        })),
      }),
    );
    await writeFile(join(folder, 'rules.yml'), JSON.stringify(rules ?? { groups: [] }));
    const [port = 0] = await freePorts(1);
    const child = await spawnOnLeash(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      ['ignore', 'pipe'],
    );
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`);
    try {
      await until(() => prometheus.#isReady());
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
    return prometheus;
  }

  /** The present value of each series of an expression. */
  async query(expression: string): Promise<readonly Series[]> {
    type Answer = { result: readonly { metric: Labels; value: readonly [number, string] }[] };
    const { result } = await this.#get<Answer>('query', { query: expression });
    return result.map(({ metric, value }) => ({ metric, values: [value] }));
  }

  /** The values of each series of an expression between two times, in seconds since 1970. */
  async queryRange(
    expression: string,
    range: { readonly start: number; readonly end: number; readonly step: number },
  ): Promise<readonly Series[]> {
    const numbers = Object.entries(range).map(([name, value]) => [name, String(value)]);
    const parameters = { query: expression, ...Object.fromEntries(numbers) };
    return (await this.#get<{ result: readonly Series[] }>('query_range', parameters)).result;
  }

  /** The label sets of all series that a selector matches. */
  async series(selector: string): Promise<readonly Labels[]> {
    return this.#get('series', { 'match[]': selector });
  }

  /** The syntax tree of an expression. */
  async parse(expression: string): Promise<Expression> {
    return this.#get('parse_query', { query: expression });
  }

  /** All alerting rules. */
  async rules(): Promise<readonly EvaluatedRule[]> {
    type Answer = { groups: readonly { rules: readonly EvaluatedRule[] }[] };
    return (await this.#get<Answer>('rules', { type: 'alert' })).groups.flatMap(({ rules }) => rules);
  }

  /** Ends the process and removes its folder. */
  async stop(): Promise<void> {
    await endLeash(this.#child);
    await rm(this.#folder, { recursive: true });
  }

  async #isReady(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`Prometheus ended: ${this.#output}`);
    try {
      return (await fetch(`${this.#origin}/-/ready`)).ok;
    } catch {
      return false;
    }
  }

  async #get<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const response = await fetch(`${this.#origin}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer: { status: string; data: Data; error?: string } = JSON.parse(await response.text());
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters.query}`);
    return answer.data;
  }
}
