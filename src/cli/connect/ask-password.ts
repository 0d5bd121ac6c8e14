import { stderr, stdin } from 'node:process';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACES = ['\b', '\u007f'];

/** Asks on the terminal, without showing what is typed. Undefined: there is no terminal, or Ctrl-C or Ctrl-D ended it. */
export async function askPassword(question: string): Promise<string | undefined> {
  if (!stdin.isTTY) return undefined;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const piece of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(piece)) {
        if (character === '\r' || character === '\n') return typed;
        if (character === CTRL_C || character === CTRL_D) return undefined;
        typed = BACKSPACES.includes(character) ? typed.slice(0, -1) : typed + character;
      }
    }
    return undefined;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
