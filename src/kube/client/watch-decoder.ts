import { isObject, type JsonObject, MAX_OBJECT_BYTES, objectAt, stringAt } from '../json.ts';
import { KubeMalformedError, KubeStatusError } from '../kube-errors.ts';
import { parseAnswer } from './answer-json.ts';

/**
 * One line of a watch response. The object of a BOOKMARK contains only a resourceVersion. The other objects are without
 * their large parts: see answer-json.ts.
 */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
}

const NEWLINE = 0x0a;

/** Splits the bytes of a watch into lines and parses them. One decoder serves one response. */
export class WatchDecoder {
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  /**
   * Yields the events that this chunk completes one at a time, so that the events before a malformed line are not lost.
   * @throws KubeMalformedError for a line that is not an event
   * @throws KubeStatusError for an ERROR event
   */
  *push(chunk: Buffer): Generator<WatchEvent> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line.length > 0) yield parseEvent(line);
    }
    if (start === chunk.length) return;
    this.#pieces.push(chunk.subarray(start));
    this.#pendingBytes += chunk.length - start;
    if (this.#pendingBytes > MAX_OBJECT_BYTES) throw new KubeMalformedError('a watch line is too long');
  }

  /** Call it when the response has ended. @throws KubeMalformedError if it ended within a line */
  end(): void {
    if (this.#pendingBytes > 0) throw new KubeMalformedError('the watch ended within a line');
  }

  #complete(last: Buffer): Buffer {
    if (this.#pendingBytes === 0) return last;
    const line = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line;
  }
}

function parseEvent(line: Buffer): WatchEvent {
  const event = parseAnswer(line);
  if (!isObject(event)) throw new KubeMalformedError('a watch line is not an object');
  const object = objectAt(event, 'object');
  const type = stringAt(event, 'type');
  if (type === 'ERROR') {
    throw new KubeStatusError(
      Number(object.code ?? 0),
      String(object.reason ?? ''),
      String(object.message ?? ''),
    );
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK') {
    throw new KubeMalformedError('a watch line has an unknown type');
  }
  return { type, object };
}
