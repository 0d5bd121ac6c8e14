import type { FleetCopy, Update } from '../model/fleet-copy.ts';

/** What tabs tell each other. `tab` is the one that says it, `leader` the one that reads. */
type Message =
  /** A tab without a copy asks for one. */
  | { readonly kind: 'hello'; readonly tab: string }
  /** Another tab reads from now on. Those who wait for a copy ask again. */
  | { readonly kind: 'leader'; readonly leader: string }
  | {
      readonly kind: 'snapshot';
      readonly leader: string;
      readonly tab: string;
      readonly updates: readonly Update[];
    }
  | { readonly kind: 'update'; readonly leader: string; readonly update: Update }
  /** Asks whether the leader is still there, which answers. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'here'; readonly leader: string };

export interface SharedStreamOptions {
  /** The same in all tabs of one service, and in no others. */
  readonly name: string;
  readonly copy: FleetCopy;
  /** Called after each update of the copy. */
  readonly onUpdate: (update: Update) => void;
  /** Reads the service until it is aborted. Only one tab at a time does. */
  readonly read: (publish: (update: Update) => void, signal: AbortSignal) => Promise<void>;
}

/** How often a tab looks whether something came from the leader. */
const LOOK_MS = 10_000;
/** After this many looks in vain the leader is frozen. Time is not measured: this tab may have been frozen itself. */
const LOOKS = 3;

/**
 * Keeps the copies of all tabs current with one stream. The tab that holds a Web Lock reads; the browser gives the lock
 * to another one when that tab closes or crashes. As each tab has the copy and the position of the stream, the next one
 * goes on where the last one was. Browsers of phones freeze tabs that nobody sees, with their locks: a tab that hears
 * nothing steals the lock, or its table would look live for ever.
 */
export function shareStream({ name, copy, onUpdate, read }: SharedStreamOptions): void {
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const post = (message: Message) => channel.postMessage(message);
  /** The tab whose updates count. One that was frozen may still send some that are older than the copy. */
  let leader: string | undefined;
  let reading: AbortController | undefined;
  let hasCopy = false;
  let looks = 0;

  const apply = (update: Update) => {
    copy.apply(update);
    onUpdate(update);
  };
  /** This tab no longer reads: what it has got since another one does is not what the others have. */
  const resign = () => {
    if (reading === undefined) return;
    reading.abort();
    reading = undefined;
    hasCopy = false;
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    switch (data.kind) {
      case 'hello':
        if (reading) post({ kind: 'snapshot', leader: tab, tab: data.tab, updates: copy.snapshot() });
        break;
      case 'ask':
        if (reading) post({ kind: 'here', leader: tab });
        break;
      case 'leader':
        resign();
        leader = data.leader;
        looks = 0;
        if (!hasCopy) post({ kind: 'hello', tab });
        break;
      case 'here':
        if (data.leader === leader) looks = 0;
        break;
      case 'snapshot':
        if (data.tab !== tab || reading) break;
        leader = data.leader;
        looks = 0;
        hasCopy = true;
        for (const update of data.updates) apply(update);
        break;
      case 'update':
        // Updates before the copy say nothing: it has them.
        if (hasCopy && !reading && data.leader === leader) {
          looks = 0;
          apply(data.update);
        }
        break;
    }
  });
  post({ kind: 'hello', tab });

  const lead = (steal: boolean): Promise<unknown> =>
    navigator.locks.request(name, { steal }, async () => {
      const own = new AbortController();
      reading = own;
      leader = tab;
      hasCopy = true;
      looks = 0;
      post({ kind: 'leader', leader: tab });
      await read((update) => {
        if (own.signal.aborted) return;
        apply(update);
        post({ kind: 'update', leader: tab, update });
      }, own.signal);
      // The certificate was revoked: another tab would not fare better. It is released when the tab goes.
      if (!own.signal.aborted) await new Promise(() => {});
    });
  /** Waits for the lock, again each time that another tab has stolen it. */
  const follow = (): void => {
    void lead(false).then(
      () => follow(),
      () => {
        resign();
        follow();
      },
    );
  };
  follow();

  setInterval(() => {
    if (reading) return;
    looks += 1;
    post(hasCopy ? { kind: 'ask' } : { kind: 'hello', tab });
    if (looks <= LOOKS) return;
    looks = 0;
    void lead(true).catch(resign);
  }, LOOK_MS);
}
