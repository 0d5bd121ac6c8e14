import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from '../../test/support/issue-certificate.ts';
import { Figures, progress, type Setting } from './bench.ts';
import { build } from './build.ts';
import { Child } from './child.ts';
import { Loader } from './load.ts';
import { measureBlocking } from './measurements/blocking.ts';
import { measureChanges } from './measurements/changes.ts';
import { measureFirstList } from './measurements/first-list.ts';
import { measureIsolation } from './measurements/isolation.ts';
import { measureMemory } from './measurements/memory.ts';
import { measureRequests } from './measurements/requests.ts';
import { measureStarts } from './measurements/start.ts';
import { measureStreams } from './measurements/streams.ts';
import { chart } from './report/chart.ts';
import { withMeasured } from './report/document.ts';
import type { Result } from './report/figures.ts';
import { jsonReport } from './report/json.ts';
import { type Circumstances, captionOf, circumstances, sentenceOf } from './report/machine.ts';
import { markdownTable, terminalHead } from './report/table.ts';
import { LINE_NAMES, linesIn } from './rows.ts';
import { CLIENT } from './subjects/api-server.ts';
import { nginxVersion } from './subjects/nginx.ts';

/**
 * `make bench`: measures the service as the image runs it beside npm start, a bare node:https server and nginx, and says
 * which targets it meets. ONLY=count,health measures these lines; ROUNDS says how often each is measured (default 3).
 */

const { ONLY = '', ROUNDS = '3' } = process.env;

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
let ending = false;
// What the measurements write goes into it too.
process.env.TMPDIR = folder;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(130));

try {
  await run();
  await end(0);
} catch (error) {
  if (!ending) console.error(error instanceof Error ? error.stack : error);
  await end(1);
}

/** Ends all processes and leaves nothing behind. The first call decides the exit code. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  progress('');
  await Child.endAll();
  // Nothing of this process can write in between.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}

async function run(): Promise<void> {
  const lines = linesIn(ONLY);
  const rounds = Number(ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`ROUNDS is not a number: ${ROUNDS}`);
  progress('building');
  const programs = build();
  const certificates = await issueCertificates();
  const loader = new Loader(programs.node);
  const nginx = nginxVersion();
  if (nginx === undefined) console.log('nginx is not installed, so its column stays empty.');
  const setting = { programs, folder, certificates, loader, rounds, lines, nginx: nginx !== undefined };
  const made = circumstances(setting);
  const figures = new Figures();
  console.log(sentenceOf(made));
  console.log(terminalHead());
  await measureRequests(setting, figures);
  await measureChanges(setting, figures);
  await measureStreams(setting, figures);
  await measureStarts(setting, figures);
  await measureMemory(setting, figures);
  await measureFirstList(setting, figures);
  await measureIsolation(setting, figures);
  await measureBlocking(setting, figures);
  await report(made, figures.results, lines.length === LINE_NAMES.length);
}

/** Only a run of all lines changes the documents. */
async function report(made: Circumstances, results: readonly Result[], full: boolean): Promise<void> {
  const json = jsonReport(made, results);
  if (!full) {
    await writeFile('build/bench.json', json);
    return console.log('build/bench.json has all figures.');
  }
  const document = await readFile('docs/explanation/performance.md', 'utf8');
  const sentence = sentenceOf(made);
  const picture = '![The service as shipped over bare node:https](../images/performance.svg)';
  const measured = `\n${sentence}\n\n${picture}\n\n${markdownTable(results)}\n`;
  await writeFile('docs/explanation/performance.md', withMeasured(document, measured));
  await writeFile('docs/explanation/performance.json', json);
  await writeFile('docs/images/performance.svg', chart(results, captionOf(made)));
  console.log(
    'docs/explanation/performance.md, docs/explanation/performance.json and docs/images/performance.svg have all figures.',
  );
}

async function issueCertificates(): Promise<Setting['certificates']> {
  const authority = await CertificateAuthority.create({ commonName: 'bench CA' });
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, authority.cert);
  const write = async (name: string, { cert, key }: { cert: string; key: string }) => {
    const files = { ca, cert: join(folder, `${name}-cert.pem`), key: join(folder, `${name}-key.pem`) };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    return files;
  };
  const server = { commonName: 'localhost', sans: ['localhost'], usages: ['serverAuth'] } as const;
  const client = { commonName: CLIENT, usages: ['clientAuth'] } as const;
  return {
    server: await write('server', await authority.issue(server)),
    client: await write('client', await authority.issue(client)),
  };
}
