import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { dashboard, filledIn } from '../../test/support/chart/dashboard.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { Prometheus } from '../../test/support/prometheus.ts';
import { until } from '../../test/support/until.ts';
import { type Drawn, draw } from './draw.ts';

/**
 * `make dashboard-picture`: starts the demo of `make run` with two clusters, sends it requests for MINUTES, and draws the
 * panels of the dashboard from what a real Prometheus has scraped in that time.
 */

const minutes = Number(process.env.MINUTES || 10);
const INTERVAL_SECONDS = 5;
const JOB = 'k8s-deployment-scaler-management';
const PICTURE = 'docs/images/dashboard.svg';
/** Between rounds of requests. */
const ROUND_MS = 1_000;

const [port = 0, managementPort = 0] = await freePorts(2);
const demo = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'hack/run.ts'], {
  env: { ...process.env, CLUSTERS: '2', PORT: String(port), MANAGEMENT_PORT: String(managementPort) },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const rules: unknown = parse(readFileSync('charts/k8s-deployment-scaler/files/alerts.yaml', 'utf8'));
const prometheus = await Prometheus.start({
  jobs: { [JOB]: { targets: [`127.0.0.1:${managementPort}`] } },
  rules,
  intervalSeconds: INTERVAL_SECONDS,
});

const files = {
  ca: readFileSync('certs/ca-cert.pem'),
  cert: readFileSync('certs/client-cert.pem'),
  key: readFileSync('certs/client-key.pem'),
};
const agent = new Agent({ ...files, keepAlive: true });
const stranger = new Agent({ ca: files.ca });

try {
  await until(async () => (await prometheus.query('scaler_cluster_state{state="ready"} == 1')).length === 2);
  const start = Date.now() / 1000;
  const end = start + minutes * 60;
  for (let round = 0; Date.now() / 1000 < end; round += 1) {
    const next = new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    await Promise.all(requestsOf(round));
    await next;
  }
  const range = { start, end, step: INTERVAL_SECONDS };
  const drawn = await Promise.all(
    dashboard.panels.map(async (panel): Promise<Drawn> => {
      const answers = panel.targets.map(async ({ expr, legendFormat }) => {
        const series = await prometheus.queryRange(filledIn(expr, JOB, '1m'), range);
        return series.map(({ metric, values }) => ({ legend: legendOf(legendFormat, metric), values }));
      });
      return { panel, lines: (await Promise.all(answers)).flat() };
    }),
  );
  const day = new Date(start * 1000).toISOString().slice(0, 10);
  const caption = `The demo of make run with two clusters, ${minutes} minutes of ${day}, UTC, from the query API of Prometheus`;
  writeFileSync(PICTURE, draw(drawn, range, caption));
  console.log(PICTURE);
} finally {
  agent.destroy();
  demo.kill('SIGTERM');
  await once(demo, 'exit');
  await prometheus.stop();
}

/** What clients do in one round: reads, now and then a write, a write that others undo, a refused one, and a stranger. */
function requestsOf(round: number): Promise<void>[] {
  const cluster = round % 3 === 0 ? '/demo2' : '/demo1';
  const count = (namespace: string, deployment: string) =>
    `${cluster}/replica-count?namespace=${namespace}&deployment=${deployment}`;
  const busy = 5 + Math.round(4 * Math.sin(round / 40));
  const sent = Array.from({ length: busy }, () => send('GET', count('default', 'my-deployment')));
  sent.push(send('GET', `${cluster}/deployments`));
  if (round % 15 === 0) sent.push(send('POST', count('shop', 'checkout'), { replicas: 4 + (round % 4) }));
  if (round % 40 === 10) sent.push(send('POST', count('ingress', 'gateway'), { replicas: 5 }));
  if (round % 60 === 30) sent.push(send('POST', count('monitoring', 'grafana'), { replicas: 3 }));
  if (round % 60 === 45) sent.push(send('GET', count('shop', 'no-such-deployment')));
  if (round % 30 === 20) sent.push(send('GET', '/clusters', undefined, stranger));
  return sent;
}

async function send(method: string, path: string, body?: unknown, by = agent): Promise<void> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const call = request({ host: 'localhost', port, path, method, agent: by, headers });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  try {
    const [response] = await once(call, 'response');
    response.resume();
    await once(response, 'end');
  } catch {
    // The stranger is refused, and that is what the panel shows.
  }
}

/** What Grafana makes of a legend: `{{label}}` is the value of a label. */
function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}
