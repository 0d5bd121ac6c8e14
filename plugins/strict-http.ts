import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { MalformedRequestError } from '../src/api/errors.ts';

/**
 * Refuses what Node's parser lets pass although RFC 9112 does not: servers and proxies read such requests in different
 * ways, which is what smuggling lives on.
 */
export default fastifyPlugin(
  function strictHttpPlugin(app: FastifyInstance, _options, done) {
    // Node answers an expectation that it does not know with 417 and no body; it may as well be ignored (RFC 9110, 10.1.1).
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
    app.addHook('onRequest', (request, _reply, next) => {
      if (isWellFormed(request.raw)) return next();
      // What comes after it may be a part of it.
      request.clientConnection.closing = true;
      next(new MalformedRequestError());
    });
    done();
  },
  { name: 'strict-http', dependencies: ['connections'], fastify: '5.x' },
);

function isWellFormed({ httpVersion, headers, rawHeaders, url = '' }: IncomingMessage): boolean {
  const encoding = headers['transfer-encoding'];
  // The router would take what stands after `#` for the query.
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

/** Names and values take turns. */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (/^host$/i.test(rawHeaders[at] ?? '')) count += 1;
  }
  return count;
}
