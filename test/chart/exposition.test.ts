import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { tool } from '../support/chart/helm.ts';
import { busyMetrics } from '../support/docs/metrics-reference.ts';

it('promtool finds nothing wrong with the metrics', async () => {
  const promtool = await tool('promtool');
  const text = Buffer.concat(await (await busyMetrics(1)).text());
  const said = await new Promise<string>((resolve) => {
    const child = execFile(promtool, ['check', 'metrics'], (error, stdout, stderr) =>
      resolve(`${error?.code ?? 'passed'}: ${stdout}${stderr}`),
    );
    child.stdin?.end(text);
  });
  expect(said).toBe('passed: ');
}, 240_000);
