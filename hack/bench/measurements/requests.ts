import { generateDeployments } from '../../../test/support/fake-apiserver/samples.ts';
import { type Figures, progress, type RecordFigure, type Setting } from '../bench.ts';
import type { LoadOrder, LoadResult } from '../load.ts';
import { CHANGES_PER_SECOND, DEPLOYMENTS } from '../rows.ts';
import { NAMESPACES } from '../subjects/api-server.ts';
import { type Installed, Scene } from '../subjects/scene.ts';
import type { Subject } from '../subjects/subject.ts';

const WARM_UP_MS = 500;
/** Of handshakes a client makes only a few hundred a second, too few in 0.5 s for V8 to compile what they run. */
const HANDSHAKES_WARM_UP_MS = 4_000;
const MEASURE_MS = 2_000;

type Requests = Pick<LoadOrder, 'paths' | 'status' | 'connections' | 'handshakes'>;

const ALL = generateDeployments(DEPLOYMENTS, NAMESPACES);
const [FIRST = { namespace: '', name: '' }] = ALL;
const countOf = ({ namespace, name }: { namespace: string; name: string }) =>
  `/replica-count?namespace=${namespace}&deployment=${name}`;
const listOf = (namespace: string) => `/deployments?namespace=${namespace}`;
const selectedOf = (label: string, value: string) =>
  `/deployments?labelSelector=${encodeURIComponent(`${label}=${value}`)}`;
/** 19 counts and a list of 100, of Deployments in all namespaces. */
const MIXED = ALL.filter((_, i) => i % 47 === 0).map((deployment, i) =>
  i % 20 === 19 ? listOf(deployment.namespace) : countOf(deployment),
);

const reading = (paths: readonly string[], more: Partial<Requests> = {}): Requests => ({
  paths,
  status: 200,
  connections: 32,
  handshakes: false,
  ...more,
});

/** What each line requests. */
const REQUESTS = {
  count: reading([countOf(FIRST)]),
  'list-100': reading([listOf(FIRST.namespace)]),
  'list-10000': reading(['/deployments']),
  'selected-100': reading([selectedOf('app.kubernetes.io/instance', FIRST.namespace)]),
  'selected-10000': reading([selectedOf('app.kubernetes.io/managed-by', 'Helm')]),
  'states-100': reading([`/scale?namespace=${FIRST.namespace}`]),
  'states-10000': reading(['/scale']),
  health: reading(['/healthz']),
  'not-found': reading([countOf({ ...FIRST, name: 'missing' })], { status: 404 }),
  'connections-1': reading([countOf(FIRST)], { connections: 1 }),
  'connections-256': reading([countOf(FIRST)], { connections: 256 }),
  handshakes: reading([countOf(FIRST)], { handshakes: true }),
  mixed: reading(MIXED),
  'event-loop': reading(MIXED),
} satisfies Record<string, Requests>;

type RequestLine = keyof typeof REQUESTS;

function isRequestLine(line: string): line is RequestLine {
  return line in REQUESTS;
}

/** The lines that load the servers with reads. */
export async function measureRequests(setting: Setting, figures: Figures): Promise<void> {
  const lines = setting.lines.filter(isRequestLine);
  if (lines.length === 0) return;
  const paths = [...new Set(lines.flatMap((line) => REQUESTS[line].paths))];
  await using scene = await Scene.start(setting, paths);
  for (const line of lines) {
    await figures.line(line, async (record) => {
      for (let round = 1; round <= setting.rounds; round += 1) {
        progress(`${line}: round ${round} of ${setting.rounds}`);
        if (line === 'mixed') await measureMixed(setting, scene, record);
        else if (line === 'event-loop') await measureEventLoop(setting, scene, record);
        else await measureEach(setting, scene.subjects, line, record);
      }
    });
  }
}

/**
 * Processor time of a request, or new connections in a second of processor time: a client needs more time for a handshake
 * than a server, so that the load cannot keep a server busy with them.
 */
async function measureEach(
  setting: Setting,
  subjects: readonly Subject[],
  line: RequestLine,
  record: RecordFigure,
): Promise<void> {
  for (const subject of subjects) {
    const result = await load(setting, subject, line);
    record(
      line,
      subject.name,
      line === 'handshakes' ? result.answers / result.processorSeconds : microseconds(result),
    );
  }
}

/** Only the services have changes to follow: the others repeat what was captured. */
async function measureMixed(setting: Setting, scene: Scene, record: RecordFigure): Promise<void> {
  for (const { service, apiServer } of scene.installed) {
    const quiet = await load(setting, service, 'mixed');
    apiServer.change(CHANGES_PER_SECOND);
    const changing = await load(setting, service, 'mixed');
    apiServer.change(0);
    record('mixed', service.name, microseconds(changing));
    record('mixed-p99', service.name, changing.p99Ms / quiet.p99Ms);
  }
  await measureEach(setting, scene.others, 'mixed', record);
}

async function measureEventLoop(setting: Setting, scene: Scene, record: RecordFigure): Promise<void> {
  for (const { service } of scene.installed)
    record('event-loop', service.name, await delayOf(setting, service));
}

/** The sampling interval of the Prometheus client, which its figures include. */
const SAMPLED_EVERY_MS = 10;

/** From the histogram of the Prometheus client, which counts from one scrape to the next. */
async function delayOf(setting: Setting, service: Installed['service']): Promise<number> {
  const metric = 'nodejs_eventloop_lag_p99_seconds';
  await service.metric(metric);
  await load(setting, service, 'event-loop');
  return (await service.metric(metric)) * 1_000 - SAMPLED_EVERY_MS;
}

/** Loads a server with the requests of a line. */
export async function load(
  { loader, certificates }: Setting,
  { name, port, pid }: Subject,
  line: RequestLine,
): Promise<LoadResult> {
  const warmUpMs = line === 'handshakes' ? HANDSHAKES_WARM_UP_MS : WARM_UP_MS;
  const times = { warmUpMs, measureMs: MEASURE_MS };
  try {
    return await loader.run({ port, pid, certificates: certificates.client, ...REQUESTS[line], ...times });
  } catch (cause) {
    throw new Error(`${line}, ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Processor time of a request. */
export const microseconds = ({ processorSeconds, answers }: LoadResult) => (processorSeconds / answers) * 1e6;
