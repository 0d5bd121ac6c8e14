import type { CliContext } from '../context.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const PLAIN_FRAMES = ['|', '/', '-', '\\'];
const FRAME_MS = 120;
const ERASE = '\r\u001b[2K';

/** One line on stderr that says what is under way and for how long. It is there on a terminal only, and leaves nothing behind. */
export class ProgressLine {
  readonly #context: CliContext;
  readonly #frames: readonly string[];
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #text: string;
  #drawn = 0;

  constructor(context: CliContext, text: string) {
    const { LC_ALL, LC_CTYPE, LANG = '' } = context.env;
    this.#context = context;
    this.#text = text;
    this.#frames = /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG) ? FRAMES : PLAIN_FRAMES;
    if (!ProgressLine.isShown(context)) return;
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  /** Whether stderr is a terminal that can erase a line. */
  static isShown({ stderr, env }: CliContext): boolean {
    return stderr.isTTY === true && env.TERM !== 'dumb';
  }

  /** Says this from now on. */
  say(text: string): void {
    this.#text = text;
  }

  /** Erases the line. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#context.stderr.write(ERASE);
  }

  #draw(): void {
    const { stderr } = this.#context;
    const seconds = Math.floor((performance.now() - this.#begun) / 1000);
    const line = `${this.#frames[this.#drawn % this.#frames.length]} ${this.#text} (${seconds} s)`;
    this.#drawn += 1;
    // A line that wraps could not be erased.
    stderr.write(`${ERASE}${line.slice(0, (stderr.columns || 80) - 1)}`);
  }
}
