import { Buckets } from '../lib/buckets.ts';

/** In seconds. A read from memory takes less than 0.5 ms. */
export const REQUEST_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Of waits and streams, in seconds. */
export const LONG_BOUNDS: readonly number[] = [1, 5, 15, 30, 60, 120, 300, 900, 3_600];

/** The requests of one kind. */
export interface RequestSeries {
  readonly method: string;
  readonly route: string;
  readonly status: string;
  readonly durations: Buckets;
}

/** How long the requests that named one cluster took, in seconds. */
export class DurationsOfCluster {
  readonly #requests = new Map<string, RequestSeries>();
  readonly #waits = new Map<string, Buckets>();
  readonly #streams = new Map<string, Buckets>();

  /** @param route its template, @param status of the answer; both empty: there is none */
  request(method: string, route: string, status: string): Buckets {
    const key = `${method} ${status} ${route}`;
    const known = this.#requests.get(key);
    if (known !== undefined) return known.durations;
    const durations = new Buckets(REQUEST_BOUNDS);
    this.#requests.set(key, { method, route, status, durations });
    return durations;
  }

  wait(outcome: string): Buckets {
    return found(this.#waits, outcome);
  }

  stream(end: string): Buckets {
    return found(this.#streams, end);
  }

  get requests(): Iterable<RequestSeries> {
    return this.#requests.values();
  }

  get waits(): Iterable<readonly [outcome: string, Buckets]> {
    return this.#waits;
  }

  get streams(): Iterable<readonly [end: string, Buckets]> {
    return this.#streams;
  }
}

/**
 * How long requests took, by the cluster that they named. What is kept of a cluster goes with it, whether or not somebody
 * scrapes, and a cluster that takes its name begins again.
 */
export class RequestDurations {
  readonly #byCluster = new WeakMap<object, DurationsOfCluster>();
  readonly #others = new DurationsOfCluster();

  /** @param cluster undefined: of the requests that named no cluster that is served */
  of(cluster: object | undefined): DurationsOfCluster {
    if (cluster === undefined) return this.#others;
    const known = this.#byCluster.get(cluster);
    if (known !== undefined) return known;
    const durations = new DurationsOfCluster();
    this.#byCluster.set(cluster, durations);
    return durations;
  }
}

function found(all: Map<string, Buckets>, key: string): Buckets {
  const known = all.get(key) ?? new Buckets(LONG_BOUNDS);
  all.set(key, known);
  return known;
}
