import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { template } from './helm.ts';

/** An alerting rule of Prometheus, as the chart writes it. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A rule file of Prometheus. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertingRule[] }[];
}

const defaults = resolve(import.meta.dirname, '../../chart/cases/defaults.yaml');

/** The rules of the PrometheusRule that the chart renders with these arguments of Helm, which enable it. */
export async function renderedRules(...args: readonly string[]): Promise<RuleFile> {
  const { stdout, stderr } = await template(defaults, '--set', 'prometheusRule.enabled=true', ...args);
  if (stderr !== '') throw new Error(stderr);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  return objects.find(({ kind }) => kind === 'PrometheusRule').spec;
}

/** The alerting rules of a rule file. */
export function alertsOf({ groups }: RuleFile): readonly AlertingRule[] {
  return groups.flatMap(({ rules }) => rules);
}

/** The folder with a file of promtool's rule tests for each alert. */
export const alertTests = join(resolve(import.meta.dirname, '../../chart'), 'alerts');
