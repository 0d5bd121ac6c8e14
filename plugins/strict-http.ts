import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { MalformedRequestError } from '../src/api/errors.ts';

/**
 * Refuses requests that Node accepts although they violate RFC 9112. Servers and proxies interpret such requests in
 * different ways, which makes request smuggling possible.
 */
export default fastifyPlugin(
  function strictHttpPlugin(app: FastifyInstance, _options, done) {
    // Node answers unknown expectations with 417 and no body. Ignore them instead, as RFC 9110, section 10.1.1 allows.
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
    app.addHook('onRequest', (request, _reply, next) => {
      if (isWellFormed(request.raw)) return next();
      // The bytes after it may belong to it, so no further request is read from the connection.
      request.clientConnection.closing = true;
      next(new MalformedRequestError());
    });
    done();
  },
  { name: 'strict-http', dependencies: ['connections'], fastify: '5.x' },
);

function isWellFormed({ httpVersion, headers, rawHeaders, url = '' }: IncomingMessage): boolean {
  const encoding = headers['transfer-encoding'];
  // The router would treat the part after `#` as the query.
  if (url.includes('#')) return false;
  switch (httpVersion) {
    case '1.1':
      return (encoding === undefined || /^chunked$/i.test(encoding)) && hostsIn(rawHeaders) === 1;
    case '1.0':
      return encoding === undefined && hostsIn(rawHeaders) <= 1;
    default:
      return false;
  }
}

/** The number of Host headers. Names and values alternate in `rawHeaders`. */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (/^host$/i.test(rawHeaders[at] ?? '')) count += 1;
  }
  return count;
}
