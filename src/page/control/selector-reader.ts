import { ApiError } from '../../client/api-error.ts';
import type { ScalerClient } from '../../client/scaler-client.ts';
import { keyOf } from '../model/table-row.ts';

const DEADLINE_MS = 30_000;
/** The service is not asked in shorter pauses in typing. */
const TYPING_MS = 300;
/** Events do not tell labels: how often the service is asked again. */
const AGAIN_MS = 15_000;

/** Which Deployments a label selector selects: the service evaluates it, as rows do not have their labels. */
export class SelectorReader {
  /** The keys of the Deployments; undefined: there is no selector, or it has no answer. */
  selected: ReadonlySet<string> | undefined;
  /** Why it cannot be evaluated. */
  error = '';
  readonly #client: Pick<ScalerClient, 'listing'>;
  readonly #clusters: () => readonly string[];
  readonly #changed: () => void;
  #selector: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = new AbortController();

  constructor(client: Pick<ScalerClient, 'listing'>, clusters: () => readonly string[], changed: () => void) {
    this.#client = client;
    this.#clusters = clusters;
    this.#changed = changed;
  }

  /** Whether the first answer for this selector is not there yet. */
  get isAsked(): boolean {
    return this.#selector !== undefined && this.selected === undefined && this.error === '';
  }

  /** Evaluates another one. */
  use(selector: string | undefined): void {
    if (selector === this.#selector) return;
    this.#selector = selector;
    // What the last one selected is not the answer to this one: somebody might park it.
    this.selected = undefined;
    this.error = '';
    this.again(TYPING_MS);
  }

  /** Evaluates it again soon. */
  again(afterMs = 1_000): void {
    clearTimeout(this.#timer);
    this.#reading.abort();
    if (this.#selector !== undefined) this.#timer = setTimeout(() => void this.#read(), afterMs);
  }

  async #read(): Promise<void> {
    const labelSelector = this.#selector;
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const clusters = this.#clusters();
    const answers = await Promise.allSettled(
      clusters.map((cluster) => this.#client.listing(cluster, { labelSelector }, deadline)),
    );
    if (signal.aborted) return;
    const selected = new Set<string>();
    const errors: string[] = [];
    for (const [at, answer] of answers.entries()) {
      const cluster = clusters[at] ?? '';
      if (answer.status === 'fulfilled') {
        for (const { namespace, deployment } of answer.value.items) {
          selected.add(keyOf(cluster, namespace, deployment));
        }
      } else errors.push(errorText(cluster, answer.reason));
    }
    if (errors.length < clusters.length) this.selected = selected;
    this.error = errors[0] ?? '';
    this.#changed();
    this.again(AGAIN_MS);
  }
}

/** A selector that is wrong is so in each cluster. */
function errorText(cluster: string, error: unknown): string {
  if (error instanceof ApiError && error.status === 400) {
    return error.message.replace(/^query parameter labelSelector: /, '');
  }
  return `${cluster}: ${error instanceof ApiError ? error.message : 'the service does not answer'}`;
}
