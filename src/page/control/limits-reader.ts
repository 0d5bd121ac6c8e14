import { ApiError } from '../../client/api-error.ts';
import type { Limits, ScalerClient } from '../../client/scaler-client.ts';
import type { Row } from '../model/table-row.ts';

/** How many are asked for at a time: browsers have six connections to a server, and people wait for other answers. */
const CONCURRENT = 2;
const KEPT_MS = 60_000;
/** After an error that says nothing about the rights. */
const RETRY_MS = 10_000;
/** How many are remembered: those of a few pages of rows. */
const REMEMBERED = 500;
const DEADLINE_MS = 15_000;

interface Known {
  /** undefined: the caller may neither read nor set the count. */
  readonly limits: Limits | undefined;
  /** When it is to be read again, in ms since the epoch. */
  readonly until: number;
}

/** What the caller may do with the Deployments that are in view: read when they come into view, and kept for a minute. */
export class LimitsReader {
  readonly #client: Pick<ScalerClient, 'limits'>;
  readonly #rowOf: (key: string) => Row | undefined;
  readonly #changed: () => void;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Set<string>();
  #visible: ReadonlySet<string> = new Set();

  constructor(
    client: Pick<ScalerClient, 'limits'>,
    rowOf: (key: string) => Row | undefined,
    changed: () => void,
  ) {
    this.#client = client;
    this.#rowOf = rowOf;
    this.#changed = changed;
  }

  /** Undefined: not known yet, or the caller may not even read the count. */
  get(key: string): Limits | undefined {
    const limits = this.#known.get(key)?.limits;
    const replicas = this.#rowOf(key)?.state.replicas;
    return limits === undefined || replicas === undefined ? limits : { ...limits, replicas };
  }

  /** Rights may have changed: what is known is good until it is read again. */
  again(): void {
    for (const [key, { limits }] of this.#known) this.#known.set(key, { limits, until: 0 });
    this.want();
  }

  maySet(key: string): boolean {
    return this.get(key)?.may.scale === true;
  }

  /** Reads those of rows that are in view, and those that are out of date. */
  want(visible: ReadonlySet<string> = this.#visible): void {
    this.#visible = visible;
    for (const key of visible) {
      if (this.#reading.size >= CONCURRENT) return;
      if (!this.#reading.has(key) && this.#isDue(key)) void this.#read(key);
    }
  }

  #isDue(key: string): boolean {
    const known = this.#known.get(key);
    if (known === undefined || known.until <= Date.now()) return true;
    // How far one write may go depends on the count. Nothing else does, and counts may change all the time.
    const { limits } = known;
    const replicas = this.#rowOf(key)?.state.replicas;
    return limits?.maxStep !== undefined && replicas !== undefined && limits.replicas !== replicas;
  }

  async #read(key: string): Promise<void> {
    const row = this.#rowOf(key);
    if (row === undefined) return;
    const { namespace, deployment, replicas } = row.state;
    this.#reading.add(key);
    try {
      const limits = await this.#client.limits(
        { cluster: row.cluster, namespace, deployment },
        AbortSignal.timeout(DEADLINE_MS),
      );
      // The watch may be ahead of the answer or behind it: limits are those of the count that is shown.
      this.#remember(key, { limits: { ...limits, replicas }, until: Date.now() + KEPT_MS });
    } catch (error) {
      const denied = error instanceof ApiError && error.status === 403;
      const limits = denied ? undefined : this.get(key);
      this.#remember(key, { limits, until: Date.now() + (denied ? KEPT_MS : RETRY_MS) });
    } finally {
      this.#reading.delete(key);
    }
    this.#changed();
    this.want();
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}
