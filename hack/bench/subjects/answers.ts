import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type CertificateFiles, readCertificates } from '../load.ts';

/** An answer of the service, which other servers repeat byte by byte. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn, without those that node:http adds itself, in both servers. */
  readonly headers: readonly string[];
  /** Base64. */
  readonly body: string;
}

/** By path with its query. */
export type Answers = Readonly<Record<string, Answer>>;

const ADDED_BY_NODE = ['date', 'connection', 'keep-alive'];

/** The answers of a server to GET requests for these paths. */
export async function answersOf(
  port: number,
  certificates: CertificateFiles,
  paths: readonly string[],
): Promise<{ answers: Answers; headerBytes: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...readCertificates(certificates) });
  const answers: Record<string, Answer> = {};
  let headerBytes = 0;
  try {
    for (const path of paths) {
      const sent = request({ host: 'localhost', port, path, agent }).end();
      const [response] = await once(sent, 'response');
      const body = await buffer(response);
      const pairs: [string, string][] = [];
      for (let i = 0; i < response.rawHeaders.length; i += 2) {
        pairs.push([response.rawHeaders[i], response.rawHeaders[i + 1]]);
      }
      headerBytes += pairs.flat().join().length;
      const headers = pairs.filter(([name]) => !ADDED_BY_NODE.includes(name.toLowerCase())).flat();
      answers[path] = { status: response.statusCode, headers, body: body.toString('base64') };
    }
  } finally {
    agent.destroy();
  }
  return { answers, headerBytes };
}
