import { execFile } from 'node:child_process';

const LIMIT_MS = 180_000;

/** Runs a command with this text as its input. Resolves with what it prints, rejects with what it complains of. */
function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: LIMIT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${command} ${args.join(' ')}: ${stderr.trim() || error.message}`));
        else resolve(stdout);
      },
    );
    child.stdin?.on('error', () => {}); // it ended without reading: its exit says why
    child.stdin?.end(input);
  });
}

export const kubectl = (...args: readonly string[]): Promise<string> => run('kubectl', args);
export const helm = (...args: readonly string[]): Promise<string> => run('helm', args);
export const curl = (...args: readonly string[]): Promise<string> => run('curl', args);

/** Makes these objects or changes them to this. */
export function apply(...items: readonly object[]): Promise<string> {
  return run('kubectl', ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
