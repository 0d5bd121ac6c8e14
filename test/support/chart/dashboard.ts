import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './helm.ts';

/** A panel of the dashboard, as far as the tests and the picture read it. */
export interface Panel {
  readonly type: 'stat' | 'timeseries' | 'state-timeline';
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string;
      readonly thresholds: {
        readonly steps: readonly { readonly color: string; readonly value: number | null }[];
      };
      readonly custom?: {
        readonly drawStyle?: 'line' | 'bars';
        readonly stacking?: { readonly mode: string };
      };
    };
  };
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

/** The dashboard of the chart. */
export const dashboard: Dashboard = JSON.parse(
  readFileSync(join(chart, 'dashboards/k8s-deployment-scaler.json'), 'utf8'),
);

/** An expression of the dashboard as Grafana sends it, for all namespaces and clusters of one job. */
export function filledIn(expression: string, job: string, rateInterval: string): string {
  return expression
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$job', job)
    .replaceAll(/\$(namespace|cluster)/g, '.*');
}
