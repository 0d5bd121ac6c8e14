import { Worker } from 'node:worker_threads';

/** What the bystander keeps doing. */
export interface BystanderDuties {
  /** Fifty a second of a count, from memory. */
  readonly counts: boolean;
  /** Five a second of one namespace. */
  readonly listsOfNamespace: boolean;
  /** One a second of all namespaces. */
  readonly lists: boolean;
  /** Five a second of a count in yet another namespace, with maxAge=0: an access review and a direct read each. */
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

export const NO_DUTIES: BystanderDuties = {
  counts: false,
  listsOfNamespace: false,
  lists: false,
  fresh: false,
  writes: false,
  newConnections: false,
};

/** What its thread is told. */
export type BystanderMessage = { readonly duties: Partial<BystanderDuties> } | 'take' | 'end';

export interface BystanderOrder {
  readonly port: number;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly localAddress: string;
  readonly duties: BystanderDuties;
}

/** What happened since the previous result. */
export interface BystanderResult {
  readonly requests: number;
  /** Requests that were not answered with 200 within 10 s. */
  readonly lost: number;
  /** Why the first 20 were lost. */
  readonly reasons: readonly string[];
  /** Of the counts, from the time each was due; undefined without counts. */
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

  /** The result so far; the bystander goes on. */
  take(): Promise<BystanderResult> {
    return this.#ask('take');
  }

  /** Stops asking, waits for the answers that are due and returns the last result. */
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
