import { Worker } from 'node:worker_threads';

/** What the bystander does all the time; one that is false is left out. */
export interface BystanderDuties {
  /** Fifty a second of a count, from memory. */
  readonly counts: boolean;
  readonly listsOfNamespace: boolean;
  readonly lists: boolean;
  /** Counts with maxAge=0 in ever new namespaces, each with a review of its own. */
  readonly fresh: boolean;
  /** One a second to a Deployment of its own. */
  readonly writes: boolean;
  /** One a second, each with a count. */
  readonly newConnections: boolean;
}

export const ALL_DUTIES: BystanderDuties = {
  counts: true,
  listsOfNamespace: true,
  lists: true,
  fresh: true,
  writes: true,
  newConnections: true,
};

export interface BystanderOrder {
  readonly port: number;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly localAddress: string;
  readonly duties: BystanderDuties;
}

/** Since the one before. */
export interface BystanderResult {
  readonly requests: number;
  /** Requests that were not answered with 200 within 10 s. */
  readonly lost: number;
  /** Of the first 20 that were lost. */
  readonly reasons: readonly string[];
  /** Of the counts, from when each was due; undefined where there was none. */
  readonly p99Ms: number | undefined;
}

/** Another client, in a thread of its own, with an address and rights of its own. */
export class Bystander {
  readonly #thread: Worker;

  constructor(order: BystanderOrder) {
    this.#thread = new Worker(new URL('./bystander-thread.ts', import.meta.url), {
      workerData: order,
      execArgv: [],
    });
  }

  change(duties: Partial<BystanderDuties>): void {
    this.#thread.postMessage({ duties });
  }

  take(): Promise<BystanderResult> {
    const result = new Promise<BystanderResult>((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    this.#thread.postMessage('take');
    return result;
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}
