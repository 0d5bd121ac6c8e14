import type { State, Written } from '../../client/scaler-client.ts';
import type { Override } from './fleet-copy.ts';

/** The way of one write, as its row shows it. */
export interface WriteProgress {
  readonly from: number;
  readonly to: number;
  /**
   * `asked`: sent; `set`: the service has answered, the watch has not shown it yet; `seen`: the watch has shown it, and
   * the pods are on their way; `ready`: all are there. The rest are other ends: `stuck` may still become `ready`, and
   * `unknown`, without an answer that tells, whatever the watch shows.
   */
  readonly phase: 'asked' | 'set' | 'seen' | 'ready' | 'stuck' | 'undone' | 'unknown' | 'failed';
  /** More about the phase. */
  readonly text: string;
  /** What the answer warned of. */
  readonly warnings: readonly string[];
  /** Of a failure: whether it can be set in spite of that. */
  readonly forcible: boolean;
}

export function asked(from: number, to: number): WriteProgress {
  return { from, to, phase: 'asked', text: '', warnings: [], forcible: false };
}

/** The service has set it. The watch may have shown that before the answer came. */
export function answered(write: WriteProgress, { warnings, previous }: Written): WriteProgress {
  return {
    ...write,
    from: previous ?? write.from,
    phase: write.phase === 'asked' ? 'set' : write.phase,
    warnings,
  };
}

export function failed(write: WriteProgress, message: string, forcible = false): WriteProgress {
  return { ...write, phase: 'failed', text: message, forcible };
}

/** Nobody knows whether it is set. */
export function unknown(write: WriteProgress, text: string): WriteProgress {
  // The watch has shown it already.
  return write.phase === 'asked' ? { ...write, phase: 'unknown', text } : write;
}

/** The watch shows this state. */
export function observed(write: WriteProgress, state: State): WriteProgress {
  if (write.phase === 'failed' || write.phase === 'undone') return write;
  if (state.replicas !== write.to) {
    // Before the write is seen, this is the count that it replaces. The watch may leave out a count that is replaced at
    // once: a third one came after it.
    if (write.phase === 'asked' || write.phase === 'unknown') return write;
    if (write.phase === 'set' && state.replicas === write.from) return write;
    return { ...write, phase: 'undone', text: undoneText(state.replicas, whoChanged(state)) };
  }
  if (state.phase === 'stable') return { ...write, phase: 'ready', text: '' };
  if (state.phase === 'stuck') return { ...write, phase: 'stuck', text: state.reason };
  return { ...write, phase: 'seen', text: `${state.ready} of ${state.replicas} ready` };
}

/** The stream tells that somebody else has changed the count. */
export function overridden(write: WriteProgress, { by, from, to }: Override): WriteProgress {
  if (from !== write.to || write.phase === 'failed') return write;
  return { ...write, phase: 'undone', text: undoneText(to, by) };
}

/** Who has set the present count, as far as is known. */
export function whoChanged({ lastChange }: State): string {
  return lastChange?.user ?? lastChange?.manager ?? 'somebody';
}

function undoneText(replicas: number, by: string): string {
  return `${by} set it to ${replicas}`;
}
