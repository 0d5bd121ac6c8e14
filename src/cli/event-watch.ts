import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../client/api-error.ts';
import type { StreamEvent } from '../client/event-stream.ts';
import type { ScalerClient, State } from '../client/scaler-client.ts';
import { CliError } from './cli-error.ts';
import { ConnectError } from './connect/connect-error.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { jsonText, note, warn } from './output/messages.ts';
import { authorOf, countChange, phaseText, readyText } from './output/state-text.ts';
import { oneLine, type Paint, painter } from './output/text.ts';
import { nameOf } from './target.ts';

export interface Watched {
  /** Empty: all. */
  readonly clusters: readonly string[];
  readonly labelSelector: string | undefined;
}

/** The pause before it connects again, which doubles, and its greatest length. Each is cut by chance, so that clients spread. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** Reasons of `end` after which it connects again: with fewer rights it follows what is left, or is told that nothing is. */
const PASSING_ENDS = new Set(['age', 'drain', 'clusters', 'rights']);

type Override = Pick<State, 'namespace' | 'deployment'> & NonNullable<State['overridden']>;

/** Prints the events of one cluster, of some or of all, and connects again after each end but a final one. */
export class EventWatch {
  readonly #context: CliContext;
  readonly #client: ScalerClient;
  readonly #watched: Watched;
  readonly #paint: Paint;
  /** The last known states, to tell what has changed. They are as many as there are Deployments. */
  readonly #known = new Map<string, State>();
  #lastEventId: string | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isFirst = true;

  constructor(context: CliContext, client: ScalerClient, watched: Watched) {
    this.#context = context;
    this.#client = client;
    this.#watched = watched;
    this.#paint = painter(context.colours);
  }

  /**
   * Returns when nobody reads the output any more.
   * @throws CliError when the service ends it for good; ApiError and ConnectError if it cannot begin
   */
  async run(): Promise<void> {
    await this.#learn();
    for (;;) {
      const cause = await this.#follow();
      if (this.#context.outputClosed.aborted) return;
      const pause = this.#pauseMs * (0.5 + Math.random() / 2);
      this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
      note(this.#context, `${cause}; connecting again`);
      await sleep(pause, undefined, { signal: this.#context.signal });
    }
  }

  /** Follows one stream. Returns why it ended. */
  async #follow(): Promise<string> {
    const { signal, outputClosed, flags } = this.#context;
    const [cluster, ...others] = this.#watched.clusters;
    const of = others.length === 0 ? cluster : undefined;
    try {
      const events = await this.#client.events(
        { cluster: of, namespace: flags.namespace, labelSelector: this.#watched.labelSelector },
        this.#lastEventId,
        AbortSignal.any([signal, outputClosed]),
      );
      for await (const event of events) {
        if (event.id !== undefined) this.#lastEventId = event.id;
        const end = event.data === '' ? undefined : await this.#take(event, of);
        if (end !== undefined) return `The service ended the stream (${end})`;
      }
      return 'The connection was closed';
    } catch (error) {
      if (outputClosed.aborted) return '';
      if (signal.aborted || error instanceof CliError || this.#isFirst) throw error;
      if (error instanceof ConnectError && error.usage) throw error;
      // What would be answered again, such as 403 or a wrong selector.
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) throw error;
      return `The connection was lost: ${oneLine(error instanceof Error ? error.message : String(error))}`;
    }
  }

  /** Takes one event. Returns the reason if it ends the stream for now. */
  async #take({ event, data }: StreamEvent, of: string | undefined): Promise<string | undefined> {
    const body = JSON.parse(data);
    const cluster: string | undefined = body.cluster ?? of;
    if (event === 'ready') {
      this.#pauseMs = FIRST_PAUSE_MS;
      note(this.#context, this.#isFirst ? `Watching ${this.#scope()}; Ctrl-C ends it.` : 'Connected again.');
      this.#isFirst = false;
    } else if (event === 'end') {
      this.#end(body.reason);
      return body.reason;
    }
    if (!this.#isWatched(cluster)) return undefined;
    if (this.#context.flags.output === 'json') this.#printJson(event, cluster, body);
    if (event === 'reset') await this.#relearn(cluster);
    else if (event === 'changed') this.#changed(cluster, body);
    else if (event === 'gone') this.#gone(cluster, body, this.#goneText);
    else if (event === 'overridden') this.#overridden(cluster, body);
    return undefined;
  }

  /** @throws CliError unless connecting again helps */
  #end(reason: string): void {
    if (PASSING_ENDS.has(reason)) return;
    if (reason === 'revoked') {
      throw new CliError(
        'the certificate was revoked, or no longer passes: ask for another one',
        EXIT.refused,
      );
    }
    throw new CliError(`the service ended the stream (${reason})`, EXIT.failed);
  }

  #changed(cluster: string | undefined, state: State): void {
    const key = nameOf({ ...state, cluster });
    const before = this.#known.get(key);
    this.#known.set(key, state);
    const { lastChange, replicas } = state;
    const isScaled = lastChange !== undefined && before !== undefined && before.replicas !== replicas;
    const count = isScaled
      ? `${countChange({ from: before.replicas, to: replicas })} by ${authorOf(lastChange)}`
      : String(replicas);
    const isSame =
      before !== undefined &&
      before.replicas === replicas &&
      before.ready === state.ready &&
      before.phase === state.phase &&
      before.reason === state.reason;
    if (isSame) return;
    const why = state.phase === 'stuck' ? `: ${oneLine(state.reason)}` : '';
    this.#print(key, `${count}; ${readyText(state)} ready, ${phaseText(state, this.#paint)}${why}`);
  }

  #gone(cluster: string | undefined, state: State, text: string): void {
    const key = nameOf({ ...state, cluster });
    this.#known.delete(key);
    this.#print(key, text);
  }

  get #goneText(): string {
    return this.#watched.labelSelector === undefined
      ? 'deleted'
      : 'deleted, or the selector no longer matches';
  }

  #overridden(cluster: string | undefined, { namespace, deployment, by, from, to }: Override): void {
    const text = `overridden by ${oneLine(by)}: ${from} -> ${to}`;
    this.#print(nameOf({ cluster, namespace, deployment }), this.#paint('yellow', text));
  }

