import { LRUCache } from 'lru-cache';
import { SharedReads } from '../../kube/client/shared-reads.ts';
import { Turns } from '../../kube/client/turns.ts';
import { pauses } from '../../lib/slices.ts';
import type { Deployment } from '../deployment.ts';
import type { DeploymentState } from './deployment-state.ts';

/** How many lists are kept until something changes, and how many bytes of them in total. A longer one is not kept. */
const MAX_LISTS = 8;
const MAX_BYTES = 16 * 1024 * 1024;
/** How many lists are built at a time, and how many may wait. */
const PLACES = 2;
const MAX_WAITING = 1_000;
/** The longest wait for a turn. */
const MAX_WAIT_MS = 5_000;

/** A list, and the version of the states that it shows. */
interface Built {
  readonly version: string;
  readonly answer: Buffer;
}

export interface StateListsOptions {
  /** Another one as soon as any state may be another. */
  readonly version: () => string;
  readonly stateOf: (deployment: Deployment) => DeploymentState;
}

/**
 * The JSON answers `{"items":[...]}` with the states of Deployments. They are built on demand, because states change far
 * more often than they are read, and in slices, because 10,000 states take a tenth of a second. Callers share them.
 */
export class StateLists {
  readonly #options: StateListsOptions;
  readonly #lists = new LRUCache<string, Built>({
    max: MAX_LISTS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ answer }) => answer.length,
  });
  readonly #builds = new SharedReads<Buffer>(new Turns(PLACES, MAX_WAITING), MAX_WAIT_MS);

  constructor(options: StateListsOptions) {
    this.#options = options;
  }

  /** The list of this name if it has been built and nothing has changed since. */
  known(name: string): Buffer | undefined {
    const built = this.#lists.get(name);
    return built?.version === this.#options.version() ? built.answer : undefined;
  }

  /**
   * The list of this name: at least as new as this call.
   * @param user who reads it
   * @param select the Deployments of the list, in their order
   * @throws KubeBusyError if too many lists are being built
   */
  async read(user: string, name: string, select: () => readonly Deployment[]): Promise<Buffer> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const build = () => this.#build(name, select());
    return (await this.#builds.read(user, name, performance.now(), build)).value;
  }

  async #build(name: string, deployments: readonly Deployment[]): Promise<Buffer> {
    const { version, stateOf } = this.#options;
    const before = version();
    const pause = pauses();
    const pieces: Buffer[] = [];
    let text = '{"items":[';
    for (const [index, deployment] of deployments.entries()) {
      text += (index === 0 ? '' : ',') + JSON.stringify(stateOf(deployment));
      const turn = pause();
      if (turn === undefined) continue;
      pieces.push(Buffer.from(text));
      text = '';
      await turn;
    }
    const answer = Buffer.concat([...pieces, Buffer.from(`${text}]}`)]);
    if (version() === before) this.#lists.set(name, { version: before, answer });
    return answer;
  }
}
