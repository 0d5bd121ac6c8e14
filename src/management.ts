import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

/** What the kubelet and Prometheus want to know. */
export interface ManagementOptions {
  /** Whether new connections should come here. */
  readonly isReady: () => boolean;
  readonly metrics: Registry;
}

/**
 * The plain-HTTP listener for the kubelet and Prometheus, which cannot present a client certificate: `/livez`, `/readyz`
 * and `/metrics`. It answers from memory, so that a probe never waits for anything.
 */
export function createManagementServer({ isReady, metrics }: ManagementOptions): Server {
  return createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024 },
    (request, response) => {
      const answer = (status: number, text: string, contentType = 'text/plain; charset=utf-8') => {
        response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? '' : `${text}\n`);
      };
      if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'use GET');
      switch (request.url) {
        case '/livez':
          return answer(200, 'ok');
        case '/readyz':
          return isReady() ? answer(200, 'ok') : answer(503, 'not ready');
        case '/metrics':
          return void metrics.metrics().then(
            (text) => answer(200, text.trimEnd(), metrics.contentType),
            () => answer(500, 'the metrics could not be read'),
          );
        default:
          return answer(404, 'try /livez, /readyz or /metrics');
      }
    },
  );
}
