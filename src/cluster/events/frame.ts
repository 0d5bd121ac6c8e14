import type { Labels } from '../labels/labels.ts';

/** What a frame of a change tells. */
export type FrameKind = 'changed' | 'gone' | 'overridden';

/** What happened to a Deployment, ready to be sent to any number of readers. */
export interface Frame {
  readonly kind: FrameKind;
  readonly namespace: string;
  /** Its labels after the change; of one that is gone: the last ones. */
  readonly labels: Labels;
  /** Its labels before the change, if they were others. */
  readonly previousLabels: Labels | undefined;
  /** The position that the frame completes: everything up to it has been sent then. undefined: it completes none. */
  readonly id: string | undefined;
  /** The buffer that holds the frame, with other frames before and after it. */
  readonly buffer: Buffer;
  /** Where the whole frame begins, with the empty line at its end. */
  readonly start: number;
  /** Where its JSON continues after the opening brace. */
  readonly rest: number;
  /** Where its JSON ends, with the end of that line. The id follows. */
  readonly restEnd: number;
  readonly end: number;
}

/** The first lines of a frame, up to its JSON. */
export function headOf(event: string): string {
  return `event: ${event}\ndata: `;
}

/** The last lines of a frame: its id, and the empty line that ends it. */
export function footOf(id: string | undefined): string {
  return id === undefined ? '\n' : `id: ${id}\n\n`;
}

/** A whole frame. */
export function frameOf(event: string, data: object, id?: string): string {
  return `${headOf(event)}${JSON.stringify(data)}\n${footOf(id)}`;
}
