import {
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube-errors.ts';
import type { KubeApi, KubeRequest } from './kube-client.ts';

/** So many failures in a row open the circuit. */
const FAILURES = 5;
/** How long it is open before a call may try again; twice as long after each that does. */
const FIRST_OPEN_MS = 1_000;
/** Callers want the cluster back within 5 s of its API server. */
const MAX_OPEN_MS = 2_000;

/** What those who ask the API server now and then need of it: all but the reflector. */
export type KubeCalls = Pick<KubeApi, 'call' | 'reloadCredentials'>;

/**
 * Keeps the callers of one cluster from waiting for an API server that is dead: after a few calls in a row without an
 * answer the next ones fail at once, but for one from time to time that tries.
 * The reflector does not go through it: that has a back-off of its own, and closes the circuit when it is answered.
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

  /** As KubeApi has it. @throws KubeCircuitOpenError where it was not even sent */
  async call(request: KubeRequest): Promise<unknown> {
    this.#refuseWhileOpen();
    if (this.isOpen) this.#try();
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

  /** The API server has answered somebody else: there is no reason to keep its callers away. */
  close(): void {
    this.#answeredAt = performance.now();
    this.#failures = 0;
    this.#openMs = FIRST_OPEN_MS;
  }

  /** Whether the API server has not answered the last calls, so that the next are refused. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES;
  }

  #refuseWhileOpen(): void {
    if (!this.isOpen) return;
    const leftMs = this.#triesAgainAt - performance.now();
    if (leftMs > 0) throw new KubeCircuitOpenError(Math.ceil(leftMs / 1000));
  }

  /**
   * One call may go. The next one does not wait for its end: an API server without its etcd lets a call hang, for long
   * after that is back.
   */
  #try(): void {
    this.#openMs = Math.min(MAX_OPEN_MS, this.#openMs * 2);
    this.#triesAgainAt = performance.now() + this.#openMs;
  }

  #failed(startedAt: number): void {
    // Whoever asked before the last answer came says nothing of the time after it.
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
