import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figures, progress, type Setting } from '../bench.ts';
import type { Program } from '../build.ts';
import { ApiServer } from '../subjects/api-server.ts';
import { Service } from '../subjects/service.ts';

const LINE = 'first-list';
const SIZE = 100;
/** One process says little: the machine may do something else just then. */
const RUNS = 5;
const LIMIT_MS = 60_000;

/** The time that somebody waits for `scaler list`, with a profile, and how much of it any Node program takes. */
export async function measureFirstList(setting: Setting, figures: Figures): Promise<void> {
  if (!setting.lines.includes(LINE)) return;
  await figures.line(LINE, async (record) => {
    const { programs, folder, certificates, rounds } = setting;
    const { ca, cert, key } = certificates.client;
    await using apiServer = await ApiServer.start(programs.node, folder, SIZE);
    await using service = await Service.start(
      'image',
      programs.image,
      apiServer.kubeconfig,
      certificates.server,
    );
    await service.ready();
    const server = `https://localhost:${service.port}`;
    const profile = join(folder, 'profiles.yaml');
    await writeFile(
      profile,
      JSON.stringify({ current: 'bench', profiles: { bench: { server, ca, cert, key } } }),
    );
    for (let round = 1; round <= rounds; round += 1) {
      progress(`${LINE}: round ${round} of ${rounds}`);
      for (let run = 0; run < RUNS; run += 1) {
        for (const name of ['image', 'start'] as const) {
          const { command, cwd } = programs.scaler[name];
          const [node = ''] = command;
          const list = await timeOf({ command: [...command, 'list'], cwd, env: { SCALER_CONFIG: profile } });
          record('first-list', name, list);
          record(
            'first-list-ratio',
            name,
            list / (await timeOf({ command: [node, '-e', '0'], cwd, env: {} })),
          );
        }
      }
    }
  });
}

/** The time of a process from its start to its end, in milliseconds. It must succeed. */
async function timeOf({ command: [program = '', ...args], cwd, env }: Program): Promise<number> {
  const startedAt = performance.now();
  await promisify(execFile)(program, args, { cwd, env, timeout: LIMIT_MS });
  return performance.now() - startedAt;
}
