import { setTimeout } from 'node:timers/promises';
import { type Figures, progress, type RecordFigure, type Setting } from '../bench.ts';
import { processorTime } from '../processor-time.ts';
import { STREAM_CHANGES_PER_SECOND, STREAM_READERS } from '../rows.ts';
import { StreamReaders } from '../streams.ts';
import { type Installed, Scene } from '../subjects/scene.ts';

const WARM_UP_MS = 3_000;
const MEASURE_MS = 5_000;

/** What many readers of all changes cost, and how late they get them. */
export async function measureStreams(setting: Setting, figures: Figures): Promise<void> {
  if (!setting.lines.includes('streams')) return;
  await using scene = await Scene.start(setting, []);
  await figures.line('streams', async (record) => {
    for (let round = 1; round <= setting.rounds; round += 1) {
      progress(`streams: round ${round} of ${setting.rounds}`);
      for (const installed of scene.installed) await measure(setting, installed, record);
    }
  });
}

async function measure(
  { programs, certificates }: Setting,
  { service, apiServer }: Installed,
  record: RecordFigure,
): Promise<void> {
  await using readers = new StreamReaders(programs.node);
  const { port, pid, name } = service;
  await readers.open({
    port,
    certificates: certificates.client,
    readers: STREAM_READERS,
    measureMs: MEASURE_MS,
  });
  apiServer.change(STREAM_CHANGES_PER_SECOND);
  await setTimeout(WARM_UP_MS);
  const before = processorTime(pid);
  const { p50Ms, p99Ms } = await readers.measure();
  record('streams-cpu', name, ((processorTime(pid) - before) / (MEASURE_MS / 1_000)) * 100);
  record('streams-p50', name, p50Ms);
  record('streams-p99', name, p99Ms);
  apiServer.change(0);
}
