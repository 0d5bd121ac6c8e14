import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The command line as `npm run build` compiles it, outside the repository. It starts much faster than the sources. */
export class CompiledScaler {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<CompiledScaler> {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));
    const folder = await mkdtemp(join(tmpdir(), 'compiled-scaler-'));
    const script = scripts['build:cli']?.replaceAll('dist/cli', folder) ?? '';
    await promisify(execFile)('sh', ['-c', `PATH="$PWD/node_modules/.bin:$PATH"; ${script}`]);
    const compiled = new CompiledScaler(folder);
    // As npm makes the commands of a package that it installs.
    await chmod(compiled.path, 0o755);
    return compiled;
  }

  /** The program, which a shell can start. */
  get path(): string {
    return join(this.folder, 'scaler.js');
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
