import { Worker } from 'node:worker_threads';

/** The requests that the bystander keeps making. */
export interface BystanderDuties {
  /** Fifty reads of a count per second, from memory. */
  readonly counts: boolean;
  /** Five lists of one namespace per second. */
  readonly listsOfNamespace: boolean;
  /** One list of all namespaces per second. */
  readonly lists: boolean;
  /** Five reads of a count per second with maxAge=0, each in a new namespace: an access review and a direct read each. */
  readonly fresh: boolean;
  /** One write per second, to a Deployment that only the bystander uses. */
  readonly writes: boolean;
  /** One new connection per second, each with a read of a count. */
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

export const NO_DUTIES: BystanderDuties = {
  counts: false,
  listsOfNamespace: false,
  lists: false,
  fresh: false,
  writes: false,
  newConnections: false,
};

/** A message to the thread of the bystander. */
export type BystanderMessage = { readonly duties: Partial<BystanderDuties> } | 'take' | 'end';

export interface BystanderOrder {
  readonly port: number;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly localAddress: string;
  readonly duties: BystanderDuties;
}

/** The events since the previous result. */
export interface BystanderResult {
  readonly requests: number;
  /** The number of requests that were not answered with 200 within 10 s. */
  readonly lost: number;
  /** The reasons of the first 20 lost requests. */
  readonly reasons: readonly string[];
  /** For reads of counts, each from the time it was due. Undefined without counts. */
  readonly p99Ms: number | undefined;
}

/** Another client, with a separate thread, address and rights. */
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

  /** The result so far. The bystander continues. */
  take(): Promise<BystanderResult> {
    return this.#ask('take');
  }

  /** Stops the requests, waits for the remaining answers and returns the last result. */
  end(): Promise<BystanderResult> {
    return this.#ask('end');
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(message: BystanderMessage): Promise<BystanderResult> {
    const result = new Promise<BystanderResult>((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    this.#thread.postMessage(message);
    return result;
  }
}
