import { execFile } from 'node:child_process';

/** Longer than the limits that the tests give to kubectl and helm, which say better what did not happen. */
const LIMIT_MS = 300_000;

/** Runs a command with this text as its input. Resolves with its output, or rejects with its error output. */
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
    child.stdin?.on('error', () => {}); // the command ended without reading, and its exit status says why
    child.stdin?.end(input);
  });
}

export const kubectl = (...args: readonly string[]): Promise<string> => run('kubectl', args);
export const helm = (...args: readonly string[]): Promise<string> => run('helm', args);
export const curl = (...args: readonly string[]): Promise<string> => run('curl', args);

/** Creates or updates these objects. */
export function apply(...items: readonly object[]): Promise<string> {
  return run('kubectl', ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
