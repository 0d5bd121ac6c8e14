import { describe, expect, it } from 'vitest';
import { type StreamEvent, streamEvents } from '../../../src/client/event-stream.ts';

const STREAM = `event: ready
data: {"resourceVersion":"7"}
id: 7

event: changed
data: {"deployment":"café","text":"a: b"}
id: 8

id: 9
:

`;
const EVENTS: StreamEvent[] = [
  { event: 'ready', data: '{"resourceVersion":"7"}', id: '7' },
  { event: 'changed', data: '{"deployment":"café","text":"a: b"}', id: '8' },
  { event: '', data: '', id: '9' },
];

/** A body that brings these chunks, and tells whether it was cancelled. */
function bodyOf(chunks: readonly Uint8Array[], end: 'close' | 'stay open' | Error = 'close') {
  const body = { cancelled: false, stream: new ReadableStream<Uint8Array>() };
  const left = [...chunks];
  body.stream = new ReadableStream(
    {
      pull(controller) {
        const chunk = left.shift();
        if (chunk !== undefined) controller.enqueue(chunk);
        else if (end === 'close') controller.close();
        else if (end !== 'stay open') controller.error(end);
      },
      cancel() {
        body.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return body;
}

/** The bytes in chunks of this size. */
function inChunks(text: string, size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

describe('streamEvents', () => {
  it.each([1, 2, 3, 7, 50, 1000])('gives the same events from chunks of %i bytes', async (size) => {
    expect(await Array.fromAsync(streamEvents(bodyOf(inChunks(STREAM, size)).stream))).toEqual(EVENTS);
  });

  it('gives an event as soon as its last byte is there, while the body stays open', async () => {
    const events = streamEvents(bodyOf(inChunks(STREAM, 1000), 'stay open').stream);
    for (const event of EVENTS) expect(await events.next()).toEqual({ done: false, value: event });
    await events.return(undefined);
  });

  it('drops an event whose end is missing, because it may be cut', async () => {
    const cut = STREAM.slice(0, STREAM.indexOf('id: 8'));
    expect(await Array.fromAsync(streamEvents(bodyOf(inChunks(cut, 5)).stream))).toEqual(EVENTS.slice(0, 1));
  });

  it('cancels the body when its reader stops early', async () => {
    const body = bodyOf(inChunks(STREAM, 1000), 'stay open');
    for await (const event of streamEvents(body.stream)) {
      expect(event).toEqual(EVENTS[0]);
      break;
    }
    expect(body.cancelled).toBe(true);
  });

  it('throws what broke the body, after the events before it', async () => {
    const events = streamEvents(bodyOf(inChunks(STREAM, 1000), new Error('cut')).stream);
    for (const value of EVENTS) expect(await events.next()).toEqual({ done: false, value });
    await expect(events.next()).rejects.toThrow('cut');
  });
});
