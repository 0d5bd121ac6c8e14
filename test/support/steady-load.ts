import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './test-client.ts';
import { until } from './until.ts';

/** Between two requests of a caller: a load that leaves the machine time for what the test is about. */
const PAUSE_MS = 5;

/** Callers that ask the same thing again and again on connections that they keep. Whatever is not a 200 has failed. */
export class SteadyLoad {
  readonly failures: string[] = [];
  readonly #answered: number[];
  readonly #running: Promise<void>[];
  #stopping = false;

  constructor(callers: readonly (() => Promise<Answer>)[]) {
    this.#answered = callers.map(() => 0);
    this.#running = callers.map((call, index) => this.#repeat(call, index));
  }

  /** Resolves once every caller has had so many more answers. */
  async flowing(answers = 5): Promise<void> {
    const before = [...this.#answered];
    await until(() => this.#answered.every((count, index) => count >= (before[index] ?? 0) + answers));
  }

  /** Lets what is under way end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #repeat(call: () => Promise<Answer>, index: number): Promise<void> {
    while (!this.#stopping) {
      try {
        const { status, body } = await call();
        if (status !== 200) this.failures.push(`${status} ${JSON.stringify(body)}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.#answered[index] = (this.#answered[index] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
  }
}
