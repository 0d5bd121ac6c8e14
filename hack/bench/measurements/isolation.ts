import { FakeApiServer } from '../../../test/support/fake-apiserver/fake-apiserver.ts';
import { CLUSTER_FAULTS, type TwoClusters } from '../../../test/support/fleet/cluster-faults.ts';
import { TestService } from '../../../test/support/service.ts';
import { SteadyLoad } from '../../../test/support/steady-load.ts';
import type { Answer } from '../../../test/support/test-client.ts';
import { until } from '../../../test/support/until.ts';
import { type Figures, progress, type Setting } from '../bench.ts';
import { percentile } from '../statistics.ts';

const CALLS = 400;
/** How many calls are under way at a time. */
const PARALLEL = 4;
const SHOP = ['cart', 'catalog', 'checkout', 'recommendations-batch'];

interface P99s {
  readonly reads: number;
  readonly writes: number;
}

/**
 * The 99th percentile of reads and writes of a healthy cluster while another cluster has a fault, over that before; the
 * worst of all faults. The service runs in this process, from its sources. fleet-isolation.test.ts asserts the mechanism:
 * clusters share no place.
 */
export async function measureIsolation(setting: Setting, figures: Figures): Promise<void> {
  if (!setting.lines.includes('isolation')) return;
  await figures.line('isolation', async (record) => {
    const [healthy, faulty] = await Promise.all([FakeApiServer.start(), FakeApiServer.start()]);
    const kubeconfig = { healthy: healthy.kubeconfig, faulty: faulty.kubeconfig };
    const service = await (await TestService.start({ kubeconfig })).synced();
    // The same callers before and during a fault, so that what differs is the fault.
    const callers = new SteadyLoad([
      ...SHOP.map((name) => () => service.post(countOf('faulty', name), { replicas: 1 })),
      ...SHOP.map((name) => () => service.get(`${countOf('faulty', name)}&maxAge=0`)),
    ]);
    await p99s(service); // the first calls load code
    for (let round = 1; round <= setting.rounds; round += 1) {
      const worst = { reads: 0, writes: 0 };
      for (const { name, begin } of CLUSTER_FAULTS) {
        progress(`isolation: round ${round} of ${setting.rounds}, ${name}`);
        const { reads, writes } = await ratios({ service, healthy, faulty }, begin);
        worst.reads = Math.max(worst.reads, reads);
        worst.writes = Math.max(worst.writes, writes);
      }
      record('isolation-reads', 'start', worst.reads);
      record('isolation-writes', 'start', worst.writes);
    }
    await callers.stop();
    await service.stop();
    await Promise.all([healthy.stop(), faulty.stop()]);
  });
}

async function ratios(clusters: TwoClusters, begin: (typeof CLUSTER_FAULTS)[number]['begin']): Promise<P99s> {
  const { service } = clusters;
  const before = await p99s(service);
  const end = await begin(clusters);
  const during = await p99s(service);
  await end();
  await until(async () => (await service.post(countOf('faulty', 'cart'), { replicas: 1 })).status === 200);
  return { reads: during.reads / before.reads, writes: during.writes / before.writes };
}

function countOf(cluster: string, name: string): string {
  return `/${cluster}/replica-count?namespace=shop&deployment=${name}`;
}

async function p99s(service: TestService): Promise<P99s> {
  const path = (number: number) => countOf('healthy', SHOP[number % SHOP.length] ?? '');
  return {
    reads: await p99((number) => service.get(path(number))),
    writes: await p99((number) => service.post(path(number), { replicas: number })),
  };
}

/** In milliseconds. */
async function p99(call: (number: number) => Promise<Answer>): Promise<number> {
  const times: number[] = [];
  let next = 0;
  const caller = async () => {
    for (let number = next++; number < CALLS; number = next++) {
      const startedAt = performance.now();
      const { status, body } = await call(number);
      times.push(performance.now() - startedAt);
      if (status !== 200) throw new Error(`a call failed: ${status} ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
  times.sort((a, b) => a - b);
  return percentile(times, 99);
}