  /** Reads the states again after changes may have been missed, and prints what is different. */
  async #relearn(cluster: string | undefined): Promise<void> {
    note(
      this.#context,
      `Changes${cluster === undefined ? '' : ` of ${cluster}`} may be missing: reading the states again.`,
    );
    const states = await this.#statesOf(cluster);
    if (states === undefined) return;
    for (const state of states) this.#changed(cluster, state);
    const there = new Set(states.map((state) => nameOf({ ...state, cluster })));
    for (const [key, state] of this.#known) {
      if (key === nameOf({ ...state, cluster }) && !there.has(key)) {
        this.#gone(cluster, state, `${this.#goneText}, or you may no longer list it`);
      }
    }
  }

  /** Reads the states before the first event, so that this one can tell what it changes. */
  async #learn(): Promise<void> {
    const { clusters } = this.#watched;
    const names =
      clusters.length > 0
        ? clusters
        : (await this.#client.clusters(this.#context.signal)).map(({ name }) => name);
    await Promise.all(
      names.map(async (cluster) => {
        for (const state of (await this.#statesOf(cluster, names.length > 1)) ?? [])
          this.#known.set(nameOf({ ...state, cluster }), state);
      }),
    );
  }

  /**
   * The states of a cluster; undefined if it refuses to tell them. Whether it can be followed the stream tells, so this is no
   * reason to end the watch of others.
   * @param warns whether to say so
   */
  async #statesOf(cluster: string | undefined, warns = true): Promise<readonly State[] | undefined> {
    const { signal, flags } = this.#context;
    const { labelSelector } = this.#watched;
    try {
      return await this.#client.states(cluster, { namespace: flags.namespace, labelSelector }, signal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (warns) warn(this.#context, `cluster ${cluster ?? '(default)'}: ${error.message} (${error.code})`);
      return undefined;
    }
  }

  #isWatched(cluster: string | undefined): boolean {
    const { clusters } = this.#watched;
    return clusters.length === 0 || cluster === undefined || clusters.includes(cluster);
  }

  #scope(): string {
    const { clusters } = this.#watched;
    const { namespace } = this.#context.flags;
    const where = clusters.length === 0 ? 'all clusters' : clusters.join(', ');
    return namespace === undefined ? where : `namespace ${namespace} of ${where}`;
  }

  #printJson(
    event: string,
    cluster: string | undefined,
    { cluster: _, ...data }: { cluster?: string },
  ): void {
    const line = { event, ...(cluster !== undefined && { cluster }), at: new Date().toISOString(), data };
    this.#context.stdout.write(`${jsonText(line)}\n`);
  }

  #print(key: string, text: string): void {
    const { flags, stdout, isTerminal } = this.#context;
    if (flags.output === 'json') return;
    if (flags.output === 'name') {
      stdout.write(`${key}\n`);
      return;
    }
    const now = new Date();
    // People read their own clock; programs need a time that says its zone.
    const time = isTerminal ? now.toTimeString().slice(0, 8) : now.toISOString();
    stdout.write(`${this.#paint('dim', time)} ${key} ${text}\n`);
  }
}
