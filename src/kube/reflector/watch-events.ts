import { inSlices } from '../../lib/slices.ts';
import type { Watchdog } from '../../lib/watchdog.ts';
import type { KubeApi, KubeRequest, KubeStream } from '../client/kube-client.ts';
import { WatchDecoder, type WatchEvent } from '../client/watch-decoder.ts';

const OPEN_DEADLINE_MS = 15_000;
/** The API server is asked to end a watch after a random time in this range, which spreads reconnects. */
const WATCH_SECONDS = { least: 300, most: 600 };

/** What to watch, and from which state. */
export interface WatchOptions {
  readonly api: KubeApi;
  readonly path: string;
  readonly from: KubeRequest['query'];
  /** Is refreshed whenever bytes arrive. Its signal ends the watch. */
  readonly watchdog: Watchdog;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Opens a watch. Resolves once the API server has accepted it.
 * @returns its events as they arrive, with turns of the event loop in between. The generator ends, or throws, as the
 *   response does
 */
export async function openWatch({
  api,
  path,
  from,
  watchdog,
  signal,
}: WatchOptions): Promise<AsyncGenerator<WatchEvent, void>> {
  const ends = AbortSignal.any([signal, watchdog.signal]);
  const { least, most } = WATCH_SECONDS;
  const timeoutSeconds = Math.round(least + Math.random() * (most - least));
  const query = { watch: true, allowWatchBookmarks: true, ...from, timeoutSeconds };
  const stream = await api.watch({ path, query, deadlineMs: OPEN_DEADLINE_MS, signal: ends });
  return eventsOf(stream, watchdog, ends);
}

async function* eventsOf(
  stream: KubeStream,
  watchdog: Watchdog,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void> {
  for await (const event of inSlices(decoded(stream, watchdog))) {
    // A chunk may contain many events. Do not yield those that follow the end of the watch.
    signal.throwIfAborted();
    yield event;
  }
}

async function* decoded(stream: KubeStream, watchdog: Watchdog): AsyncGenerator<WatchEvent, void> {
  const decoder = new WatchDecoder();
  for await (const chunk of stream) {
    watchdog.refresh();
    for (const event of decoder.push(chunk)) yield event;
  }
  decoder.end();
}
