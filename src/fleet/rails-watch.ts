import { readFile } from 'node:fs/promises';
import type { RailRule } from '../cluster/rails/rule.ts';
import { FileWatch, readAtRest } from '../lib/file-watch.ts';
import type { Logger } from '../lib/logger.ts';
import { DefinitionError } from './definition.ts';
import { parseRails } from './rails-file.ts';

export interface RailsWatchOptions {
  /** The path of the rails file. */
  readonly file: string;
  /** What the clusters hold on to: new rules are put in here, all at once. */
  readonly rails: { current: readonly RailRule[] };
  /** The names of the clusters that are served now. */
  readonly clusters: () => readonly string[];
  readonly log: Logger;
  /** See FileWatch. */
  readonly pollMs?: number;
  /** Default: 100 ms. */
  readonly settleMs?: number;
}

/**
 * Applies changes of the rails file. A file that is not usable, or that is gone, is refused and logged once, and the
 * rules stay as they are.
 */
export class RailsWatch {
  readonly #options: RailsWatchOptions;
  readonly #watch: FileWatch;
  /** The content that was last looked at; undefined: none, or the file could not be read. */
  #content: string | undefined;
  #looked = false;

  constructor(options: RailsWatchOptions) {
    this.#options = options;
    this.#watch = new FileWatch({ look: (signal) => this.#look(signal), pollMs: options.pollMs });
  }

  start(): void {
    this.#watch.start();
  }

  /** Once this resolves, the file is not watched. */
  async stop(): Promise<void> {
    await this.#watch.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    const known = (content: string | undefined) => this.#looked && content === this.#content;
    const content = await readAtRest({
      read: () => readFile(this.#options.file, 'utf8').catch(() => undefined),
      same: Object.is,
      known,
      settleMs: this.#options.settleMs ?? 100,
      signal,
    });
    if (signal.aborted || known(content)) return;
    this.#looked = true;
    this.#content = content;
    this.#apply(content);
  }

  #apply(content: string | undefined): void {
    const { file, rails, clusters, log } = this.#options;
    try {
      rails.current = parseRails(file, content);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      log.error({ mistakes: error.mistakes }, 'refused the new rails file, the rules stay as they are');
      return;
    }
    const served = new Set(clusters());
    for (const { name, clusters } of rails.current) {
      const unknown = clusters.filter((cluster) => !served.has(cluster));
      if (unknown.length > 0)
        log.warn({ rule: name, clusters: unknown }, 'a rule names clusters that are not served');
    }
    log.info({ rules: rails.current.length }, 'the rules of the rails file are in force');
  }
}
