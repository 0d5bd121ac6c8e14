import { createInterface } from 'node:readline/promises';
import type { CliContext } from '../context.ts';

/** Whether there is somebody to ask: stdin and stderr are a terminal. */
export function canAsk({ stdin, stderr }: CliContext): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks on the terminal. Everything but `y` and `yes` means no. */
export async function confirm(context: CliContext, question: string): Promise<boolean> {
  const { stdin: input, stderr: output, signal } = context;
  // Not as a terminal, so that Ctrl-C stays a signal.
  const asking = createInterface({ input, output, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
    const answer = await Promise.race([asking.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
    // Otherwise an open stdin keeps the process.
    input.pause();
  }
}
