import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Answer, Answers } from './answers.ts';

/** A bare node:https server, in a process of its own: it repeats answers from a file and does nothing else. */

const [port = '', answersFile = '', cert = '', key = '', ca = ''] = process.argv.slice(2);
const entries: [string, Answer][] = Object.entries<Answer>(
  JSON.parse(readFileSync(answersFile, 'utf8')) satisfies Answers,
);
const answers = new Map(
  entries.map(([path, { status, headers, body }]) => [
    path,
    { status, headers: [...headers], body: Buffer.from(body, 'base64') },
  ]),
);

const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
    // The header Keep-Alive says this time, as that of the service does.
    keepAliveTimeout: 60_000,
  },
  (request, response) => {
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) return void response.writeHead(501).end();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  },
);
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
