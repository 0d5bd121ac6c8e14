import { Registry } from '@prometheus-io/client';
import type { Buckets } from '../../lib/buckets.ts';
import { pauses } from '../../lib/slices.ts';

/** What a label says: all its values, or what they are. */
export type LabelValues = readonly string[] | string;

/** One metric, as its reference describes it. */
export interface Definition<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  /** In the order in which they are written. */
  readonly labels: Readonly<Record<Label, LabelValues>>;
}

/** Reports a value of one series, each series once. */
type Report<Label extends string, Value> = (labels: Readonly<Record<Label, string>>, value: Value) => void;

/** To be awaited between the parts of a long work: it lets the event loop turn if it is time. */
type Pause = () => Promise<void> | undefined;

/** Reports all series of a metric, when Prometheus scrapes. What is not reported has no series any more. */
type Collect<Label extends string, Value> = (
  report: Report<Label, Value>,
  pause: Pause,
) => void | Promise<void>;

export interface Described extends Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

/** The lines of one series, made when they are written. */
type Series = () => string;

/** A metric that is defined here. */
interface Family {
  /** The lines before its series. */
  readonly head: string;
  readonly collect: (add: (series: Series) => void, pause: Pause) => void | Promise<void>;
}

/** The text is encoded in pieces of about this many characters, none of which takes long. */
const PIECE_LENGTH = 64 * 1024;

/**
 * The metrics of the service. Their figures are kept where they arise, as plain numbers, and are only read at a scrape. A
 * metric of the client would have to be told each value when it arises, which costs a look-up of labels per request, and
 * would write all its series in one turn of the event loop. So the text is made here.
 */
export class Families {
  readonly #registry = new Registry();
  readonly #described: Described[] = [];
  readonly #families: Family[] = [];

  /** For metrics that others define. */
  get registry(): Registry {
    return this.#registry;
  }

  /** The metrics that were defined here. */
  get described(): readonly Described[] {
    return this.#described;
  }

  gauge<Label extends string>(definition: Definition<Label>, collect: Collect<Label, number>): void {
    this.#define('gauge', definition, collect, sample);
  }

  /** @param collect reports counts since the start */
  counter<Label extends string>(definition: Definition<Label>, collect: Collect<Label, number>): void {
    this.#define('counter', definition, collect, sample);
  }

  histogram<Label extends string>(definition: Definition<Label>, collect: Collect<Label, Buckets>): void {
    this.#define('histogram', definition, collect, histogramLines);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * All metrics as of now, in the text format of Prometheus, in pieces. With many clusters they are megabytes, so others get
   * their turns while they are written, and no one buffer has to hold them.
   */
  async text(): Promise<readonly Buffer[]> {
    const pause = pauses();
    const pieces: Buffer[] = [];
    let piece = '';
    const write = (text: string) => {
      piece += text;
      if (piece.length < PIECE_LENGTH) return;
      pieces.push(Buffer.from(piece));
      piece = '';
    };
    for (const { head, collect } of this.#families) {
      write(head);
      const series: Series[] = [];
      await collect((each) => void series.push(each), pause);
      for (const lines of series) {
        await pause();
        write(lines());
      }
      write('\n');
    }
    write(await this.#registry.metrics());
    pieces.push(Buffer.from(piece));
    return pieces;
  }

  #define<Label extends string, Value>(
    type: Described['type'],
    definition: Definition<Label>,
    collect: Collect<Label, Value>,
    linesOf: (name: string, labels: string, value: Value) => string,
  ): void {
    this.#described.push({ ...definition, type });
    const { name, help } = definition;
    this.#families.push({
      head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
      collect: (add, pause) =>
        collect((labels, value) => add(() => linesOf(name, textOf(labels), value)), pause),
    });
  }
}

function sample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
}

/** All histograms have labels. */
function histogramLines(name: string, labels: string, { bounds, cumulative, sum }: Buckets): string {
  const count = cumulative.at(-1);
  const buckets = bounds.map((bound, at) => `${name}_bucket{${labels},le="${bound}"} ${cumulative[at]}\n`);
  const all = `${name}_bucket{${labels},le="+Inf"} ${count}\n`;
  return `${buckets.join('')}${all}${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`;
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join();
}
