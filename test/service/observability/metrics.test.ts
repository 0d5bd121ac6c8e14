import { expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../../../src/observability/metrics/metrics.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { sourcesIn } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

const stats = {
  reloads: 2,
  failures: 1,
  broken: false,
  certificateNotAfter: new Date('2030-01-01T00:00:00Z'),
  clientCaNotAfter: new Date('2031-01-01T00:00:00Z'),
  crlNextUpdate: undefined,
};

it('the metrics report the size and age of the cache and the history of the reflector, per cluster', async () => {
  const [one, two] = await Promise.all([
    FakeApiServer.start({ deployments: [{ namespace: 'default', name: 'a', replicas: 1 }] }),
    FakeApiServer.start({ deployments: 1_200 }),
  ]);
  onTestFinished(() => Promise.all([one.stop(), two.stop()]).then(() => {}));
  const service = await TestService.start({ kubeconfig: { one: one.kubeconfig, two: two.kubeconfig } });
  onTestFinished(() => service.stop());
  await service.synced();
  const metrics = createMetrics({
    ...sourcesIn(service.app),
    reloader: { stats },
    logStream: { dropped: 5 },
  });
  const measured = async (series: string) => {
    const line = Buffer.concat(await metrics.text())
      .toString()
      .split('\n')
      .find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  };

  expect(await measured('scaler_cache_deployments{cluster="one"}')).toBe(1);
  expect(await measured('scaler_cache_deployments{cluster="two"}')).toBe(1_200);
  expect(await measured('scaler_cluster_ready{cluster="one"}')).toBe(1);
  expect(await measured('scaler_cache_synced{cluster="two",resource="deployments"}')).toBe(1);
  expect(await measured('scaler_cache_age_seconds{cluster="two",resource="deployments"}')).toBeLessThan(60);
  expect(
    await measured('scaler_reflector_requests_total{cluster="two",resource="deployments",kind="list"}'),
  ).toBe(1);
  expect(await measured('scaler_tls_reloads_total{result="used"}')).toBe(2);
  expect(await measured('scaler_tls_expiry_timestamp_seconds{of="certificate"}')).toBe(1_893_456_000);
  expect(await measured('scaler_log_lines_dropped_total{limit="full"}')).toBe(5);
  service.app.limited.connections.slow_reader = 3;
  expect(await measured('scaler_connections_cut_total{limit="slow_reader"}')).toBe(3);
  expect(await measured('scaler_requests_shed_total{limit="overload"}')).toBe(0);
  expect(await measured('process_resident_memory_bytes')).toBeGreaterThan(0);

  one.deployments.scale('default', 'a', 5);
  const modified = 'scaler_reflector_events_total{cluster="one",resource="deployments",type="MODIFIED"}';
  await until(async () => ((await measured(modified)) ?? 0) >= 1);
  // A second scrape reports the same counts, not their sum.
  expect(
    await measured('scaler_reflector_requests_total{cluster="two",resource="deployments",kind="list"}'),
  ).toBe(1);

  one.refuseConnections();
  await until(async () => (await measured('scaler_cluster_ready{cluster="one"}')) === 0);
  expect(await measured('scaler_cluster_ready{cluster="two"}')).toBe(1);
});
