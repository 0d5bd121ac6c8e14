import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AlertingRule, alertsOf, renderedRules } from '../../support/chart/alerting-rules.ts';
import { dashboard, filledIn } from '../../support/chart/dashboard.ts';
import { chart } from '../../support/chart/helm.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { type Expression, type Labels, Prometheus } from '../../support/prometheus.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** A real Prometheus scrapes the real service, evaluates the rules of the chart and answers the queries of its dashboard. */

const JOB = 'k8s-deployment-scaler-management';
const NAMESPACE = 'k8s-deployment-scaler';
/** Longer than the test, so that all of its requests count in each rate. */
const RATE_INTERVAL = '1h';

let demo: FakeApiServer;
let service: ServerProcess;
let client: TestClient;
let prometheus: Prometheus;
let rules: readonly AlertingRule[];
let removeService: () => Promise<void>;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: 10 });
  demo.roles.allow({
    users: ['client'],
    verbs: ['get', 'list', 'patch'],
    resources: ['deployments', 'deployments/scale'],
  });
  service = await ServerProcess.start(
    demo.kubeconfig,
    { CLUSTER_NAME: 'west', AUTHORIZATION_MODE: 'SubjectAccessReview' },
    { TLS_CRL_FILE: (authority) => authority.createCrl([]) },
    undefined,
    undefined,
    (remove) => {
      removeService = remove;
    },
  );
  await service.ready();
  const { cert, key } = service.client;
  client = new TestClient(await service.port(), { ca: service.authority.cert, cert, key });
  const rendered = await renderedRules();
  rules = alertsOf(rendered);
  // What the rules wait for is tested with promtool.
  const atOnce = ({ for: _, ...rule }: AlertingRule) => rule;
  const groups = rendered.groups.map((group) => ({ ...group, rules: group.rules.map(atOnce) }));
  prometheus = await Prometheus.start({
    jobs: {
      [JOB]: { targets: [`127.0.0.1:${await service.managementPort()}`], labels: { namespace: NAMESPACE } },
    },
    rules: { groups },
    intervalSeconds: 1,
  });
}, 1_200_000);

afterAll(async () => {
  await client?.close();
  await prometheus?.stop();
  await removeService?.();
  await demo?.stop();
});

/** The labels and the summary of each alert of this name that fires. */
async function firing(alert: string): Promise<{ labels: Labels; summary: string | undefined }[]> {
  const evaluated = (await prometheus.rules()).filter(({ name }) => name === alert);
  return evaluated
    .flatMap(({ alerts }) => alerts)
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => ({ labels, summary: annotations.summary }));
}

/** An expression of a panel without what gives it data in any case, or leaves out what is 0 or well. */
function withoutDefaults(expression: string): string {
  return expression
    .replace(/ or vector\(0\)$/, '')
    .replace(/ > 0$/, '')
    .replace(/ == 1\)$/, ')')
    .replaceAll('[5m]', `[${RATE_INTERVAL}]`);
}

/** The present values of an expression. A quotient of nothing is not one. */
async function numbersOf(expression: string): Promise<number[]> {
  const values = (await prometheus.query(expression)).flatMap((series) => series.values);
  return values.map(([, value]) => Number(value)).filter((value) => !Number.isNaN(value));
}

/** Requests of every kind that a panel shows. */
async function traffic(): Promise<void> {
  await client.get('/deployments');
  await client.count('default', 'my-deployment');
  await client.scale('default', 'my-deployment', 4);
  await client.scale('default', 'my-deployment', 4);
  await client.count('default', 'not-there');
  await client.get('/deployments/default/my-deployment?wait=60&replicas=4');
  const withoutCertificate = connect({
    port: await service.port(),
    host: 'localhost',
    ca: service.authority.cert,
  });
  withoutCertificate.on('error', () => {});
  withoutCertificate.resume();
  await until(() => withoutCertificate.closed);
}

