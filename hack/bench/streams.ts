import { Child, LOAD_CORE } from './child.ts';
import type { CertificateFiles } from './load.ts';

/** What the process that reads streams is told to do. */
export interface StreamOrder {
  readonly port: number;
  readonly certificates: CertificateFiles;
  readonly readers: number;
  readonly measureMs: number;
}

/** What it is told then, as often as it is to measure. */
export interface MeasureOrder {
  readonly measure: true;
}

export interface StreamResult {
  /** How many events were looked at. */
  readonly events: number;
  /** From the time at which the service saw a change until a reader had got it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Reads streams in a process of its own. */
export class StreamReaders implements AsyncDisposable {
  readonly #child: Child;

  /** @param node the Node that runs it */
  constructor(node: string) {
    this.#child = new Child([node, `${import.meta.dirname}/stream-process.ts`], {
      core: LOAD_CORE,
      ipc: true,
    });
  }

  /** Resolves once all streams have begun. */
  async open(order: StreamOrder): Promise<void> {
    await this.#ask(order);
  }

  async measure(): Promise<StreamResult> {
    return this.#ask({ measure: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  async #ask(order: StreamOrder | MeasureOrder): Promise<StreamResult> {
    const result = await this.#child.ask(order);
    if (!isStreamResult(result)) throw this.#child.failure(`failed: ${JSON.stringify(result)}`);
    return result;
  }
}

function isStreamResult(result: unknown): result is StreamResult {
  return typeof result === 'object' && result !== null && 'p99Ms' in result;
}
