import { createServer, type Server } from 'node:http';

/** What the kubelet wants to know. */
export interface Probes {
  /** Whether new connections should come here. */
  readonly isReady: () => boolean;
}

/**
 * The plain-HTTP listener for the kubelet, which cannot present a client certificate: `/livez` and `/readyz`.
 * It answers from memory, so that a probe never waits for anything.
 */
export function createManagementServer({ isReady }: Probes): Server {
  return createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024 },
    (request, response) => {
      const answer = (status: number, text: string) => {
        response.writeHead(status, {
          'content-type': 'text/plain; charset=utf-8',
          'cache-control': 'no-store',
        });
        response.end(request.method === 'HEAD' ? '' : `${text}\n`);
      };
      if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'use GET');
      switch (request.url) {
        case '/livez':
          return answer(200, 'ok');
        case '/readyz':
          return isReady() ? answer(200, 'ok') : answer(503, 'not ready');
        default:
          return answer(404, 'try /livez or /readyz');
      }
    },
  );
}
