import process, { stderr, stdin } from 'node:process';
import { ConnectError } from './connect-error.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACES = ['\b', '\u007f'];

/** Asks on the terminal, without showing what is typed. Undefined: there is no terminal. */
export async function askPassword(question: string): Promise<string | undefined> {
  if (!stdin.isTTY) return undefined;
  // Before the question, so that nothing that follows it is shown.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stderr.write(question);
  let typed = '';
  try {
    for await (const piece of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(piece)) {
        if (character === '\r' || character === '\n') return typed;
        if (character === CTRL_C) {
          // A terminal in this mode sends no signal.
          process.emit('SIGINT');
          throw new ConnectError('No password was given');
        }
        if (character === CTRL_D) return typed;
        typed = BACKSPACES.includes(character) ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
