import { LRUCache } from 'lru-cache';
import { SharedReads } from '../../kube/client/shared-reads.ts';
import type { Turns } from '../../kube/client/turns.ts';
import { pauses } from '../../lib/slices.ts';
import type { Deployment } from '../deployment.ts';
import type { LabelSelector } from '../labels/label-selector.ts';
import { matching } from './matching.ts';

/** The longest wait for a turn. */
export const MAX_LIST_WAIT_MS = 5_000;

/** A list, and the version of what it shows. */
interface Built {
  readonly version: string | number;
  readonly answer: Buffer;
}

export interface BuiltListsOptions {
  /** The JSON member that holds the list. */
  readonly member: string;
  /** A Deployment in the list, as JSON. */
  readonly itemOf: (deployment: Deployment) => string;
  /** Another one as soon as any list may be another. */
  readonly version: () => string | number;
  /** How many lists are kept until something changes, and how many bytes of them in total. A longer one is not kept. */
  readonly maxLists: number;
  readonly maxBytes: number;
  /** In which the lists are built. */
  readonly turns: Turns;
}

/**
 * The JSON answers `{"member":[...]}` that are built on demand, because they change more often than they are read or there
 * are too many of them: in turns, so that many new lists of one client do not delay others, and in slices, because 10,000
 * Deployments take up to a tenth of a second. Callers share them.
 */
export class BuiltLists {
  readonly #options: BuiltListsOptions;
  readonly #lists: LRUCache<string, Built>;
  readonly #builds: SharedReads<Buffer>;

  constructor(options: BuiltListsOptions) {
    this.#options = options;
    this.#lists = new LRUCache<string, Built>({
      max: options.maxLists,
      maxSize: options.maxBytes,
      sizeCalculation: ({ answer }) => answer.length,
    });
    this.#builds = new SharedReads<Buffer>(options.turns, MAX_LIST_WAIT_MS);
  }

  /** The list of this name if it has been built and nothing has changed since. */
  known(name: string): Buffer | undefined {
    const built = this.#lists.get(name);
    return built?.version === this.#options.version() ? built.answer : undefined;
  }

  /**
   * The list of this name: at least as new as this call.
   * @param user who reads it
   * @param deployments those that the list may show, in their order
   * @param selector the list shows only those that it matches
   * @throws KubeBusyError if too many lists are being built
   */
  async read(
    user: string,
    name: string,
    deployments: () => readonly Deployment[],
    selector?: LabelSelector,
  ): Promise<Buffer> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const build = () => this.#build(name, deployments(), selector);
    return (await this.#builds.read(user, name, performance.now(), build)).value;
  }

  async #build(
    name: string,
    deployments: readonly Deployment[],
    selector: LabelSelector | undefined,
  ): Promise<Buffer> {
    const { member, itemOf, version } = this.#options;
    const before = version();
    const pause = pauses();
    const pieces: Buffer[] = [];
    let text = `{${JSON.stringify(member)}:[`;
    for (const [index, deployment] of (await matching(deployments, selector, pause)).entries()) {
      text += (index === 0 ? '' : ',') + itemOf(deployment);
      const turn = pause();
      if (turn === undefined) continue;
      pieces.push(Buffer.from(text));
      text = '';
      await turn;
    }
    const answer = unpooled([...pieces, Buffer.from(`${text}]}`)]);
    if (version() === before) this.#lists.set(name, { version: before, answer });
    return answer;
  }
}

/** The pieces in a row: not in memory from the pool, of which a kept answer would keep 8 KiB. */
function unpooled(pieces: readonly Buffer[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) at += piece.copy(whole, at);
  return whole;
}
