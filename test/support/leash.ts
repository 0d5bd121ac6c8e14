import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs "$@" until stdin ends, which also happens when the test process dies for any reason. A signal to the whole
 * process group must not end the shell: kube-apiserver would keep running, because it ignores SIGTERM while it has no
 * etcd.
 */
const LEASH =
  'trap "" HUP INT TERM; exec 3<&0; "$@" 3<&- & child=$!; { cat <&3 >/dev/null; kill -9 "$child"; } & wait "$child"';

/**
 * Starts a program that cannot outlive this process. The returned process is its leash, which ends with it.
 * @param output where stdout and stderr go: descriptors of files, or as spawn() takes it
 * @throws Error if the system starts no further process. A program that cannot be started ends its leash with code 126 or 127
 */
export async function spawnOnLeash(
  program: string,
  args: readonly string[],
  output: readonly [number | 'ignore' | 'pipe', number | 'ignore' | 'pipe'],
): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', LEASH, program, program, ...args], { stdio: ['pipe', ...output] });
  child.stdin?.on('error', () => {}); // the process has already ended
  await once(child, 'spawn');
  return child;
}

/** Kills the program, and resolves once it has ended. May be called again. */
export async function endLeash(leash: ChildProcess | undefined): Promise<void> {
  if (leash === undefined || leash.exitCode !== null || leash.signalCode !== null) return;
  const exited = once(leash, 'exit');
  leash.stdin?.end();
  await exited;
}
