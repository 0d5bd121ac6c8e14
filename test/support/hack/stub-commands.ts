import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands in place of those that a script would run. They record their calls. */
export class StubCommands {
  /** For the PATH of the script. */
  readonly folder: string;
  readonly #calls: string;

  /** @param root a folder, whose path may contain a space */
  constructor(root: string) {
    this.folder = join(root, 'stubs');
    this.#calls = join(root, 'calls');
    mkdirSync(this.folder);
  }

  /** A command that records its call in one line and then runs `body`. It replaces an earlier one of that name. */
  add(name: string, body = ''): void {
    const text = `#!/bin/bash\necho "${name} $*" >>"${this.#calls}"\n${body}\n`;
    writeFileSync(join(this.folder, name), text, { mode: 0o755 });
  }

  /** Makes these programs of this machine available, without recording. */
  link(names: readonly string[]): void {
    for (const name of names)
      symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(this.folder, name));
  }

  /** The recorded calls, each with a line break. */
  get calls(): string {
    return existsSync(this.#calls) ? readFileSync(this.#calls, 'utf8') : '';
  }
}
