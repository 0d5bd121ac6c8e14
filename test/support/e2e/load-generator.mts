import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs inside the cluster, in a pod of the service's image: `node load-generator.mts URL NAMESPACE DEPLOYMENT`. Some
 * workers with one kept-alive connection each read the count and, every tenth time, set the same count, until stdin ends.
 * It prints a LoadReport as a line of JSON after every hundredth request and, as the last line, at the end.
 */
export interface LoadReport {
  readonly requests: number;
  /**
   * The number of requests that were retried: the server had closed the idle connection, or the API server had not decided
   * in time whether the caller may.
   */
  readonly retried: number;
  /** The answers other than 200 with the count. */
  readonly failures: readonly string[];
}

const WORKERS = 12;
const PAUSE_MS = 20;
/** Ends a request that hangs. It measures nothing, because on a busy machine a handshake may take seconds. */
const LIMIT_MS = 60_000;
const REPORT_EVERY = 100;
const ATTEMPTS = 10;

const [url = '', namespace, deployment] = process.argv.slice(2);
const target = `${url}/replica-count?namespace=${namespace}&deployment=${deployment}`;
const read = (name: string) => readFileSync(`/certificate/${name}`);
const tls = { ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key') };

let requests = 0;
let retried = 0;
const failures: string[] = [];
let stopping = false;
process.stdin.on('end', () => {
  stopping = true;
});
process.stdin.resume();

/** One request. A server may close an idle connection at any moment, so a request that it never read is retried once. */
function call(agent: Agent, body: string | undefined, isRetry = false): Promise<string> {
  return new Promise((resolve) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
    const method = body === undefined ? 'GET' : 'POST';
    const options = { agent, method, headers, timeout: LIMIT_MS };
    const outgoing = request(target, options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', (error) => resolve(`${method}: cut off within the answer: ${error.message}`));
      response.on('end', () =>
        resolve(response.statusCode === 200 ? text : `${response.statusCode} ${text}`),
      );
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${LIMIT_MS} ms`)));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.reusedSocket && !isRetry && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        retried++;
        call(agent, body, true).then(resolve);
      } else {
        resolve(`${method}: ${error.code ?? ''} ${error.message}`);
      }
    });
    outgoing.end(body);
  });
}

/** As call, until the API server, which shares a busy machine with all pods, has decided whether the caller may. */
async function callDecided(agent: Agent, body: string | undefined): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call(agent, body);
    if (attempt === ATTEMPTS || !answer.includes('"AUTHORIZER_UNAVAILABLE"')) return answer;
    retried++;
  }
}

async function work(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...tls });
  for (let i = 1; !stopping; i++) {
    const answer = await callDecided(agent, i % 10 === 0 ? '{"replicas":3}' : undefined);
    requests++;
    if (answer !== '{"replicaCount":3}') failures.push(`${new Date().toISOString()} ${answer}`);
    if (requests % REPORT_EVERY === 0) report();
    await sleep(PAUSE_MS);
  }
  agent.destroy();
}

function report(): void {
  const soFar: LoadReport = { requests, retried, failures: failures.slice(0, 20) };
  process.stdout.write(`${JSON.stringify(soFar)}\n`);
}

await Promise.all(Array.from({ length: WORKERS }, work));
report();
