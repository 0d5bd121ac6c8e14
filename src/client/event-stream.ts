/** One Server-Sent Event of `GET /events` or `GET /clusters/events`. */
export interface StreamEvent {
  /** Its type; empty: it has only an id, which names a new position. */
  readonly event: string;
  /** Its data, JSON; empty if it has none. */
  readonly data: string;
  /** The position that it completes; undefined: it completes none. */
  readonly id: string | undefined;
}

/**
 * The events in a body, as they come (HTML standard, section 9.2). It knows what this service sends: lines that end with
 * LF, and at most one line of data per event.
 */
export async function* streamEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        yield eventOf(rest.slice(0, end));
        rest = rest.slice(end + 2);
      }
    }
  } finally {
    // A reader that stops early leaves no connection behind. The error that ended the stream has been thrown.
    await reader.cancel().catch(() => undefined);
  }
}

function eventOf(block: string): StreamEvent {
  let event = '';
  let data = '';
  let id: string | undefined;
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'data') data = value;
    else if (field === 'id') id = value;
  }
  return { event, data, id };
}
