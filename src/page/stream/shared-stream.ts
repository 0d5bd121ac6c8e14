import type { FleetCopy, Update } from '../model/fleet-copy.ts';

/** What tabs tell each other. */
type Message =
  /** A tab without a copy asks for one. */
  | { readonly kind: 'hello'; readonly tab: string }
  /** The tab that reads has changed: those who wait for a copy ask again. */
  | { readonly kind: 'leader' }
  | { readonly kind: 'snapshot'; readonly tab: string; readonly updates: readonly Update[] }
  | { readonly kind: 'update'; readonly update: Update };

export interface SharedStreamOptions {
  /** The same in all tabs of one service, and in no others. */
  readonly name: string;
  readonly copy: FleetCopy;
  /** Called after each update of the copy. */
  readonly onUpdate: (update: Update) => void;
  /** Reads the service. Only one tab at a time does. */
  readonly read: (publish: (update: Update) => void, signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps the copies of all tabs current with one stream. The tab that holds a Web Lock reads; the browser gives the lock
 * to another one when that tab closes or crashes. As each tab has the copy and the position of the stream, the next one
 * goes on where the last one was.
 */
export function shareStream({ name, copy, onUpdate, read }: SharedStreamOptions): void {
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const post = (message: Message) => channel.postMessage(message);
  let leads = false;
  let hasCopy = false;

  const apply = (update: Update) => {
    copy.apply(update);
    onUpdate(update);
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    switch (data.kind) {
      case 'hello':
        if (leads) post({ kind: 'snapshot', tab: data.tab, updates: copy.snapshot() });
        break;
      case 'leader':
        if (!hasCopy) post({ kind: 'hello', tab });
        break;
      case 'snapshot':
        if (data.tab !== tab || leads) break;
        hasCopy = true;
        for (const update of data.updates) apply(update);
        break;
      case 'update':
        // Updates before the copy say nothing: it has them.
        if (hasCopy && !leads) apply(data.update);
        break;
    }
  });
  post({ kind: 'hello', tab });

  // It is never released: when the tab goes, the browser passes it on.
  void navigator.locks.request(name, async () => {
    leads = true;
    hasCopy = true;
    post({ kind: 'leader' });
    await read((update) => {
      apply(update);
      post({ kind: 'update', update });
    }, new AbortController().signal);
    // The certificate was revoked. Another tab would not fare better.
    await new Promise(() => {});
  });
}
