import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { Buckets } from '../../lib/buckets.ts';

/** What a label says: all its values, or what they are. */
export type LabelValues = readonly string[] | string;

/** One metric, as its reference describes it. */
export interface Definition<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  /** In the order in which they are written. */
  readonly labels: Readonly<Record<Label, LabelValues>>;
}

/** Reports a value of one series. */
type Report<Label extends string, Value> = (labels: Readonly<Record<Label, string>>, value: Value) => void;

/** Reports all series of a metric, when Prometheus scrapes. What is not reported has no series any more. */
type Collect<Label extends string, Value> = (report: Report<Label, Value>) => void;

export interface Described extends Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

/**
 * The metrics of the service. Their figures are kept where they arise, as plain numbers, and are only read at a scrape.
 */
export class Families {
  readonly #registry = new Registry();
  readonly #described: Described[] = [];
  readonly #histograms: (() => string)[] = [];

  /** For metrics that others define. */
  get registry(): Registry {
    return this.#registry;
  }

  /** The metrics that were defined here. */
  get described(): readonly Described[] {
    return this.#described;
  }

  gauge<Label extends string>(definition: Definition<Label>, collect: Collect<Label, number>): void {
    new Gauge({
      ...this.#describe('gauge', definition),
      collect() {
        this.reset();
        collect((labels, value) => this.set(labels, value));
      },
    });
  }

  /** @param collect reports counts since the start */
  counter<Label extends string>(definition: Definition<Label>, collect: Collect<Label, number>): void {
    new Counter({
      ...this.#describe('counter', definition),
      collect() {
        this.reset();
        collect((labels, value) => this.inc(labels, value));
      },
    });
  }

  /**
   * A Histogram of the client would have to be told each value when it arises, which costs a look-up of labels per request,
   * so its text is made here.
   */
  histogram<Label extends string>(definition: Definition<Label>, collect: Collect<Label, Buckets>): void {
    const { name, help } = this.#describe('histogram', definition);
    this.#histograms.push(() => {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      collect((labels, { bounds, cumulative, sum }) => {
        const text = textOf(labels);
        const count = cumulative.at(-1);
        for (const [at, bound] of bounds.entries())
          lines.push(`${name}_bucket{${text},le="${bound}"} ${cumulative[at]}`);
        lines.push(`${name}_bucket{${text},le="+Inf"} ${count}`);
        lines.push(`${name}_sum{${text}} ${sum}`, `${name}_count{${text}} ${count}`);
      });
      return lines.join('\n');
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as of now, in the text format of Prometheus. */
  async text(): Promise<string> {
    const others = await this.#registry.metrics();
    return `${[...this.#histograms.map((read) => read()), others.trimEnd()].join('\n\n')}\n`;
  }

  #describe<Label extends string>(type: Described['type'], definition: Definition<Label>) {
    this.#described.push({ ...definition, type });
    const { name, help, labels } = definition;
    return { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
  }
}

/** All histograms have labels. */
function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join();
}
