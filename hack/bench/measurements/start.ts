import { setTimeout } from 'node:timers/promises';
import { type Figures, progress, type Setting } from '../bench.ts';
import { memoryOf, processorTime } from '../processor-time.ts';
import { ApiClient } from '../subjects/api-client.ts';
import { ApiServer } from '../subjects/api-server.ts';
import { inspectable, Service } from '../subjects/service.ts';

const SIZES = { 'start-1000': 1_000, 'start-10000': 10_000, 'start-100000': 100_000 } as const;

/** The service collects its garbage a moment after it is ready. */
const SETTLED_MS = 1_000;

type StartLine = keyof typeof SIZES;

function isStartLine(line: string): line is StartLine {
  return line in SIZES;
}

/** The time from the start of the process until it is ready, and the memory that it takes then. */
export async function measureStarts(setting: Setting, figures: Figures): Promise<void> {
  for (const line of setting.lines.filter(isStartLine)) {
    await figures.line(line, async (record) => {
      const { programs, folder, certificates, rounds } = setting;
      const size = SIZES[line];
      progress(`${line}: filling the API server`);
      await using apiServer = await ApiServer.start(programs.node, folder, size);
      using client = await ApiClient.of(apiServer.kubeconfig);
      await client.readAll(); // the first time compiles the code of the API server
      for (let round = 1; round <= rounds; round += 1) {
        progress(`${line}: round ${round} of ${rounds}`);
        record(`api-${size}`, 'bare', await client.readAll());
        for (const name of ['image', 'start'] as const) {
          const program = inspectable(programs[name]);
          await using service = await Service.start(name, program, apiServer.kubeconfig, certificates.server);
          record(`start-${size}`, name, await service.ready());
          record(`cpu-${size}`, name, processorTime(service.pid));
          await setTimeout(SETTLED_MS);
          record(`ready-${size}`, name, memoryOf(service.pid, 'VmRSS'));
          record(`peak-${size}`, name, memoryOf(service.pid, 'VmHWM'));
          await service.collectGarbage();
          record(`collected-${size}`, name, memoryOf(service.pid, 'VmRSS'));
        }
      }
    });
  }
}
