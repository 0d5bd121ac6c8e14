import { AuthorizerUnavailableError } from '../cluster/cluster-errors.ts';
import {
  KubeBusyError,
  KubeCircuitOpenError,
  KubeCredentialsError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube/kube-errors.ts';
import { sleep } from '../lib/sleep.ts';
import { BatchEndedError } from './batch-errors.ts';

/** After this number of failures in a row the cluster is given up. */
const MAX_FAILURES = 5;
/** A pause lasts at least this long, and, unless the cluster asks for more, at most a limit that doubles with each failure. */
const LEAST_PAUSE_MS = 500;
const FIRST_LIMIT_MS = 1_000;
const LAST_LIMIT_MS = 8_000;
/** It does not accept the account, asks to wait, or cannot serve. */
const REFUSES_ALL: ReadonlySet<number> = new Set([401, 429, 503]);

/**
 * Whether a write failed because the cluster takes nothing at present, and has certainly changed nothing. A write whose
 * outcome is unknown ends with another error, so a timeout says that it was not sent.
 */
export function takesNothing(error: unknown): boolean {
  if (error instanceof KubeStatusError) return REFUSES_ALL.has(error.status);
  return (
    error instanceof KubeTimeoutError ||
    error instanceof KubeUnreachableError ||
    error instanceof KubeCircuitOpenError ||
    error instanceof KubeCredentialsError ||
    error instanceof KubeBusyError ||
    error instanceof AuthorizerUnavailableError
  );
}

/** The items of one cluster in a batch: whether they may go on, and when. */
export class Lane {
  readonly #signal: AbortSignal;
  readonly #endsAt: number;
  /** Ends pauses. */
  readonly #givingUp = new AbortController();
  readonly #pauseSignal: AbortSignal;
  #givenUp: unknown;
  #resumesAt = Number.NEGATIVE_INFINITY;
  /** Grows with each pause: writes that were begun before it say nothing new. */
  #round = 0;
  #failures = 0;

  /**
   * @param signal ends the lane; the reason is a text
   * @param endsAt the deadline for starting items, on the clock of performance.now()
   */
  constructor(signal: AbortSignal, endsAt: number) {
    this.#signal = signal;
    this.#endsAt = endsAt;
    this.#pauseSignal = AbortSignal.any([signal, this.#givingUp.signal]);
  }

  /** Why no further item is started; undefined: they are. */
  get end(): unknown {
    if (this.#givenUp !== undefined) return this.#givenUp;
    if (this.#signal.aborted) return new BatchEndedError('INTERRUPTED', String(this.#signal.reason));
    return performance.now() < this.#endsAt ? undefined : new BatchEndedError('OUT_OF_TIME');
  }

  /** Resolves after the pause, or once the lane has ended. @returns what `failed` must be told about a write begun now */
  async ready(): Promise<number> {
    while (this.end === undefined) {
      const pauseMs = Math.min(this.#resumesAt, this.#endsAt) - performance.now();
      if (pauseMs <= 0) break;
      await sleep(pauseMs, this.#pauseSignal);
    }
    return this.#round;
  }

  /** The cluster takes writes. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * The cluster takes nothing at present: makes all items of the lane pause, or ends the lane.
   * @param round of the write, by `ready`
   * @returns whether it ends the lane
   */
  failed(round: number, error: unknown): boolean {
    let pauseMs = askedPauseMs(error);
    // Several writes that fail together are one failure.
    if (round === this.#round) {
      this.#round += 1;
      this.#failures += 1;
      if (this.#failures === MAX_FAILURES) {
        this.giveUp(error);
        return true;
      }
      const limitMs = Math.min(LAST_LIMIT_MS, FIRST_LIMIT_MS * 2 ** (this.#failures - 1));
      pauseMs ??= LEAST_PAUSE_MS + Math.random() * (limitMs - LEAST_PAUSE_MS);
    }
    this.#resumesAt = Math.max(this.#resumesAt, performance.now() + (pauseMs ?? 0));
    return false;
  }

  /** Ends the lane for this reason. */
  giveUp(reason: unknown): void {
    this.#givenUp ??= reason;
    this.#givingUp.abort();
  }
}

/** How long the cluster asks to wait; undefined: it does not say. */
function askedPauseMs(error: unknown): number | undefined {
  const asks =
    error instanceof KubeStatusError ||
    error instanceof KubeCircuitOpenError ||
    error instanceof AuthorizerUnavailableError;
  const seconds = asks ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : Math.max(LEAST_PAUSE_MS, seconds * 1000);
}
