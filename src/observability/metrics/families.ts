import {
  Counter,
  Gauge,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
} from '@prometheus-io/client';
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

type HistogramFamily = MetricObjectWithValues<MetricValueWithName<string>>;

/**
 * The metrics of the service. Their figures are kept where they arise, as plain numbers, and are only read at a scrape.
 */
export class Families {
  readonly #registry = new Registry();
  readonly #described: Described[] = [];
  readonly #histograms: (() => HistogramFamily)[] = [];

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

  histogram<Label extends string>(definition: Definition<Label>, collect: Collect<Label, Buckets>): void {
    const { name, help } = this.#describe('histogram', definition);
    this.#histograms.push(() => {
      const values: MetricValueWithName<string>[] = [];
      collect((labels, { bounds, cumulative, sum }) => {
        for (const [at, value] of cumulative.entries()) {
          const le = at < bounds.length ? `${bounds[at]}` : '+Inf';
          values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value });
        }
        values.push({ metricName: `${name}_sum`, labels, value: sum });
        values.push({ metricName: `${name}_count`, labels, value: cumulative.at(-1) ?? 0 });
      });
      return { name, help, type: 'histogram', aggregator: 'first', collect: () => {}, values };
    });
  }

  /**
   * All metrics as of now. A Histogram of the client would have to be told each value when it arises, which costs a
   * look-up of labels per request; so histograms are handed over as those of another process would be.
   */
  current(): Registry {
    const histograms = Registry.aggregate([this.#histograms.map((read) => read())]);
    return Registry.merge([this.#registry, histograms]);
  }

  #describe<Label extends string>(type: Described['type'], definition: Definition<Label>) {
    this.#described.push({ ...definition, type });
    const { name, help, labels } = definition;
    return { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
  }
}
