import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** The part of OTLP in JSON that is printed. */
interface Payload {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}
interface Span {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/**
 * A collector for a look at traces: it prints a line for each span that it gets by OTLP/HTTP with JSON. A span without a parent
 * comes after those that it has begun, because it ends after them.
 */
const PORT = 4318;

createServer(async (request, response) => {
  const { resourceSpans }: Payload = JSON.parse(await text(request));
  for (const { traceId, parentSpanId, name, attributes, ...span } of resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)) {
    const ms = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
    const about = attributes.map(({ key, value }) => `${key}=${Object.values(value)[0]}`).join(' ');
    console.log(`${traceId.slice(0, 8)} ${parentSpanId ? '  ' : ''}${name} ${ms.toFixed(1)} ms ${about}`);
  }
  response.setHeader('content-type', 'application/json').end('{}');
}).listen(PORT, '127.0.0.1', () => console.log(`waiting for traces at http://127.0.0.1:${PORT}`));
