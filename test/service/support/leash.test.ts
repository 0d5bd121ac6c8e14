import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { endLeash, spawnOnLeash } from '../../support/leash.ts';
import { until } from '../../support/until.ts';

const LEASH = fileURLToPath(new URL('../../support/leash.ts', import.meta.url));
/** A program that signals to its group do not end, and that tells its id. */
const STUBBORN = `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  process.stderr.write(process.pid + '\\n');
  setInterval(() => {}, 60_000);`;

let leash: ChildProcess | undefined;
afterEach(async () => {
  await endLeash(leash);
  leash = undefined;
});

/** The id that a process writes to stderr, in a line of its own: Node may write warnings there too. */
async function toldBy({ stderr }: ChildProcess): Promise<number> {
  let told = '';
  stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    told += chunk;
  });
  const id = () => /^(\d+)\n/m.exec(told)?.[1];
  await until(() => id() !== undefined);
  return Number(id());
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a program on a leash', () => {
  it('is killed by its end, which may come twice', async () => {
    leash = await spawnOnLeash(process.execPath, ['-e', STUBBORN], ['ignore', 'pipe']);
    const pid = await toldBy(leash);
    expect(runs(pid)).toBe(true);
    await endLeash(leash);
    expect(runs(pid)).toBe(false);
    await endLeash(leash);
  });

  it('ends if the process that has started it is killed', async () => {
    const owner = `const { spawnOnLeash } = await import(${JSON.stringify(LEASH)});
      const leash = await spawnOnLeash(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}], ['ignore', 'pipe']);
      leash.stderr.pipe(process.stderr);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', owner], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const pid = await toldBy(child);
    expect(runs(pid)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !runs(pid));
  });

  it('that does not exist ends its leash, which says why', async () => {
    leash = await spawnOnLeash('/no/such/program', [], ['ignore', 'pipe']);
    const [[code], said] = await Promise.all([
      once(leash, 'exit'),
      leash.stderr === null ? '' : text(leash.stderr),
    ]);
    expect(code).toBe(127);
    expect(said).toContain('/no/such/program');
  });
});
