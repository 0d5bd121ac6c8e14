import { Buckets } from '../../lib/buckets.ts';
import { KubeCredentialsError, KubeError } from '../kube-errors.ts';
import type { CallObservation, CallObserver } from './call-observer.ts';
import type { KubeRequest } from './kube-client.ts';

/** As client-go has them, in seconds. */
export const CALL_BOUNDS: readonly number[] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/**
 * Counts the requests to one API server, as the metrics of client-go do: neither those for which there were no
 * credentials, so that nothing was sent, nor those that their callers gave up.
 */
export class CallFigures implements CallObserver {
  /** Requests by method and by the status of their answer; `<error>` if there was none. */
  readonly counts = new Map<string, Map<string, number>>();
  /** How long calls took in seconds, by method. Watches, which last, are not among them. */
  readonly durations = new Map<string, Buckets>();

  began({ method = 'GET' }: KubeRequest, kind: 'call' | 'watch'): CallObservation {
    const startedAt = performance.now();
    return {
      ended: (outcome) => {
        if (typeof outcome !== 'number' && !isFailure(outcome)) return;
        this.#count(method, typeof outcome === 'number' ? `${outcome}` : '<error>');
        if (kind === 'call') this.#durationsOf(method).add((performance.now() - startedAt) / 1000);
      },
    };
  }

  #count(method: string, code: string): void {
    const counts = this.counts.get(method) ?? new Map<string, number>();
    this.counts.set(method, counts);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }

  #durationsOf(method: string): Buckets {
    const known = this.durations.get(method) ?? new Buckets(CALL_BOUNDS);
    this.durations.set(method, known);
    return known;
  }
}

/** Whether it says something about the API server; the error of a request that its caller gave up does not. */
function isFailure(error: Error): boolean {
  return error instanceof KubeError && !(error instanceof KubeCredentialsError);
}
