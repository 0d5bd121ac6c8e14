import {
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube-errors.ts';
import type { KubeApi, KubeRequest } from './kube-client.ts';

/** The circuit opens after this number of failures in a row. */
const FAILURES = 5;
/** How long the circuit refuses calls before one may try again. The time doubles with each try. */
const FIRST_OPEN_MS = 1_000;
/** Calls must work again within 5 s of the recovery of the API server. */
const MAX_OPEN_MS = 2_000;

/** The part of KubeApi that all callers but the reflector use. */
export type KubeCalls = Pick<KubeApi, 'call' | 'reloadCredentials'>;

/**
 * Keeps the callers of one cluster from waiting for a dead API server. After a few calls in a row without an answer,
 * further calls fail at once, except for one from time to time that tries again. The reflector does not use it: it has
 * its own back-off, and closes the circuit when the API server answers it.
 */
export class Circuit implements KubeCalls {
  readonly #api: KubeCalls;
  #failures = 0;
  #openMs = FIRST_OPEN_MS;
  #triesAgainAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(api: KubeCalls) {
    this.#api = api;
  }

  /** As KubeApi.call. @throws KubeCircuitOpenError if the request was not sent */
  async call(request: KubeRequest): Promise<unknown> {
    this.#refuseWhileOpen();
    if (this.isOpen) this.#try();
    return this.probe(request);
  }

  /** As `call`, but it is sent even while the circuit is open: for a caller that limits its calls itself. */
  async probe(request: KubeRequest): Promise<unknown> {
    const startedAt = performance.now();
    try {
      const result = await this.#api.call(request);
      this.close();
      return result;
    } catch (error) {
      if (hadNoAnswer(error)) this.#failed(startedAt);
      else if (error instanceof KubeError && !(error instanceof KubeTimeoutError)) this.close();
      throw error;
    }
  }

  reloadCredentials(): void {
    this.#api.reloadCredentials();
  }

  /** Call it when the API server has answered a request that did not use this circuit. */
  close(): void {
    this.#answeredAt = performance.now();
    this.#failures = 0;
    this.#openMs = FIRST_OPEN_MS;
  }

  /** Whether the last calls had no answer, so that further calls are refused. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES;
  }

  #refuseWhileOpen(): void {
    if (!this.isOpen) return;
    const leftMs = this.#triesAgainAt - performance.now();
    if (leftMs > 0) throw new KubeCircuitOpenError(Math.ceil(leftMs / 1000));
  }

  /**
   * Lets one call try. The next try does not wait for the end of this one: while etcd is down, the API server lets a
   * call hang, and it may still hang long after etcd is back.
   */
  #try(): void {
    this.#openMs = Math.min(MAX_OPEN_MS, this.#openMs * 2);
    this.#triesAgainAt = performance.now() + this.#openMs;
  }

  #failed(startedAt: number): void {
    // A call that started before the last answer arrived says nothing about the time after that answer.
    if (startedAt < this.#answeredAt) return;
    this.#failures += 1;
    if (this.#failures === FAILURES) this.#triesAgainAt = performance.now() + this.#openMs;
  }
}

function hadNoAnswer(error: unknown): boolean {
  return (
    error instanceof KubeUnreachableError ||
    (error instanceof KubeTimeoutError && error.fair) ||
    error instanceof KubeCredentialsError
  );
}
