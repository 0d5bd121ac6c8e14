import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Only ends a failed test. */
const LIMIT_MS = 110_000;

/** What a run of kubectl printed. */
export interface KubectlRun {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real kubectl with these variables and no others, in an empty home. It is never asked for a password. */
export function kubectl(
  binaries: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<KubectlRun> {
  const home = mkdtempSync(join(tmpdir(), 'kubectl-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const env = { HOME: home, PATH: process.env.PATH, ...environment };
  return new Promise((resolve) => {
    const options = { env, timeout: LIMIT_MS };
    const child = execFile(join(binaries, 'kubectl'), parameters, options, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
    child.stdin?.end();
  });
}
