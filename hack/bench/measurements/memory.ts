import { setTimeout } from 'node:timers/promises';
import { type Figures, progress, type Setting } from '../bench.ts';
import { DEPLOYMENTS } from '../rows.ts';
import { ApiServer } from '../subjects/api-server.ts';
import { inspectable, Service } from '../subjects/service.ts';

/** With so few, the service needs the memory that it needs without any. */
const FEW = 100;
/** The service collects its garbage a moment after it is ready. */
const SETTLED_MS = 1_000;

/** The memory that the service keeps for a Deployment, from its heap and buffers with many of them and with few. */
export async function measureMemory(setting: Setting, figures: Figures): Promise<void> {
  if (!setting.lines.includes('memory')) return;
  await figures.line('memory', async (record) => {
    const { programs, folder, rounds } = setting;
    for (let round = 1; round <= rounds; round += 1) {
      progress(`memory: round ${round} of ${rounds}`);
      for (const name of ['image', 'start'] as const) {
        const used: number[] = [];
        for (const deployments of [FEW, DEPLOYMENTS]) {
          await using apiServer = await ApiServer.start(programs.node, folder, deployments);
          used.push(await keptBytes(setting, name, apiServer));
        }
        const [few = Number.NaN, many = Number.NaN] = used;
        record('memory', name, (many - few) / (DEPLOYMENTS - FEW));
      }
    }
  });
}

/** The heap and the buffers in use after a collection. */
async function keptBytes(
  { programs, certificates }: Setting,
  name: 'image' | 'start',
  { kubeconfig }: ApiServer,
): Promise<number> {
  await using service = await Service.start(
    name,
    inspectable(programs[name]),
    kubeconfig,
    certificates.server,
  );
  await service.ready();
  await setTimeout(SETTLED_MS);
  await service.collectGarbage();
  const heap = await service.metric('nodejs_heap_size_used_bytes');
  return heap + (await service.metric('nodejs_external_memory_bytes'));
}
