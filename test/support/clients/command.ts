import { execFile } from 'node:child_process';
import { dirname } from 'node:path';

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The program is killed after this time. */
  readonly limitMs: number;
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LARGEST_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs a program until it ends, and returns its exit code instead of throwing. The first `node` in its PATH is the one
 * that runs the tests.
 * @throws if it cannot be started, or is killed
 */
export function run(command: readonly string[], { cwd, env, limitMs }: CommandOptions): Promise<Outcome> {
  const [file = '', ...args] = command;
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const options = {
    cwd,
    env: { ...process.env, PATH: path, ...env },
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: LARGEST_OUTPUT,
  } as const;
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (error.killed)
        reject(new Error(`killed after ${limitMs / 1000} s: ${command.join(' ')}\n${stdout}${stderr}`));
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else reject(error);
    });
  });
}
