import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../until.ts';

/** An exec plugin: a shell script in a separate folder, $FOLDER. It records each run. */
export class ExecScript {
  readonly folder: string;
  readonly path: string;

  constructor(script: string) {
    const folder = mkdtempSync(join(tmpdir(), 'exec-plugin-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    this.folder = folder;
    this.path = join(folder, 'plugin');
    this.becomes(script);
  }

  /** Replaces the script. */
  becomes(script: string): void {
    writeFileSync(this.path, `#!/bin/sh\nFOLDER='${this.folder}'\necho run >>"$FOLDER/runs"\n${script}\n`);
    chmodSync(this.path, 0o755);
  }

  get runs(): number {
    const file = join(this.folder, 'runs');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  }

  /** The process ids in $FOLDER/pids, once the plugin has written this many. */
  async pids(count: number): Promise<string[]> {
    const file = join(this.folder, 'pids');
    const read = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
    await until(() => read().length >= count);
    return read();
  }

  /** Resolves once all these processes have ended. */
  async gone(pids: readonly string[]): Promise<void> {
    await until(() => pids.every((pid) => !runs(pid)));
  }
}

/** Prints an ExecCredential. */
export function printing(status: object): string {
  return `cat <<'END'\n${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })}\nEND`;
}

/** Whether a process runs. A zombie counts as ended. */
function runs(pid: string): boolean {
  try {
    return !/^Z|^$/.test(execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).trim());
  } catch {
    return false;
  }
}
