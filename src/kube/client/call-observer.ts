import type { KubeRequest } from './kube-client.ts';

/** Sees each request that a KubeClient makes, for metrics and traces. */
export interface CallObserver {
  /**
   * A request begins. It has no connection yet, and may fail before anything is sent.
   * @param kind `call`: one answer; `watch`: an answer that goes on, of which only the beginning is observed
   */
  began(request: KubeRequest, kind: 'call' | 'watch'): CallObservation;
}

/** What one observer sees of one request. */
export interface CallObservation {
  /** Headers to send with the request. They replace neither those of the credentials nor those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Called once: when the answer of a call has arrived whole, or the headers of that of a watch.
   * @param outcome the HTTP status; an error if there was no answer, or only a part of one
   */
  ended(outcome: number | Error): void;
}

/** One request, as all observers see it. */
export class Observed {
  readonly #observations: readonly CallObservation[];
  #ended = false;

  constructor(observers: readonly CallObserver[], request: KubeRequest, kind: 'call' | 'watch') {
    this.#observations = observers.map((observer) => observer.began(request, kind));
  }

  /** The headers of all observers. */
  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#observations.flatMap(({ headers = {} }) => Object.entries(headers)));
  }

  /** Tells the observers, the first time only: an answer that has arrived and cannot be used is still an answer. */
  end(outcome: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const known =
      typeof outcome === 'number' || outcome instanceof Error ? outcome : new Error(String(outcome));
    for (const observation of this.#observations) observation.ended(known);
  }
}
