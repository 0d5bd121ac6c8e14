import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  type AlertingRule,
  alertsOf,
  alertTests,
  type RuleFile,
  renderedRules,
} from '../support/chart/alerting-rules.ts';
import { chart, run, template, tool } from '../support/chart/helm.ts';

/** A file of promtool's rule tests, as far as this test reads it. */
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const files = (await readdir(alertTests)).map((file) => basename(file, '.yaml'));

let folder: string;
let rules: RuleFile;
let alerts: readonly AlertingRule[];

beforeAll(async () => {
  await tool('promtool');
  folder = await mkdtemp(join(tmpdir(), 'alerts test '));
  await cp(alertTests, folder, { recursive: true });
  rules = await renderedRules();
  alerts = alertsOf(rules);
  // promtool compares all annotations. Of these, the tests state the summary.
  const summarized = ({ annotations: { summary }, ...rule }: AlertingRule) => ({
    ...rule,
    annotations: { summary },
  });
  const groups = rules.groups.map((group) => ({ ...group, rules: group.rules.map(summarized) }));
  await writeFile(join(folder, 'rules.yaml'), stringify({ groups }));
}, 1_200_000);

afterAll(() => rm(folder, { recursive: true }));

const JOB = 'job="k8s-deployment-scaler-management"';

/** Runs promtool in the folder. */
async function promtool(...args: readonly string[]) {
  return run(await tool('promtool'), args);
}

describe.each(files)('%s', (alert) => {
  it('fires and stays quiet as its tests for promtool say', async () => {
    const { status, stdout, stderr } = await promtool('test', 'rules', join(folder, `${alert}.yaml`));
    expect(stdout + stderr).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it('has a test in which it fires, and one in which it does not', async () => {
    const { tests }: RuleTests = parse(await readFile(join(alertTests, `${alert}.yaml`), 'utf8'));
    const checks = tests.map(({ alert_rule_test }) => alert_rule_test);
    expect(checks.flat().filter(({ alertname }) => alertname !== alert)).toEqual([]);
    expect(checks.some((check) => check.some(({ exp_alerts }) => exp_alerts.length > 0))).toBe(true);
    expect(checks.some((check) => check.every(({ exp_alerts }) => exp_alerts.length === 0))).toBe(true);
  });
});

it('each alert has tests, a severity and a section in the runbook, to which it links', async () => {
  const runbook = await readFile(resolve(chart, '../../docs/runbook.md'), 'utf8');
  const names = new Set(alerts.map(({ alert }) => alert));
  expect([...names].sort()).toEqual([...files].sort());
  for (const { alert, labels, annotations } of alerts) {
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(runbook).toMatch(new RegExp(`^## ${alert}$`, 'm'));
    expect(annotations.description?.length).toBeGreaterThan(50);
  }
});

it('promtool finds no mistake in the rules, neither rendered nor in the file of the chart', async () => {
  const rendered = join(folder, 'rendered.yaml');
  await writeFile(rendered, stringify(rules));
  for (const file of [rendered, join(chart, 'files/alerts.yaml')]) {
    const { status, stdout, stderr } = await promtool('check', 'rules', '--lint=all', '--lint-fatal', file);
    expect(stdout + stderr).toContain(`SUCCESS: ${alerts.length} rules found`);
    expect(status).toBe(0);
  }
});

describe('the rules of a release', () => {
  const expressions = async (...args: readonly string[]) =>
    alertsOf(await renderedRules(...args)).map(({ expr }) => expr);
  /** The label matchers of each series in an expression. */
  const matchersOf = (expression: string) =>
    [...expression.matchAll(/\{([^}]*)\}/g)].map(([, matchers]) => matchers);

  it('look at no series of another release', async () => {
    const other = await expressions('--set', 'fullnameOverride=other', '--namespace', 'elsewhere');
    for (const matchers of other.flatMap(matchersOf))
      expect(matchers).toMatch(/job="other-management",namespace="elsewhere"$/);
    expect(other.flatMap(matchersOf).length).toBeGreaterThan(alerts.length);
  });

  it('look at the series that prometheusRule.selector names', async () => {
    const named = await expressions('--set', 'prometheusRule.selector=job="scaler"');
    expect(named[0]).toBe('absent(scaler_build_info{job="scaler"})');
    expect(named.join('\n')).not.toContain('namespace="');
  });

  it('tell releases of one job by their namespaces, where the selector names none', async () => {
    const named = alertsOf(await renderedRules('--set', `prometheusRule.selector=${JOB}`));
    const rule = named.find(({ alert }) => alert === 'ScalerCacheStale');
    const series = (namespace: string, metric: string, labels: string, value: number) => ({
      series: `${metric}{${labels},cluster="default",instance="${namespace}",namespace="${namespace}",${JOB}}`,
      values: `${value}x30`,
    });
    const state = 'state="unreachable"';
    const check = {
      rule_files: ['several.yaml'],
      evaluation_interval: '30s',
      tests: [
        {
          interval: '30s',
          // The outage of the cluster of one release says nothing about that of the other, which has the same name.
          input_series: [
            series('shop', 'scaler_cluster_state', state, 0),
            series('shop', 'scaler_cache_age_seconds', 'resource="deployments"', 600),
            series('bank', 'scaler_cluster_state', state, 1),
            series('bank', 'scaler_cache_age_seconds', 'resource="deployments"', 600),
          ],
          promql_expr_test: [
            {
              expr: 'count by (namespace, cluster) (ALERTS{alertname="ScalerCacheStale",alertstate="firing"})',
              eval_time: '10m',
              exp_samples: [{ labels: '{namespace="shop",cluster="default"}', value: 1 }],
            },
          ],
        },
      ],
    };
    await writeFile(
      join(folder, 'several.yaml'),
      stringify({ groups: [{ name: 'several', rules: [rule] }] }),
    );
    await writeFile(join(folder, 'several-tests.yaml'), stringify(check));
    const { stdout, stderr } = await promtool('test', 'rules', join(folder, 'several-tests.yaml'));
    expect(stdout + stderr).toContain('SUCCESS');
  });

  it('count the hours of prometheusRule before the end of certificates and of CRLs', async () => {
    const [warning = '', critical = ''] = (
      await expressions('--set', 'prometheusRule.certificateHours=24,prometheusRule.crlHours=168')
    ).filter((expression) => expression.includes('_expiry_'));
    const limits = (expression: string) =>
      [...expression.matchAll(/time\(\) < (\d+ \* 3600(?: \/ 7)?)/g)].map(([, limit]) => limit);
    expect(limits(warning)).toEqual(['24 * 3600', '168 * 3600']);
    expect(limits(critical)).toEqual(['24 * 3600 / 7', '168 * 3600 / 7']);
  });
});

it('the ConfigMap of the dashboard holds the file of the chart, unchanged', async () => {
  const { stdout } = await template(join(import.meta.dirname, 'cases/monitoring.yaml'));
  const name = 'k8s-deployment-scaler.json';
  const rendered = stdout.split(/^---$/m).map((text) => parse(text));
  const { data } = rendered.find((object) => object?.data?.[name] !== undefined);
  expect(data[name]).toBe(await readFile(join(chart, 'dashboards', name), 'utf8'));
});
