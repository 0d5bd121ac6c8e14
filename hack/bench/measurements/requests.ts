import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDeployments } from '../../../test/support/fake-apiserver/samples.ts';
import { type Figures, progress, type Setting } from '../bench.ts';
import type { LoadOrder, LoadResult } from '../load.ts';
import type { LineName } from '../rows.ts';
import { type Answers, answersOf } from '../subjects/answers.ts';
import { ApiServer, NAMESPACES } from '../subjects/api-server.ts';
import { BareServer } from '../subjects/bare.ts';
import { Nginx } from '../subjects/nginx.ts';
import { Service } from '../subjects/service.ts';
import type { Subject } from '../subjects/subject.ts';

const DEPLOYMENTS = 10_000;
const WARM_UP_MS = 500;
const MEASURE_MS = 2_000;

const [first = { namespace: '', name: '' }] = generateDeployments(DEPLOYMENTS, NAMESPACES);
const countOf = ({ namespace, name }: { namespace: string; name: string }) =>
  `/replica-count?namespace=${namespace}&deployment=${name}`;

type Requests = Pick<LoadOrder, 'paths' | 'status' | 'connections' | 'handshakes'>;

const reading = (path: string, more: Partial<Requests> = {}): Requests => ({
  paths: [path],
  status: 200,
  connections: 32,
  handshakes: false,
  ...more,
});

/** What each line requests. */
const REQUESTS = {
  count: reading(countOf(first)),
  'list-100': reading(`/deployments?namespace=${first.namespace}`),
  'list-10000': reading('/deployments'),
  health: reading('/healthz'),
  'not-found': reading(countOf({ ...first, name: 'missing' }), { status: 404 }),
  'connections-1': reading(countOf(first), { connections: 1 }),
  'connections-256': reading(countOf(first), { connections: 256 }),
  handshakes: reading(countOf(first), { handshakes: true }),
} satisfies Partial<Record<LineName, Requests>>;

const REQUEST_LINES = Object.keys(REQUESTS) as (keyof typeof REQUESTS)[];

/** The lines that load the servers with one kind of request: processor time of a request, or requests a second. */
export async function measureRequests(setting: Setting, figures: Figures): Promise<void> {
  const lines = REQUEST_LINES.filter((line) => setting.lines.includes(line));
  if (lines.length === 0) return;
  const { programs, folder, certificates, loader, rounds } = setting;
  await using stack = new AsyncDisposableStack();
  progress('starting the servers');
  const services: Service[] = [];
  for (const name of ['image', 'start'] as const) {
    const own = join(folder, name);
    await mkdir(own);
    const apiServer = stack.use(await ApiServer.start(programs.node, own, DEPLOYMENTS));
    const service = await Service.start(name, programs[name], apiServer.kubeconfig, certificates.server);
    services.push(stack.use(service));
    await service.ready();
  }
  const [shipped] = services;
  const answers = await captured(shipped, certificates.client, lines);
  const bare = stack.use(await BareServer.start(programs.node, folder, certificates.server, answers.answers));
  await sameHeaders(bare, certificates.client, answers);
  const subjects: Subject[] = [...services, bare];
  if (setting.nginx)
    subjects.push(stack.use(await Nginx.start(folder, certificates.server, answers.answers)));

  for (const line of lines) {
    await figures.line(line, async (record) => {
      for (let round = 1; round <= rounds; round += 1) {
        for (const { name, port, pid } of subjects) {
          progress(`${line}: round ${round} of ${rounds}, ${name}`);
          const order = { port, pid, certificates: certificates.client, ...REQUESTS[line] };
          const result = await loader.run({ ...order, warmUpMs: WARM_UP_MS, measureMs: MEASURE_MS });
          record(line, name, line === 'handshakes' ? result.answers / result.seconds : microseconds(result));
        }
      }
    });
  }
}

async function captured(
  service: Service | undefined,
  client: Setting['certificates']['client'],
  lines: readonly (keyof typeof REQUESTS)[],
): Promise<{ answers: Answers; headerBytes: number }> {
  return answersOf(service?.port ?? 0, client, [...new Set(lines.flatMap((line) => REQUESTS[line].paths))]);
}

/** @throws Error unless the bare server repeats all bytes of the headers */
async function sameHeaders(
  bare: BareServer,
  client: Setting['certificates']['client'],
  { answers, headerBytes }: { answers: Answers; headerBytes: number },
): Promise<void> {
  const repeated = await answersOf(bare.port, client, Object.keys(answers));
  if (repeated.headerBytes === headerBytes && JSON.stringify(repeated.answers) === JSON.stringify(answers))
    return;
  throw new Error(
    `bare node:https answers ${repeated.headerBytes} bytes of headers instead of ${headerBytes}`,
  );
}

const microseconds = ({ processorSeconds, answers }: LoadResult) => (processorSeconds / answers) * 1e6;