describe('a real Prometheus', () => {
  it('scrapes the service, and finds nothing to alert about except certificates that end within a day', async () => {
    await traffic();
    await expect
      .poll(() => prometheus.query(`up{job="${JOB}"}`))
      .toMatchObject([{ values: [[expect.anything(), '1']] }]);
    await expect
      .poll(async () => (await prometheus.rules()).map(({ health, lastError }) => lastError ?? health))
      .toEqual(rules.map(() => 'ok'));
    await expect.poll(() => firing('ScalerAbsent')).toEqual([]);
    const names = [...new Set(rules.map(({ alert }) => alert))];
    // The certificates of tests are valid for a day.
    // A machine that stands still may alert for a moment, because nothing waits here.
    for (const name of names.filter((each) => each !== 'ScalerCertificateExpiring'))
      await expect.poll(() => firing(name), { message: name }).toEqual([]);
    await expect
      .poll(async () => (await firing('ScalerCertificateExpiring')).map(({ labels }) => labels.of).sort())
      .toContain('certificate');
  });

  it('alerts about a cluster that refuses connections, and stops when it accepts them', async () => {
    await demo.refuseConnections();
    demo.dropConnections();
    await expect
      .poll(() => firing('ScalerClusterUnreachable'))
      .toEqual([
        {
          labels: {
            alertname: 'ScalerClusterUnreachable',
            cluster: 'west',
            job: JOB,
            namespace: NAMESPACE,
            severity: 'critical',
          },
          summary: 'The API server of the cluster west does not answer',
        },
      ]);
    // One write fails, and one right is not decided, because nobody asked for it before.
    expect((await client.scale('default', 'my-deployment', 5)).status).toBeGreaterThanOrEqual(500);
    expect((await client.count('kube-system', 'coredns')).status).toBeGreaterThanOrEqual(500);
    await demo.acceptConnections();
    await expect.poll(() => firing('ScalerClusterUnreachable')).toEqual([]);
    await traffic();
  });

  it('has no data for a panel whose metric is missing, or whose requests are', async () => {
    const noSuch = 'count(scaler_no_such{job=~"$job"} == 1) or vector(0)';
    expect(await numbersOf(withoutDefaults(filledIn(noSuch, JOB, RATE_INTERVAL)))).toEqual([]);
    expect(await numbersOf('0 * sum(up) / (0 * sum(up))')).toEqual([]);
  });

  it.each(dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))))(
    'has data for the panel $title: $expr',
    async ({ expr }) => {
      const expression = withoutDefaults(filledIn(expr, JOB, RATE_INTERVAL));
      await expect.poll(() => numbersOf(expression), { message: expression }).not.toEqual([]);
    },
  );
});

/** A metric of a query, with the labels that it must have, and the values that some of them must have. */
interface Used {
  readonly metric: string;
  readonly labels: ReadonlySet<string>;
  readonly values: readonly (readonly [string, string])[];
}

/** The metrics of an expression. @param outer labels by which something around it groups or matches */
function usedBy(node: Expression, outer: readonly string[] = []): Used[] {
  const matched = node.matching?.on === true ? node.matching.labels : [];
  const labels = [...outer, ...(node.grouping ?? []), ...matched];
  const matchers = (node.matchers ?? []).filter(({ name }) => name !== '__name__');
  const own: Used[] =
    node.matchers === undefined || node.name === undefined
      ? []
      : [
          {
            metric: node.name,
            labels: new Set([...labels, ...matchers.map(({ name }) => name)]),
            values: matchers.filter(({ type }) => type === '=').map(({ name, value }) => [name, value]),
          },
        ];
  const inner = Object.values(node).flat().filter(isExpression);
  // What `and` and `unless` have on their right chooses series of the left and gives the result no label.
  const isChoice = node.op === 'and' || node.op === 'unless';
  const outerOf = (each: Expression) => (isChoice && each === node.rhs ? matched : labels);
  return [...own, ...inner.flatMap((each) => usedBy(each, outerOf(each)))];
}

function isExpression(value: unknown): value is Expression {
  return typeof value === 'object' && value !== null && 'type' in value && !('value' in value);
}

/** The queries in the code blocks of the runbook. A line that is indented continues the one before. */
function runbookQueries(): string[] {
  const runbook = readFileSync(resolve(chart, '../../docs/runbook.md'), 'utf8');
  const blocks = Array.from(runbook.matchAll(/^```promql\n(.*?)^```$/gms), ([, block = '']) => block);
  return blocks.flatMap((block) => block.split(/\n(?! )/)).filter((query) => query.trim() !== '');
}

describe('the service has each metric, label and value that is used by', () => {
  it.each([
    ['the alerts', async () => rules.map(({ expr }) => expr)],
    [
      'the dashboard',
      async () =>
        dashboard.panels.flatMap(({ targets }) =>
          targets.map(({ expr }) => filledIn(expr, JOB, RATE_INTERVAL)),
        ),
    ],
    ['the runbook', async () => runbookQueries()],
  ])('%s', async (_, queries) => {
    const expressions = await queries();
    expect(expressions.length).toBeGreaterThan(7);
    const used = (
      await Promise.all(expressions.map(async (each) => usedBy(await prometheus.parse(each))))
    ).flat();
    const missing = new Set<string>();
    for (const { metric, labels, values } of used) {
      const series = await prometheus.series(metric);
      if (series.length === 0) missing.add(metric);
      for (const label of labels)
        if (!series.some((each) => label in each)) missing.add(`${metric}{${label}}`);
      for (const [label, value] of values)
        if (!series.some((each) => each[label] === value)) missing.add(`${metric}{${label}="${value}"}`);
    }
    expect([...missing]).toEqual([]);
  });

  it('and a metric that does not exist is found', async () => {
    const expression = 'sum by (pace) (rate(scaler_no_such_total{cluster="west"}[5m]))';
    const [used] = usedBy(await prometheus.parse(expression));
    expect(used).toEqual({
      metric: 'scaler_no_such_total',
      labels: new Set(['pace', 'cluster']),
      values: [['cluster', 'west']],
    });
    expect(await prometheus.series('scaler_no_such_total')).toEqual([]);
  });
});
