import { setTimeout } from 'node:timers/promises';
import { type Figures, progress, type RecordFigure, type Setting } from '../bench.ts';
import { AUTOSCALERS, DEPLOYMENTS } from '../rows.ts';
import { ApiServer } from '../subjects/api-server.ts';
import { inspectable, Service } from '../subjects/service.ts';
import { load, microseconds } from './requests.ts';

/** With so few, the service needs the memory that it needs without any. */
const FEW = 100;
/** The service collects its garbage a moment after it is ready. */
const SETTLED_MS = 1_000;

/** The lines about what the service keeps of Deployments and of autoscalers. */
export async function measureMemory(setting: Setting, figures: Figures): Promise<void> {
  const measurements = { memory: measureDeployments, autoscalers: measureAutoscalers };
  const lines = setting.lines.filter((line) => line === 'memory' || line === 'autoscalers');
  for (const line of lines) {
    await figures.line(line, async (record) => {
      for (let round = 1; round <= setting.rounds; round += 1) {
        progress(`${line}: round ${round} of ${setting.rounds}`);
        for (const name of ['image', 'start'] as const) await measurements[line](setting, name, record);
      }
    });
  }
}

/** The memory that the service keeps for a Deployment, from that with many of them and with few. */
async function measureDeployments(setting: Setting, name: ServiceName, record: RecordFigure): Promise<void> {
  const few = await kept(setting, name, FEW, 0);
  const many = await kept(setting, name, DEPLOYMENTS, 0);
  record('memory', name, (many.bytes - few.bytes) / (DEPLOYMENTS - FEW));
}

/** What autoscalers add to the memory, and whether they cost reads anything. */
async function measureAutoscalers(setting: Setting, name: ServiceName, record: RecordFigure): Promise<void> {
  const without = await kept(setting, name, DEPLOYMENTS, 0);
  const scaled = await kept(setting, name, DEPLOYMENTS, AUTOSCALERS);
  record('autoscalers-memory', name, (scaled.bytes - without.bytes) / 1e6);
  record('autoscalers-count', name, scaled.readUs);
  record('autoscalers-ratio', name, scaled.readUs / without.readUs);
}

type ServiceName = 'image' | 'start';

/** The heap and the buffers in use after a collection, and the processor time of reading a count. */
async function kept(
  setting: Setting,
  name: ServiceName,
  deployments: number,
  autoscalers: number,
): Promise<{ bytes: number; readUs: number }> {
  const { programs, certificates, folder } = setting;
  await using apiServer = await ApiServer.start(programs.node, folder, deployments, autoscalers);
  const program = inspectable(programs[name]);
  await using service = await Service.start(name, program, apiServer.kubeconfig, certificates.server);
  await service.ready();
  await setTimeout(SETTLED_MS);
  const readUs = microseconds(await load(setting, service, 'count'));
  await service.collectGarbage();
  const heap = await service.metric('nodejs_heap_size_used_bytes');
  return { bytes: heap + (await service.metric('nodejs_external_memory_bytes')), readUs };
}
