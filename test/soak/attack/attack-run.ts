import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AttackName, AttackTarget, Tally } from './attacks.ts';

/** One attack, in a thread of its own. */
export class AttackRun {
  readonly #thread: Worker;
  /** Resolves when the attack may start. Until then its thread loads, with the priority of the test. */
  readonly ready: Promise<unknown>;
  /** Resolves when an attack with a fixed number of requests has received its last answer. */
  readonly done: Promise<void>;
  #failure: unknown;

  /** @param share of its connections that it opens */
  constructor(attack: AttackName, target: AttackTarget, share: number) {
    this.#thread = new Worker(new URL('./attacker-thread.ts', import.meta.url), {
      workerData: { attack, target, share },
      execArgv: [],
    });
    this.#thread.on('error', (error) => {
      this.#failure = error;
    });
    this.ready = once(this.#thread, 'message');
    this.ready.catch(() => {});
    this.done = new Promise((resolve) => {
      this.#thread.on('message', (message) => {
        if (message === 'done') resolve();
      });
    });
  }

  start(): void {
    this.#thread.postMessage('start');
  }

  /** Ends the attack and all its connections. @throws the error of the attacker, if it failed */
  async stop(): Promise<Tally> {
    if (this.#failure !== undefined) throw this.#failure;
    const answer = new Promise<Tally>((resolve) => {
      this.#thread.on('message', (message: Tally | 'ready' | 'done') => {
        if (typeof message !== 'string') resolve(message);
      });
    });
    this.#thread.postMessage('stop');
    const tally = await answer;
    await this.#thread.terminate();
    return tally;
  }
}
