import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A local port that `kubectl port-forward` forwards to one pod. */
export interface PortForward {
  readonly port: number;
  close(): Promise<void>;
}

/** Forwards a free local port to the port `https` of a pod (`pod/NAME`) or of one of the pods of a Service. */
export async function forwardPort(namespace: string, target: string): Promise<PortForward> {
  const child = spawn('kubectl', ['port-forward', '--namespace', namespace, target, ':https']);
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume(); // kubectl prints a line per connection, which must not fill the pipe
    return {
      port: Number(port),
      close: async () => {
        child.kill();
        await exited;
      },
    };
  }
  throw new Error(`kubectl port-forward ${target} ended: ${complaint.trim()}`);
}
