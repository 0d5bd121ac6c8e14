import { readFileSync } from 'node:fs';
import { Child, LOAD_CORE } from './child.ts';

export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The contents of the files, for a TLS client. */
export function readCertificates({
  ca,
  cert,
  key,
}: CertificateFiles): Record<keyof CertificateFiles, Buffer> {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
}

/** What the load process is told to do. */
export interface LoadOrder {
  readonly port: number;
  /** The process whose processor time is read. */
  readonly pid: number;
  readonly certificates: CertificateFiles;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** What is read, in turn. */
  readonly paths: readonly string[];
  /** The status of every answer. Any other ends the measurement. */
  readonly status: number;
  /** Whether each request is sent on a connection of its own, without resuming a session. */
  readonly handshakes: boolean;
}

export interface LoadResult {
  readonly answers: number;
  /** The processor time of the server. */
  readonly processorSeconds: number;
  /** The 99th percentile of the times of the answers. */
  readonly p99Ms: number;
}

/** Loads servers from a process of its own. */
export class Loader {
  readonly #child: Child;

  /** @param node the Node that runs it */
  constructor(node: string) {
    this.#child = new Child([node, `${import.meta.dirname}/load-process.ts`], { core: LOAD_CORE, ipc: true });
  }

  /** Loads a server at full speed. @throws Error if a connection fails or an answer has another status */
  async run(order: LoadOrder): Promise<LoadResult> {
    const result = await this.#child.ask(order);
    if (!isLoadResult(result)) throw this.#child.failure(`failed: ${JSON.stringify(result)}`);
    return result;
  }
}

function isLoadResult(result: unknown): result is LoadResult {
  return typeof result === 'object' && result !== null && 'processorSeconds' in result;
}
