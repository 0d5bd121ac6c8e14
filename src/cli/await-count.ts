import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../client/api-error.ts';
import type { ScalerClient, State, Target } from '../client/scaler-client.ts';
import { ConnectError } from './connect/connect-error.ts';
import type { CliContext } from './context.ts';
import { note } from './output/messages.ts';
import { ProgressLine } from './output/progress-line.ts';
import { readyText } from './output/state-text.ts';
import { oneLine } from './output/text.ts';
import { nameOf } from './target.ts';

/** The longest wait of one request. */
const MAX_WAIT_S = 300;
/** How often a terminal is told how far it is. */
const LOOK_MS = 1000;
/** The pause before a wait goes on that the service has interrupted, so that another instance can take it. */
const RESUME_MS = 500;

/** How long a lost connection is made again: a service that starts again, or another instance, takes some seconds. */
const LOST_MS = 30_000;

export interface Awaited {
  /** The count that is waited for; another one ends the wait. */
  readonly replicas: number;
  /** How long to wait in all. */
  readonly seconds: number;
  /** Of the write, so that no instance of the service judges the time before it. */
  readonly minResourceVersion?: string | undefined;
}

/**
 * The state once a Deployment has its replicas. A wait of more than 300 s, or one that ends because the service stops, goes
 * on in another request. So call it where the service has answered before.
 * @throws ApiError that says why it does not have them
 */
export async function awaitCount(
  { signal }: Pick<CliContext, 'signal'>,
  client: ScalerClient,
  target: Target,
  { replicas, seconds, minResourceVersion }: Awaited,
): Promise<State> {
  const endsAt = performance.now() + seconds * 1000;
  let location: string | undefined;
  let lostAt: number | undefined;
  for (;;) {
    const beganAt = performance.now();
    const wait = Math.min(MAX_WAIT_S, Math.max(1, Math.ceil((endsAt - performance.now()) / 1000)));
    try {
      if (location === undefined) {
        return await client.awaitReplicas(target, { replicas, wait, minResourceVersion }, signal);
      }
      return await client.resume(withWait(location, wait), signal);
    } catch (error) {
      const now = performance.now();
      if (now >= endsAt) throw error;
      if (isAway(error)) {
        if (lostAt === undefined || now - beganAt > LOST_MS) lostAt = now;
        if (now - lostAt > LOST_MS) throw error;
        await sleep(RESUME_MS, undefined, { signal });
        continue;
      }
      lostAt = undefined;
      if (!(error instanceof ApiError) || error.location === undefined) throw error;
      if (error.code === 'WAIT_INTERRUPTED') await sleep(RESUME_MS, undefined, { signal });
      else if (error.code !== 'NOT_READY_IN_TIME') throw error;
      location = error.location;
    }
  }
}

/** Whether nobody answers who knows the Deployment: the connection is lost, or what answers has only begun or is a proxy. */
function isAway(error: unknown): boolean {
  if (error instanceof ConnectError) return !error.usage;
  if (!(error instanceof ApiError) || error.status < 500) return false;
  return error.code === 'CACHE_NOT_SYNCED' || error.code === 'UNEXPECTED_ANSWER';
}

/**
 * Like `awaitCount`, with a progress line on a terminal, and one plain line elsewhere.
 */
export async function awaitVisibly(
  context: CliContext,
  client: ScalerClient,
  target: Target,
  awaited: Awaited,
): Promise<State> {
  const { replicas, seconds } = awaited;
  const what = `${nameOf(target)}: waiting for ${replicas}`;
  if (!ProgressLine.isShown(context)) {
    note(context, `${what}, up to ${seconds} s`);
    return awaitCount(context, client, target, awaited);
  }
  const line = new ProgressLine(context, what);
  const looking = new AbortController();
  const looks = look(client, target, line, AbortSignal.any([looking.signal, context.signal]));
  try {
    return await awaitCount(context, client, target, awaited);
  } finally {
    looking.abort();
    await looks;
    line.end();
  }
}

/** Tells the line how far the Deployment is, until it is aborted. That it cannot be told ends no wait. */
async function look(
  client: ScalerClient,
  target: Target,
  line: ProgressLine,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const state = await client.state(target, signal);
      line.say(`${nameOf(target)}: ${readyText(state)} ready, ${oneLine(state.reason)}`);
    } catch (error) {
      if (signal.aborted) return;
      line.say(`${nameOf(target)}: ${error instanceof Error ? oneLine(error.message) : ''}`);
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The read that goes on with a wait, for this long. */
function withWait(location: string, wait: number): string {
  const [path = '', query = ''] = location.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('wait', String(wait));
  return `${path}?${parameters}`;
}
